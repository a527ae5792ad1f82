"""The referral page for one person, put together. Each part is made in the module named after it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from referrals.enums import Answer, Stage
from referrals.models import Referral
from referrals.presenters import AND_BACK, handoffs, stage_strip
from referrals.presenters.aftercare import after_links
from referrals.presenters.banner import banner
from referrals.presenters.blocker_rows import Heard, deciding, way_rows
from referrals.presenters.history import history, will_be_sent
from referrals.presenters.next_step import next_step
from referrals.presenters.people import PEOPLE_HEADS, answers, people_rows, read_parties, renewable
from referrals.presenters.referral_facts import Facts, gather

if TYPE_CHECKING:
    from restorative.accounts.models import User


def other_things(facts: Facts, heard: Heard) -> list[dict[str, str]]:
    """What else this user can do from here."""
    referral, reference = facts.referral, facts.referral.reference
    if referral.shown_stage == Stage.CLOSED:
        return after_links(facts)
    note = f"{reverse('referrals:history', args=[reference])}#id_text"
    links = [{"text": "Add a note", "href": note}, *after_links(facts)]
    for party in (party for party in facts.parties if party.opened):
        args = [reference, party.pk]
        links.append(
            {
                "text": f"Record a safety concern about {party.known_as}",
                "href": f"{reverse('referrals:concern', args=args)}{AND_BACK}",
            }
        )
        if heard.answers.get(party.pk) in (Answer.YES, Answer.NOT_SURE):
            links.append(
                {
                    "text": f"{party.known_as} wants to stop taking part",
                    "href": f"{reverse('referrals:withdraw', args=args)}{AND_BACK}",
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
            {"text": "Decide whether it is suitable", "href": reverse("referrals:decide", args=[reference])},
            *_pausing(referral, facts),
            {"text": "Facilitators", "href": reverse("referrals:facilitators", args=[reference])},
            *_leading(facts),
            {"text": "Add a person", "href": reverse("referrals:person_add", args=[reference])},
            {"text": "Close", "href": reverse("referrals:close", args=[reference])},
        ]
    return links


def _leading(facts: Facts) -> list[dict[str, str]]:
    """Who leads, and who must not be near it: for whoever may say so."""
    reference, user, links = facts.referral.reference, facts.user, []
    manages = user.is_manager and facts.referral.lead_organisation_id == user.organisation_id
    if facts.referral.lead_id == user.pk or manages:
        links.append({"text": "Change who leads", "href": reverse("referrals:lead", args=[reference])})
    works = user.pk in {facts.referral.lead_id, *(party.keyworker_id for party in facts.parties)}
    if user.is_manager or (user.safeguarding_lead and not works):
        links.append({"text": "Conflicts of interest", "href": reverse("referrals:bars", args=[reference])})
    return links


def _pausing(referral: Referral, facts: Facts) -> list[dict[str, str]]:
    """Pause it, or look at it on another day; and another meeting for those who have met."""
    reference = referral.reference
    links = []
    if referral.shown_stage == Stage.FOLLOW_UP:
        links.append(
            {"text": "Plan another meeting", "href": reverse("referrals:meet_again", args=[reference])}
        )
    href = reverse("referrals:pause", args=[reference])
    if referral.shown_stage != Stage.PAUSED:
        links.append({"text": "Not now: pause it", "href": href})
    elif facts.user.is_manager:
        links.append({"text": "Change the review date", "href": href})
    return links


def page(referral: Referral, user: "User", at: datetime) -> dict[str, Any]:
    """Everything the referral page shows this user."""
    facts = gather(referral, user, at)
    read = read_parties(referral, user)
    heard = Heard(
        answers=answers(read),
        deciding=deciding(facts),
        renewable=renewable(read),
    )
    booked = referral.shown_stage == Stage.BOOKED
    closed = referral.shown_stage == Stage.CLOSED
    started = facts.meeting is not None and facts.meeting.shown_status == "started"
    step = next_step(facts, heard)
    return {
        "stages": stage_strip(referral.shown_stage, referral.paused_from),
        "paused": referral.shown_stage == Stage.PAUSED,
        "closed": closed,
        "banner": banner(facts),
        "next_step": step,
        "way_title": "What stands in the way of starting" if booked else "What stands in the way of booking",
        "way_shown": not (closed or started or referral.shown_stage in (Stage.FOLLOW_UP, Stage.PAUSED)),
        "way": way_rows(facts, heard),
        "people_heads": [] if closed else PEOPLE_HEADS,
        "people": people_rows(facts, read, heard.renewable),
        "history": history(facts),
        "boxes": [] if closed else will_be_sent(facts),
        "asked_of_others": handoffs.asked_of_others(referral, user),
        "other_things": other_things(facts, heard),
        "meeting": facts.meeting,
    }
