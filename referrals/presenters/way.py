"""What stands in the way as one person may see it: each row with whose turn it is and the page that mends it.
What holds is decided in blockers.py."""

from typing import TYPE_CHECKING

from django.urls import reverse

from referrals.blockers import ShownBlocker
from referrals.models import (
    Party,
)
from referrals.presenters.referral_facts import Facts
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User


# Code → the page that mends it, and the words of the link. {name} is the party's.
FIXES: dict[str, tuple[str, str]] = {
    "consent_missing": ("referrals:consent", "Ask {name}"),
    "consent_not_heard": ("referrals:consent", "Hear it from {name}"),
    "wording_not_approved": ("referrals:consent", "Ask {name}"),
    "capacity_in_doubt": ("referrals:capacity", "Assess"),
    "safety_not_asked": ("referrals:safety_ask", "Ask {name}"),
    "stop": ("referrals:safety", "Look at it"),
    "sign_off": ("referrals:safety", "Look at it"),
    "readiness_missing": ("referrals:readiness", "Ask {name}"),
    "readiness_expired": ("referrals:readiness", "Ask again"),
    "not_prepared": ("referrals:preparation", "Prepare"),
    "safe_contact_missing": ("referrals:routes", "Ask {name}"),
    "professional_not_agreed": ("referrals:consent", "Ask {name}"),
    "one_facilitator": ("referrals:facilitators", "Appoint"),
    "no_facilitator": ("referrals:facilitators", "Appoint"),
    "facilitator_not_independent": ("referrals:facilitators", "Appoint"),
    "not_suitable_yet": ("referrals:decide", "Decide"),
    "records_check": ("referrals:records_ask", "Ask for it"),
    "too_few_parties": ("referrals:person_add", "Add a person"),
}
# Codes that one talk settles together.
TALK_CODES = frozenset(
    {"consent_missing", "safety_not_asked", "readiness_missing", "not_prepared", "safe_contact_missing"}
)
WHOSE_BY_CODE = {
    "stop": "A safeguarding lead",
    "sign_off": "A manager or safeguarding lead",
}


def way_rows(facts: Facts) -> list[dict[str, str]]:
    """The rows of 'What stands in the way', each with whose turn it is and the page that mends it.

    Where most of a talk with somebody is still to come, that is one row and not five.
    """
    shown, talked = [], set()
    for row in facts.rows:
        if row.party is None or row.code not in TALK_CODES or not untalked(row.party, facts):
            shown.append(_way_row(row, facts))
        elif row.party.pk not in talked:
            talked.add(row.party.pk)
            shown.append(_talk_row(row.party, facts))
    return shown


def untalked(party: Party, facts: Facts) -> bool:
    """Whether most of a talk with them is still to come."""
    codes = {row.code for row in facts.rows if row.party is not None and row.party.pk == party.pk}
    return len(codes & TALK_CODES) >= 3


def waits_for_words(party: Party, facts: Facts) -> bool:
    """Whether they cannot be spoken to yet, because the words used to reach them are not approved."""
    return not party.asked_first and any(row.code == "wording_not_approved" for row in facts.rows)


def _talk_row(party: Party, facts: Facts) -> dict[str, str]:
    name = party.known_as
    if waits_for_words(party, facts):
        sentence = f"{name} is talked with once the words used to reach them are approved."
        return {"sentence": sentence, "whose": "Later", "action_text": "", "action_href": ""}
    return {
        "sentence": f"{name} has not been talked with, alone: safety, what they agree to, is it the right time.",
        "whose": whose(party, facts.user),
        "action_text": f"Talk with {name}",
        "action_href": reverse("referrals:talk", args=[facts.referral.reference, party.pk]),
    }


def _way_row(row: ShownBlocker, facts: Facts) -> dict[str, str]:
    shown = {"sentence": row.sentence, "whose": "", "action_text": "", "action_href": ""}
    if not row.code:
        return {**shown, "whose": "Nothing for you to do"}
    if row.code == "records_check" and facts.referral.records_waiting:
        return {**shown, "whose": "Safeguarding lead", "action_text": "Asked for"}
    if row.code == "day_of_check_missing":
        return {**shown, **_day_link(row, facts)}
    if row.party is None and not facts.runs:
        return {**shown, "whose": facts.referral.lead.first_name}
    name, text = FIXES[row.code]
    if row.party is not None:
        href = _fix_href(name, row, facts)
        turn = WHOSE_BY_CODE.get(row.code) or whose(row.party, facts.user)
        return {
            **shown,
            "whose": turn,
            "action_text": text.format(name=row.party.known_as),
            "action_href": href,
        }
    href = reverse(name, args=[facts.referral.reference])
    return {**shown, "whose": "Your turn", "action_text": text, "action_href": f"{href}?from=referral"}


def _fix_href(name: str, row: ShownBlocker, facts: Facts) -> str:
    reference = facts.referral.reference
    if name == "referrals:facilitators":
        return reverse(name, args=[reference])
    return f"{reverse(name, args=[reference, row.party.pk])}?from=referral"


def _day_link(row: ShownBlocker, facts: Facts) -> dict[str, str]:
    meeting = facts.meeting
    if meeting is None or clock.today(meeting.starts_at) != clock.today(facts.at):
        return {"whose": "On the day"}
    href = reverse("meetings:day_check", args=[facts.referral.reference, meeting.pk, row.party.pk])
    return {
        "whose": whose(row.party, facts.user),
        "action_text": f"Ask {row.party.known_as}",
        "action_href": href,
    }


def whose(party: Party, user: "User") -> str:
    worker = party.keyworker
    if worker is None or worker.pk == user.pk:
        return "Your turn"
    return worker.first_name
