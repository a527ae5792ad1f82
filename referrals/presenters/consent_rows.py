"""One person’s consents in words: the newest answers, all answers, and the words that may be carried to another."""

from datetime import datetime
from typing import Any

from referrals import presenters
from referrals.disclosure import may_carry
from referrals.enums import (
    Answer,
    ApproachResult,
    How,
    Purpose,
)
from referrals.facts.rows import ApproachRow
from referrals.models import (
    Consent,
    Invited,
    Party,
    Referral,
)
from referrals.presenters import OTHER, facts_for, parties_for, shown_name, within
from referrals.presenters.shown_person import ShownPerson
from restorative.accounts.models import Organisation, User
from restorative.common import clock

Row = dict[str, Any]


def consent_words(row: Consent | None, approach: ApproachRow | None, at: datetime) -> str:
    """'Not asked', 'Waiting', 'Could not reach', 'Yes', 'No', 'Not sure', 'Withdrawn', or why a yes does not count."""
    if row is None:
        waiting = (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH)
        if approach is not None and approach.result in waiting:
            return "Waiting" if approach.result == ApproachResult.WAITING else "Could not reach"
        return "Not asked"
    answer = str(Answer(row.answer).label)
    if row.answer != Answer.YES:
        return answer
    if row.expires_on < clock.today(at):
        return "Yes, too long ago"
    if row.sheet.materially_changed_at and row.sheet.materially_changed_at <= at:
        return "Yes, before what they are told changed"
    if row.counts_from > at:
        return f"Yes, counts from {clock.show_day(row.counts_from)}"
    return answer if row.heard_alone_at else "Yes, not yet heard alone"


def recipients(page: ShownPerson) -> dict[Any, str]:
    """Names for the recipient ids of consents, as far as this user may know."""
    known: dict[Any, str] = {worker.id: worker.first_name for worker in page.facts.staff.values()}
    known |= {party.organisation_id: party.organisation.name for party in page.people}
    known |= {party.pk: presenters.shown_name(party, page.user) for party in page.people}
    asked = [(row.purpose, row.recipient) for row in page.consents if row.recipient not in known]
    others = {purpose: {key for what, key in asked if what == purpose} for purpose, _ in asked}
    if keys := others.get(Purpose.SHARE):
        known |= dict(Organisation.objects.filter(pk__in=keys).values_list("pk", "name"))
    if keys := others.get(Purpose.PROFESSIONAL):
        known |= {row.pk: row.name for row in Invited.objects.visible_to(page.within).filter(pk__in=keys)}
    if keys := others.get(Purpose.SECOND_WORKER):
        known |= dict(User.objects.filter(pk__in=keys).values_list("pk", "first_name"))
    return known


ABOUT: dict[str, str] = {
    Purpose.WORDS: "The words used to reach {them}",
    Purpose.CARRY: "Carrying words to {them}",
    Purpose.SHARE: "Sharing with {them}",
    Purpose.PROFESSIONAL: "{them} being there",
    Purpose.SECOND_WORKER: "{them} as a second worker",
}


def purpose_words(row: Consent, known: dict[Any, str]) -> str:
    them = known.get(row.recipient)
    if them and row.purpose in ABOUT:
        text = ABOUT[row.purpose].format(them=them if them != presenters.OTHER else them.lower())
        return text[:1].upper() + text[1:]
    return str(Purpose(row.purpose).label)


def said_rows(page: ShownPerson) -> dict[str, Any]:
    """The answers as rows: the newest per purpose and recipient, and all of them."""
    known = recipients(page)
    return {
        "agreed": _agreed(page, known),
        "agreed_heads": ["What was asked", "Answer", "When"],
        "history": _history(page, known),
    }


def _agreed(page: ShownPerson, known: dict[Any, str]) -> list[list[Any]]:
    newest: dict[tuple, Consent] = {}
    for row in sorted(page.consents, key=lambda each: each.seq):
        newest[(row.purpose, row.recipient)] = row
    order = list(Purpose)
    shown = sorted(newest.values(), key=lambda row: order.index(Purpose(row.purpose)))
    return [
        [
            purpose_words(row, known),
            consent_words(row, None, page.at),
            f"{clock.show_day(row.taken_at)}, {str(How(row.how).label).lower()}",
        ]
        for row in shown
    ]


def _history(page: ShownPerson, known: dict[Any, str]) -> list[Row]:
    said = {
        Answer.YES: "Yes to",
        Answer.NO: "No to",
        Answer.NOT_SURE: "Not sure about",
        Answer.WITHDRAWN: "Stopped",
    }
    return [
        {
            "when": clock.show_day(row.taken_at),
            "title": f"{said[Answer(row.answer)]}: {_lower(purpose_words(row, known))}",
            "text": _in_words(row),
            "who": _who(row, page.user),
        }
        for row in page.consents[:40]
    ]


def _lower(text: str) -> str:
    first = text.split(" ", 1)[0]
    return (
        text[:1].lower() + text[1:]
        if first in ("The", "Taking", "Being", "Answers", "Sharing", "Carrying", "An", "A")
        else text
    )


def _in_words(row: Consent) -> str:
    if row.why_back:
        return f"What changed: {row.why_back}"
    return row.wording if row.purpose in (Purpose.WORDS, Purpose.CARRY) else ""


def _who(row: Consent, user: User) -> str:
    how = str(How(row.how).label).lower()
    if row.taken_by is None:
        unheard = row.answer == Answer.YES and not row.heard_alone_at
        return "By link, not yet heard alone" if unheard else "By link"
    who = presenters.you_or_name(row.taken_by, user)
    return (
        f"{who[:1].upper()}{who[1:]}, {how}"
        if row.answer != Answer.WITHDRAWN
        else f"{who[:1].upper()}{who[1:]}"
    )


def carried_rows(
    referral: Referral, user: User, at: datetime, *, to: Party | None = None
) -> list[dict[str, str]]:
    """Summary rows: who says it to which person, and the words; with `to`, only those to that person. A fixed number
    of queries."""
    facts, here = facts_for(referral, at), within(referral, user)
    keys = [row.id for row in may_carry(facts, user, here.opened) if to is None or row.recipient == to.pk]
    found = list(Consent.objects.words_of(keys)) if keys else []
    people = {party.pk: party for party in parties_for(referral, user)} if found else {}
    return [
        {
            "key": f"In {_named(people[row.party_id], user)}’s own words, to "
            f"{_named(people[row.recipient], user)}",
            "value": f"“{row.wording}”",
        }
        for row in found
        if row.recipient in people
    ]


def _named(party: Party, user: User) -> str:
    name = shown_name(party, user)
    return name.lower() if name == OTHER else name
