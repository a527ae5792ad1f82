"""A worker at a browser: clicks, types and looks, and counts what it cost them. Used by the journeys."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from meetings.demo.staff import PASSWORD, email_of


@dataclass
class Cost:
    """Screens, clicks and keys of one job; free text is counted apart."""

    screens: int = 0
    clicks: int = 0
    keys: int = 0
    free_text: int = 0


class Person:
    """One worker in one browser window."""

    def __init__(self, page: Page, address: str, *, checks_access: bool = True):
        self.page = page
        self.address = address
        self.checks_access = checks_access
        self.cost = Cost()
        self.seen: list[str] = []
        page.on("pageerror", lambda error: self.seen.append(f"script error: {error}"))

    # Doing

    def sign_in(self, key: str) -> None:
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/sign-in/")
        self.page.fill("input[name=login]", email_of(key))
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state()
        assert "/sign-in/" not in self.page.url
        self.look()

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")
        self.look()

    def press(self, name: str) -> None:
        """A button or link that leads on."""
        self.cost.clicks += 1
        main = self.page.locator("main")
        starts = re.compile(f"^{re.escape(name)}")  # what follows is for those who hear the page
        target = main.get_by_role("button", name=starts).or_(main.get_by_role("link", name=starts))
        target.first.click()
        self.page.wait_for_load_state()
        self.look()

    def pick(self, **answers: str) -> None:
        """Choose radios and ticks, by the name of the question."""
        for name, value in answers.items():
            self.cost.clicks += 1
            self.page.locator(f'input[name="{name}"][value="{value}"]').check(force=True)

    def choose(self, **answers: str) -> None:
        """Choose from lists."""
        for name, value in answers.items():
            self.cost.clicks += 1
            self.page.locator(f'select[name="{name}"]').select_option(value)

    def type(self, **answers: str) -> None:
        """Short answers: names, numbers, dates."""
        for name, value in answers.items():
            self.cost.keys += len(value)
            self.page.locator(f'[name="{name}"]').fill(value)

    def write(self, **answers: str) -> None:
        """Free text."""
        for name, value in answers.items():
            self.cost.free_text += len(value)
            self.page.locator(f'[name="{name}"]').fill(value)

    # Looking

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def reads(self, words: str) -> bool:
        return words in self.page.locator("main").inner_text()

    def problems(self) -> list[str]:
        """What the error summary says."""
        return self.page.locator(".govuk-error-summary li").all_inner_texts()

    def look(self) -> None:
        """What holds on every page: one h1, no error page, no sideways scroll, nothing for axe to find."""
        self.cost.screens += 1
        assert self.page.locator("h1").count() == 1, self.page.url
        if not self.checks_access:
            return
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wide, f"{self.page.url} scrolls sideways"
        found = Axe().run(self.page).response["violations"]
        assert found == [], f"{self.page.url}: {[(row['id'], row['help']) for row in found]}"

    @contextmanager
    def costs(self) -> Iterator[Cost]:
        """What the job inside costs."""
        before, self.cost = self.cost, Cost()
        try:
            yield self.cost
        finally:
            self.cost = before
