"""What stands in the way, for one user: each row with whose turn it is and the page that fixes it.
referrals/blockers decides what blocks."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse

from referrals.blockers import BY_KEY, RENEWED_CODES, TALK_CODES, ShownBlocker, wording_of
from referrals.enums import Answer, Part
from referrals.models import Party
from referrals.presenters import AND_BACK, facilitators_of
from referrals.presenters.shown_referral import ShownReferral
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User

NOTHING = "Nothing for you to do"
YOURS, LATER, ON_THE_DAY = "Your turn", "Later", "On the day"
WORDS, DAY_CHECK = "wording_not_approved", "day_of_check_missing"


@dataclass(frozen=True)
class BlockerRow:
    """One row of "What stands in the way". `heading` and `about` are the texts for the page's next step."""

    sentence: str
    code: str = ""
    party: UUID | None = None
    whose: str = ""
    action_text: str = ""
    action_href: str = ""
    heading: str = ""
    about: str = ""

    @property
    def is_theirs(self) -> bool:
        """Whether this user can do something about it now."""
        return self.whose == YOURS and bool(self.action_href)


def way_rows(page: ShownReferral) -> list[BlockerRow]:
    """The rows of "What stands in the way", each with whose turn it is and the page that fixes it.

    If a person still needs most of a talk, that is one row instead of five; if a check-in renews everything that
    has expired, that is one row too.
    """
    rows = (_row(blocker, page) for blocker in page.rows)
    found = list(dict.fromkeys(row for row in rows if row is not None))
    return sorted(found, key=_first_what_is_theirs)


def _row(blocker: ShownBlocker, page: ShownReferral) -> BlockerRow | None:
    if blocker.code == DAY_CHECK and not _is_today(page):
        return BlockerRow(ASKED_ON_THE_DAY, DAY_CHECK, whose=ON_THE_DAY)
    return _of_party(blocker, blocker.party, page) if blocker.party else _of_referral(blocker, page)


# There is nothing to ask before the day.
ASKED_ON_THE_DAY = "Each person is asked again on the day: well enough, safe, still yes?"


def _is_today(page: ShownReferral) -> bool:
    return page.meeting is not None and clock.today(page.meeting.starts_at) == clock.today(page.at)


def _first_what_is_theirs(row: BlockerRow) -> int:
    """First stops and refusals, then the user's own tasks, then those of others, then future and sealed ones."""
    if row.code == "stop" or (row.code and row.whose == NOTHING):
        return 0
    if row.whose == YOURS:
        return 1
    return 3 if row.whose in (LATER, ON_THE_DAY, NOTHING) else 2


def returning(rows: list[BlockerRow], place: str) -> list[BlockerRow]:
    """The same rows for another page: links return there instead of to the referral (see views.base.RETURNS)."""
    return [replace(row, action_href=row.action_href.replace(AND_BACK, f"?from={place}")) for row in rows]


# --- For one party ----------------------------------------------------------------------------------------------


def _of_party(blocker: ShownBlocker, party: Party, page: ShownReferral) -> BlockerRow | None:
    if party.person.died_on:
        return BlockerRow(f"{party.known_as} has died.", party=party.pk)
    if blocker.code == WORDS and untalked(party, page):
        return None  # approving the words is part of that talk
    if blocker.code in RENEWED_CODES and page.check_in_would_do(party.pk):
        return _check_in(party, page)
    if blocker.code == "consent_missing" and page.answer_of(party.pk) in NOT_A_YES:
        return _answered(blocker, party, page)
    if blocker.code in TALK_CODES:
        if stopped(party, page):
            return None
        if untalked(party, page):
            return _talk(party, page)
    return _named(blocker, party, page)


def untalked(party: Party, page: ShownReferral) -> bool:
    """Whether they still need most of a talk."""
    codes = {row.code for row in page.rows if row.party is not None and row.party.pk == party.pk}
    return len(codes & TALK_CODES) >= 3


def waits_for_words(party: Party, page: ShownReferral) -> bool:
    """Whether they may not be spoken to yet, because the words to reach them are not approved."""
    return not party.asked_first and any(row.code == WORDS for row in page.rows)


def stopped(party: Party, page: ShownReferral) -> bool:
    """Whether their newest answer is that they do not take part. This page offers no link to ask them again."""
    return page.answer_of(party.pk) in (Answer.NO, Answer.WITHDRAWN)


NOT_A_YES = {
    Answer.WITHDRAWN: "{name} has stopped taking part.",
    Answer.NO: "{name} said no to taking part.",
    Answer.NOT_SURE: "{name} is not sure about taking part.",
}


def _answered(blocker: ShownBlocker, party: Party, page: ShownReferral) -> BlockerRow:
    """They answered, but not yes: shows their answer instead of what is missing."""
    said = NOT_A_YES[Answer(page.answer_of(party.pk))].format(name=party.known_as)
    row = _said(said, blocker.code, party)
    if stopped(party, page):
        return replace(row, whose=NOTHING)
    return replace(row, **_talk_link(party, page))


def _said(sentence: str, code: str, party: Party) -> BlockerRow:
    """A row of one party with the text of its code, without a link."""
    wording, name = wording_of(code, of_party=True), party.known_as
    heading, about = wording.heading.format(name=name), wording.about.format(name=name)
    return BlockerRow(sentence, wording.shown_as or code, party.pk, heading=heading, about=about)


TALK_ABOUT = "Is it safe, what do they agree to, is it the right time? About 8 minutes."


def _talk(party: Party, page: ShownReferral) -> BlockerRow:
    name = party.known_as
    if waits_for_words(party, page):
        sentence = f"{name} is talked with once the words used to reach them are agreed."
        return BlockerRow(sentence, party=party.pk, whose=LATER)
    return BlockerRow(
        f"{name} has not been talked with, alone: safety, what they agree to, is it the right time.",
        "talk",
        party.pk,
        heading=f"talk with {name}, alone",
        about=TALK_ABOUT,
        **_talk_link(party, page),
    )


def _talk_link(party: Party, page: ShownReferral) -> dict[str, str]:
    return {
        "whose": whose(party, page.user),
        "action_text": f"Talk with {party.known_as}",
        "action_href": _href("referrals:talk", party, page),
    }


def _check_in(party: Party, page: ShownReferral) -> BlockerRow:
    """Everything of one person that has expired, in one row: one page renews it."""
    name = party.known_as
    codes = {row.code for row in page.rows if row.party is not None and row.party.pk == party.pk}
    old = [code.renewed_as for code in BY_KEY.values() if code.renewed_as and code.key in codes]
    listed = old[0] if len(old) == 1 else f"{', '.join(old[:-1])} and {old[-1]}"
    return BlockerRow(
        f"{name} was asked about {listed} too long ago.",
        "check_in",
        party.pk,
        whose=whose(party, page.user),
        action_text=f"Check in with {name}",
        action_href=_href("referrals:check_in", party, page),
        heading=f"check in with {name}",
        about="Five answers, one minute.",
    )


def _named(blocker: ShownBlocker, party: Party, page: ShownReferral) -> BlockerRow:
    """A blocker with its own wording."""
    wording = wording_of(blocker.code, of_party=True)
    row = _said(blocker.sentence, blocker.code, party)
    if blocker.code == DAY_CHECK:
        args = [page.referral.reference, page.meeting.pk, party.pk]
        href = f"{reverse(wording.page, args=args)}{AND_BACK}"
    elif blocker.code == WORDS and not party.asked_first:
        return replace(row, whose="Whoever asked first")
    elif blocker.code == "professional_not_agreed" and not _facilitates(page):
        return replace(row, whose="The facilitator asks")
    elif wording.page == "referrals:facilitators":
        href = f"{reverse(wording.page, args=[page.referral.reference])}{AND_BACK}"
    else:
        href = _href(wording.page, party, page)
    link = wording.link.format(name=party.known_as)
    if (party.pk, blocker.code) in page.deciding:
        link = "Decide" if blocker.code == "sign_off" else link
        return replace(row, whose=YOURS, action_text=link, action_href=href)
    turn = wording.whose or whose(party, page.user)
    return replace(row, whose=turn, action_text=link, action_href=href)


def _facilitates(page: ShownReferral) -> bool:
    parts = (Part.FACILITATOR, Part.STAND_IN, Part.SECOND_WORKER)
    running = facilitators_of(page.referral, page.user)
    return any(row.user_id == page.user.pk and row.part in parts for row in running)


def _href(name: str, party: Party, page: ShownReferral) -> str:
    """The URL of a page about one person that returns to the referral."""
    return f"{reverse(name, args=[page.referral.reference, party.pk])}{AND_BACK}"


def whose(party: Party, user: "User") -> str:
    worker = party.keyworker
    return YOURS if worker is None or worker.pk == user.pk else worker.first_name


# --- For the whole referral -------------------------------------------------------------------------------------


def _of_referral(blocker: ShownBlocker, page: ShownReferral) -> BlockerRow:
    if not blocker.code:
        return BlockerRow(blocker.sentence, whose=NOTHING)
    wording = wording_of(blocker.code, of_party=False)
    row = BlockerRow(blocker.sentence, blocker.code, heading=wording.heading, about=wording.about)
    if blocker.code == "records_check" and page.referral.records_waiting:
        return replace(row, whose="A safeguarding lead", action_text="Asked for")
    if not page.runs:
        return replace(row, whose=page.referral.lead.first_name)
    href = f"{reverse(wording.page, args=[page.referral.reference])}{AND_BACK}{wording.preset}"
    return replace(row, whose=YOURS, action_text=wording.link, action_href=href)
