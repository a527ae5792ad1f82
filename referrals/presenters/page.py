"""The referral page for one person, put together. Each part is made in the module named after it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from referrals.enums import Answer, Outcome, Reason, Stage
from referrals.models import Closure, Referral
from referrals.presenters import handoffs, stage_strip, you_or_name
from referrals.presenters.after import after_links
from referrals.presenters.happened import history, will_be_sent
from referrals.presenters.next_step import next_step
from referrals.presenters.people import PEOPLE_HEADS, people_rows, read_parties
from referrals.presenters.referral_facts import Facts, gather
from referrals.presenters.way import Heard, deciding, way_rows
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User


def other_things(facts: Facts, heard: Heard) -> list[dict[str, str]]:
    """What else this user can do from here."""
    referral, reference = facts.referral, facts.referral.reference
    if referral.shown_stage == Stage.CLOSED:
        return after_links(facts)
    links = after_links(facts)
    for party in (party for party in facts.parties if party.opened):
        args = [reference, party.pk]
        links.append(
            {
                "text": f"Record a safety concern about {party.known_as}",
                "href": reverse("referrals:concern", args=args),
            }
        )
        if heard.answers.get(party.pk) in (Answer.YES, Answer.NOT_SURE):
            links.append(
                {
                    "text": f"{party.known_as} wants to stop taking part",
                    "href": reverse("referrals:withdraw", args=args),
                }
            )
    if handoffs.may_ask(facts.parties, referral, facts.user):
        links.append(
            {
                "text": "Ask another organisation to lead or to help",
                "href": reverse("referrals:handoff_new", args=[reference]),
            }
        )
    if referral.shown_stage != Stage.BOOKED and any(party.opened for party in facts.parties):
        href = reverse("meetings:already_happened", args=[reference])
        links.append({"text": "They have already talked", "href": href})
    if facts.runs:
        links += [
            {"text": "Decide, or not now", "href": reverse("referrals:decide", args=[reference])},
            {"text": "Facilitators", "href": reverse("referrals:facilitators", args=[reference])},
            {"text": "Add a person", "href": reverse("referrals:person_add", args=[reference])},
            {"text": "Close", "href": reverse("referrals:close", args=[reference])},
        ]
    return links


def ended(facts: Facts) -> str:
    """'Closed by you, Sun 15 November: met.' The outcome is everybody's; the reason is its own side's only."""
    rows = Closure._base_manager.filter(referral=facts.referral).select_related("created_by")
    row = rows.defer("reason", "why_open_items").order_by("-created_at").first()
    if row is None:
        return ""
    outcome = str(Outcome(row.outcome).label)
    if row.outcome == Outcome.NOT_GOING_AHEAD:
        reason = Closure.objects.visible_to(facts.user).filter(pk=row.pk).values_list("reason", flat=True)
        outcome += "".join(f", {_lower_first(str(Reason(one).label))}" for one in reason if one)
    by = you_or_name(row.created_by, facts.user) if row.created_by else "the service"
    return f"Closed by {by}, {clock.show_day(row.created_at)}: {_lower_first(outcome)}."


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def page(referral: Referral, user: "User", at: datetime) -> dict[str, Any]:
    """Everything the referral page shows this user."""
    facts = gather(referral, user, at)
    read = read_parties(referral, user)
    heard = Heard(
        answers={key: row.consent_answer for key, row in read.items()},
        deciding=deciding(facts),
    )
    booked = referral.shown_stage == Stage.BOOKED
    closed = referral.shown_stage == Stage.CLOSED
    started = facts.meeting is not None and facts.meeting.shown_status == "started"
    step = next_step(facts, heard)
    if closed and (how := ended(facts)):
        step["text"] = f"{how} {step['text']}"
    return {
        "stages": stage_strip(referral.shown_stage, referral.paused_from),
        "paused": referral.shown_stage == Stage.PAUSED,
        "closed": closed,
        "next_step": step,
        "way_title": "What stands in the way of starting" if booked else "What stands in the way of booking",
        "way_shown": not (closed or started or referral.shown_stage == Stage.FOLLOW_UP),
        "way": way_rows(facts, heard),
        "people_heads": [] if closed else PEOPLE_HEADS,
        "people": people_rows(facts, read),
        "history": history(facts),
        "boxes": will_be_sent(facts),
        "asked_of_others": handoffs.asked_of_others(referral, user),
        "other_things": other_things(facts, heard),
        "meeting": facts.meeting,
    }
