"""The referral page for one person, put together. Each part is made in the module named after it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from referrals.enums import Stage
from referrals.models import (
    Referral,
)
from referrals.presenters import stage_strip
from referrals.presenters.happened import history, will_be_sent
from referrals.presenters.next_step import next_step
from referrals.presenters.people import PEOPLE_HEADS, people_rows
from referrals.presenters.referral_facts import Facts, gather
from referrals.presenters.way import way_rows

if TYPE_CHECKING:
    from restorative.accounts.models import User


def other_things(facts: Facts) -> list[dict[str, str]]:
    """What else this user can do from here."""
    referral, reference = facts.referral, facts.referral.reference
    if referral.shown_stage == Stage.CLOSED:
        return []
    links = []
    for party in (party for party in facts.parties if party.opened):
        args = [reference, party.pk]
        links.append(
            {
                "text": f"Record a safety concern about {party.known_as}",
                "href": reverse("referrals:concern", args=args),
            }
        )
        links.append(
            {
                "text": f"{party.known_as} wants to stop taking part",
                "href": reverse("referrals:withdraw", args=args),
            }
        )
    if facts.runs:
        links += [
            {"text": "Decide, or not now", "href": reverse("referrals:decide", args=[reference])},
            {"text": "Facilitators", "href": reverse("referrals:facilitators", args=[reference])},
            {"text": "Add a person", "href": reverse("referrals:person_add", args=[reference])},
            {"text": "Close", "href": reverse("referrals:close", args=[reference])},
        ]
    return links


def page(referral: Referral, user: "User", at: datetime) -> dict[str, Any]:
    """Everything the referral page shows this user."""
    facts = gather(referral, user, at)
    booked = referral.shown_stage == Stage.BOOKED
    return {
        "stages": stage_strip(referral.shown_stage, referral.paused_from),
        "paused": referral.shown_stage == Stage.PAUSED,
        "closed": referral.shown_stage == Stage.CLOSED,
        "next_step": next_step(facts),
        "way_title": "What stands in the way of starting" if booked else "What stands in the way of booking",
        "way": way_rows(facts),
        "people_heads": PEOPLE_HEADS,
        "people": people_rows(facts),
        "history": history(facts),
        "boxes": will_be_sent(facts),
        "other_things": other_things(facts),
        "meeting": facts.meeting,
    }
