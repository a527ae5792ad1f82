"""A worker at a browser: clicks or uses only the keyboard, types, checks pages, and counts the effort."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from meetings.demo.staff import PASSWORD, email_of

# Every element with the attributes that affect accessibility: without text, ids and values.
STRUCTURE = """() => [...document.querySelectorAll("*")].map((element) =>
    element.tagName + [...element.attributes]
        .filter(({name}) => !["id", "for", "href", "action", "value", "nonce", "name", "content"].includes(name))
        .filter(({name}) => !["aria-labelledby", "aria-describedby", "aria-controls"].includes(name))
        .map(({name, value}) => name + "=" + value).join(" ")
).join("\\n")"""


@dataclass
class Cost:
    """Screens, clicks and keys of one job; free text is counted separately."""

    screens: int = 0
    clicks: int = 0
    keys: int = 0
    free_text: int = 0

    def within(self, *, screens: int, clicks: int, keys: int = 1_000) -> bool:
        """Whether the job stays within this budget in every count."""
        return self.screens <= screens and self.clicks <= clicks and self.keys <= keys


class Person:
    """One worker in one browser window."""

    def __init__(self, page: Page, address: str, *, checks_access: bool = True, keyboard_only: bool = False):
        self.page = page
        self.keyboard_only = keyboard_only
        self.address = address
        self.checks_access = checks_access
        self.cost = Cost()
        self.seen: list[str] = []
        self._examined: set[str] = set()
        page.on("pageerror", lambda error: self.seen.append(f"script error: {error}"))

    # Doing

    def sign_in(self, key: str) -> None:
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/sign-in/")
        self._fill(self.page.locator("input[name=login]"), email_of(key))
        self._fill(self.page.locator("input[name=password]"), PASSWORD)
        self._press(self.page.locator("main button[type=submit]"))
        self.page.wait_for_load_state()
        assert "/sign-in/" not in self.page.url
        self.look()

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")
        self.look()

    def press(self, name: str) -> None:
        """Press a button or link that leads to another page."""
        self.cost.clicks += 1
        main = self.page.locator("main")
        starts = re.compile(f"^{re.escape(name)}")  # the rest is for screen readers
        target = main.get_by_role("button", name=starts).or_(main.get_by_role("link", name=starts))
        self._press(target.first)
        self.page.wait_for_load_state()
        self.look()

    def pick(self, **answers: str) -> None:
        """Choose radios and checkboxes, by the name of the question."""
        for name, value in answers.items():
            self.cost.clicks += 1
            box = self.page.locator(f'input[name="{name}"][value="{value}"]')
            if not self.keyboard_only:
                box.check(force=True)
            elif not box.is_checked():
                self._tab_to(box, by_name=box.get_attribute("type") == "radio")
                self._arrow_to(box)

    def choose(self, **answers: str) -> None:
        """Choose from lists."""
        for name, value in answers.items():
            self.cost.clicks += 1
            box = self.page.locator(f'select[name="{name}"]')
            if not self.keyboard_only:
                box.select_option(value)
            else:
                self._tab_to(box)
                label = box.locator(f'option[value="{value}"]').inner_text()
                self.page.keyboard.type(label.strip())
                assert box.input_value() == value, f"{label!r} was typed and {name} is {box.input_value()!r}"

    def type(self, **answers: str) -> None:
        """Short answers: names, numbers, dates."""
        for name, value in answers.items():
            self.cost.keys += len(value)
            self._fill(self.page.locator(f'[name="{name}"]'), value)

    def write(self, **answers: str) -> None:
        """Free text."""
        for name, value in answers.items():
            self.cost.free_text += len(value)
            self._fill(self.page.locator(f'[name="{name}"]'), value)

    def _press(self, target: Locator) -> None:
        if not self.keyboard_only:
            target.click()
            return
        self._tab_to(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _fill(self, box: Locator, words: str) -> None:
        if not self.keyboard_only:
            box.fill(words)
            return
        self._tab_to(box)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(words)

    def _tab_to(self, target: Locator, *, by_name: bool = False) -> None:
        """Press Tab until the element has the focus (for radios, one of the same name). Fails if Tab misses it."""
        has_it = """(box, byName) => {
            const here = document.activeElement
            return here === box || (byName && here.name === box.name)
        }"""
        for _ in range(400):
            if target.evaluate(has_it, by_name):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {target} on {self.page.url}")

    def _arrow_to(self, box: Locator) -> None:
        """Choose it with Space, or with the arrow keys for radios."""
        self.page.keyboard.press("Space")
        for _ in range(self.page.locator(f'input[name="{box.get_attribute("name")}"]').count() + 1):
            if box.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"The keyboard does not choose {box} on {self.page.url}")

    # Looking

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def reads(self, words: str) -> bool:
        return words in self.page.locator("main").inner_text()

    def problems(self) -> list[str]:
        """The error summary's messages."""
        return self.page.locator(".govuk-error-summary li").all_inner_texts()

    def look(self) -> None:
        """Check what holds on every page: one h1, no error page, no sideways scroll, no axe findings."""
        self.cost.screens += 1
        assert self.page.locator("h1").count() == 1, self.page.url
        if not self.checks_access:
            return
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wide, f"{self.page.url} scrolls sideways"
        built = self.page.evaluate(STRUCTURE)
        if built in self._examined:
            return  # the same elements, classes and states: axe would give the same result
        self._examined.add(built)
        found = Axe().run(self.page).response["violations"]
        assert found == [], f"{self.page.url}: {[(row['id'], row['help']) for row in found]}"

    @contextmanager
    def costs(self) -> Iterator[Cost]:
        """Count the effort of the block; it also counts towards an outer job."""
        before, inside = self.cost, Cost()
        self.cost = inside
        try:
            yield inside
        finally:
            for name, number in vars(inside).items():
                setattr(before, name, getattr(before, name) + number)
            self.cost = before
