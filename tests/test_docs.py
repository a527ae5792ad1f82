"""docs/domain.md agrees with the code: every rule it names, each number beside it, every floor and ceiling.
Links between the documents of the repository lead somewhere."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings

from restorative.common.rules import BOUNDS, Rules

BASE = Path(settings.BASE_DIR)
PAGES = [path.relative_to(BASE) for path in (*BASE.glob("*.md"), *BASE.glob("docs/**/*.md"))]
DOMAIN = (BASE / "docs" / "domain.md").read_text()
NUMBER = r"(\d{1,2}:\d{2}|\d+)"
# "28 days (`readiness_days`)", "20:00 (`quiet_from_hour`)": a number, at most three words, the name in brackets.
IN_TEXT = re.compile(rf"{NUMBER}(?:\s+[a-z]+){{0,3}}\s+\(`([a-z_]+)`\)")
BRACKETED = re.compile(r"\(`([a-z_]+)`\)")
IN_TABLE = re.compile(rf"^\| `([a-z_]+)` \| {NUMBER} \| {NUMBER} \|$", re.MULTILINE)
# [text](path#heading) within the repository.
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")
# A path of the repository in backticks, from a folder at its top.
FILE = re.compile(
    r"`((?:restorative|referrals|meetings|casework|reports|templates|static|tests|scripts|bench|docs)/[\w/.-]*)`"
)
# Described before they are built. Take a path out of here when it exists.
PLANNED: set[str] = set()
DEFAULTS = {field.name: field.default for field in fields(Rules)}


def as_stored(written: str, name: str) -> int:
    """'28' is 28; '07:30' is minutes from midnight, or the hour where the rule counts hours."""
    if ":" not in written:
        return int(written)
    hour, minute = map(int, written.split(":"))
    return hour if name.endswith("_hour") and not minute else hour * 60 + minute


def anchors(page: Path) -> set[str]:
    """The addresses of a page's headings, as Git hosts write them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_domain_names_every_rule_and_no_other():
    assert set(BRACKETED.findall(DOMAIN)) == set(DEFAULTS)


def test_every_named_rule_stands_behind_its_number():
    written = [(name, as_stored(number, name)) for number, name in IN_TEXT.findall(DOMAIN)]
    assert len(written) == len(BRACKETED.findall(DOMAIN))
    assert [(name, DEFAULTS[name]) for name, _ in written] == written


def test_the_table_of_floors_and_ceilings_is_the_one_in_force():
    written = {
        name: (as_stored(floor, name), as_stored(ceiling, name))
        for name, floor, ceiling in IN_TABLE.findall(DOMAIN)
    }
    assert written == BOUNDS


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_between_documents_lead_somewhere(page: Path):
    page = BASE / page
    for target, heading in LINK.findall(page.read_text()):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        if heading:
            assert heading in anchors(there), f"{target}#{heading}"


def test_files_that_the_documents_name_exist():
    """Decisions in docs/adr/ are history, and may name what has gone."""
    pages = [(BASE / page).read_text() for page in PAGES if "adr" not in page.parts]
    named = {found.rstrip("/") for page in pages for found in FILE.findall(page)}
    assert "referrals/stages.py" in named
    assert {path for path in named if not (BASE / path).exists()} <= PLANNED
