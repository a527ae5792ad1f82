"""What stands in the way as one person may see it: each row as it is said, with the page that settles it.
What holds and whose turn it is are decided in referrals/blockers."""

from dataclasses import dataclass, replace
from uuid import UUID

from referrals.blockers import BY_KEY, WORDS_SENTENCE, wording_of
from referrals.blockers import turns as rules
from referrals.blockers.turns import DAY_CHECK, YOURS, Reader, Turn, turns
from referrals.enums import Answer
from referrals.models import Party
from referrals.presenters import AND_BACK
from referrals.presenters.shown_referral import ShownReferral
from restorative.common import clock


@dataclass(frozen=True)
class BlockerRow:
    """One row of "What stands in the way". `heading` and `about` say what to do, as the next step of a page does."""

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
        """Whether the reader can do something about it now."""
        return self.whose == YOURS and bool(self.action_href)


def way_rows(page: ShownReferral) -> list[BlockerRow]:
    """The rows of "What stands in the way", each with whose turn it is and the page that settles it."""
    return [_row(turn, page) for turn in turns(page.rows, page.facts, reader_of(page))]


def reader_of(page: ShownReferral) -> Reader:
    """The reader of a page, as the rules about turns need them."""
    today = page.meeting is not None and clock.today(page.meeting.starts_at) == clock.today(page.at)
    return Reader(page.user.pk, frozenset(page.opened), page.runs, today, page.deciding)


def returning(rows: list[BlockerRow], place: str) -> list[BlockerRow]:
    """The same rows for another page than the referral's: what they open returns there (see views.base.RETURNS)."""
    return [replace(row, action_href=row.action_href.replace(AND_BACK, f"?from={place}")) for row in rows]


def _row(turn: Turn, page: ShownReferral) -> BlockerRow:
    party = next((each for each in page.parties if each.pk == turn.party), None)
    row = _of_referral(turn, page) if party is None else _of_party(turn, party, page)
    return replace(row, whose=turn.whose or _worker_name(turn, party, page))


def _worker_name(turn: Turn, party: Party | None, page: ShownReferral) -> str:
    if turn.worker is None:
        return ""
    worker = party.keyworker if party and party.keyworker else page.referral.lead
    return worker.first_name


# --- Of one party -----------------------------------------------------------------------------------------------

NOT_A_YES = {
    Answer.WITHDRAWN: "{name} has stopped taking part.",
    Answer.NO: "{name} said no to taking part.",
    Answer.NOT_SURE: "{name} is not sure about taking part.",
}
TALK_ABOUT = "Is it safe, what do they agree to, is it the right time? About 8 minutes."


def _of_party(turn: Turn, party: Party, page: ShownReferral) -> BlockerRow:
    name = party.known_as
    match turn.form:
        case "died":
            return BlockerRow(f"{name} has died.", party=party.pk)
        case "talk_later":
            return BlockerRow(
                f"{name} is talked with once the words used to reach them are agreed.", party=party.pk
            )
        case "talk":
            return _talk(party, page)
        case "check_in":
            return _check_in(party, page)
        case "said":
            return _answered(turn, party, page)
        case "approves":
            return _linked(_named(WORDS_SENTENCE.format(name=name), turn, party), turn, party, page)
    sentence = wording_of(turn.code, of_party=True).sentence.format(name=name)
    return _linked(_named(sentence, turn, party), turn, party, page)


def _named(sentence: str, turn: Turn, party: Party) -> BlockerRow:
    """A row of one party with the words of its code, and nothing to press."""
    wording, name = wording_of(turn.code, of_party=True), party.known_as
    heading, about = wording.heading.format(name=name), wording.about.format(name=name)
    return BlockerRow(sentence, wording.shown_as or turn.code, party.pk, heading=heading, about=about)


def _linked(row: BlockerRow, turn: Turn, party: Party, page: ShownReferral) -> BlockerRow:
    """With the page that settles it, unless it waits for a person or the facilitator."""
    if turn.whose in ("The one who asked first", "The facilitator asks"):
        return row
    wording = wording_of(turn.code, of_party=True)
    args: list[object] = [party.pk]
    if turn.code == DAY_CHECK:
        args = [page.meeting.pk, party.pk]
    elif wording.page == "referrals:facilitators":
        args = []
    decides = turn.code == "sign_off" and turn.whose == YOURS
    link = "Decide" if decides else wording.link.format(name=party.known_as)
    return replace(row, action_text=link, action_href=page.href(wording.page, *args, end=AND_BACK))


def _answered(turn: Turn, party: Party, page: ShownReferral) -> BlockerRow:
    """They answered, and not with yes: what they said, in place of what is missing."""
    said = NOT_A_YES[Answer(page.answer_of(party.pk))].format(name=party.known_as)
    row = _named(said, turn, party)
    return replace(row, **_talk_link(party, page)) if turn.whose in (YOURS, "") else row


def _talk(party: Party, page: ShownReferral) -> BlockerRow:
    name = party.known_as
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
        "action_text": f"Talk with {party.known_as}",
        "action_href": page.href("referrals:talk", party.pk, end=AND_BACK),
    }


def _check_in(party: Party, page: ShownReferral) -> BlockerRow:
    """Everything that has expired for one person, in one row: one page renews it."""
    name = party.known_as
    codes = {row.code for row in page.rows if row.party_id == party.pk}
    old = [code.renewed_as for code in BY_KEY.values() if code.renewed_as and code.key in codes]
    listed = old[0] if len(old) == 1 else f"{', '.join(old[:-1])} and {old[-1]}"
    return BlockerRow(
        f"{name} was asked about {listed} too long ago.",
        "check_in",
        party.pk,
        action_text=f"Check in with {name}",
        action_href=page.href("referrals:check_in", party.pk, end=AND_BACK),
        heading=f"check in with {name}",
        about="Five answers, one minute.",
    )


# --- Of the whole referral --------------------------------------------------------------------------------------

# Before the day there is nothing to ask yet.
ASKED_ON_THE_DAY = "Each person is asked again on the day: well enough, safe, still yes?"


def _of_referral(turn: Turn, page: ShownReferral) -> BlockerRow:
    if turn.form == "on_the_day":
        return BlockerRow(ASKED_ON_THE_DAY, DAY_CHECK)
    if turn.form == "sealed":
        return BlockerRow(next(row.sentence for row in page.rows if not row.code))
    wording = wording_of(turn.code, of_party=False)
    row = BlockerRow(wording.sentence, turn.code, heading=wording.heading, about=wording.about)
    if turn.form == "asked_for":
        return replace(row, action_text="Asked for")
    if not turn.is_theirs:
        return row
    href = page.href(wording.page, end=f"{AND_BACK}{wording.preset}")
    return replace(row, action_text=wording.link, action_href=href)


# --- The same questions about a party of a page -------------------------------------------------------------------


def untalked(party: Party, page: ShownReferral) -> bool:
    """Whether most of a talk with them is still to come."""
    return rules.untalked(party.pk, page.rows)


def waits_for_words(party: Party, page: ShownReferral) -> bool:
    """Whether they cannot be spoken to yet, because the words used to reach them are not approved."""
    return rules.waits_for_words(page.facts.parties[party.pk], page.rows, reader_of(page))


def stopped(party: Party, page: ShownReferral) -> bool:
    """Whether their newest answer, as far as the reader knows it, is that they do not take part."""
    return party.pk in page.opened and rules.stopped(page.opened[party.pk])
