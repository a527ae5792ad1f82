"""The referral page for one user, assembled. Each part has its own module."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from casework.presenters.aftercare import after_links
from casework.presenters.banner import banner
from casework.presenters.history import newest
from casework.presenters.messages import will_be_sent
from casework.presenters.next_step import next_step
from casework.presenters.people import PEOPLE_HEADS, people_rows
from casework.presenters.reading import read_page
from referrals.enums import Answer, Stage
from referrals.models import Referral
from referrals.presenters import AND_BACK, handoffs, stage_strip
from referrals.presenters.blocker_rows import way_rows
from referrals.presenters.shown_referral import ShownReferral
from restorative.accounts.models import User


def other_things(page: ShownReferral) -> list[dict[str, str]]:
    """Further links on this page."""
    referral, reference = page.referral, page.referral.reference
    if referral.shown_stage == Stage.CLOSED:
        return after_links(page)
    note = f"{reverse('casework:history', args=[reference])}#id_text"
    links = [{"text": "Add a note", "href": note}, *after_links(page)]
    for party in (party for party in page.parties if party.opened):
        args = [reference, party.pk]
        links.append(
            {
                "text": f"Record a safety concern about {party.known_as}",
                "href": f"{reverse('referrals:concern', args=args)}{AND_BACK}",
            }
        )
        if page.answer_of(party.pk) in (Answer.YES, Answer.NOT_SURE):
            links.append(
                {
                    "text": f"{party.known_as} wants to stop taking part",
                    "href": f"{reverse('referrals:withdraw', args=args)}{AND_BACK}",
                }
            )
    if handoffs.may_ask(page.parties, referral, page.user):
        links.append(
            {
                "text": "Ask another organisation to lead or to help",
                "href": reverse("referrals:handoff_new", args=[reference]),
            }
        )
    if referral.shown_stage != Stage.BOOKED and any(party.opened for party in page.parties):
        href = reverse("meetings:already_happened", args=[reference])
        links.append({"text": "They have already talked", "href": href})
    if page.runs:
        links += [
            {"text": "Decide whether it is suitable", "href": reverse("referrals:decide", args=[reference])},
            *_pausing(referral, page),
            {"text": "Facilitators", "href": reverse("referrals:facilitators", args=[reference])},
            *_leading(page),
            {"text": "Add a person", "href": reverse("referrals:person_add", args=[reference])},
            {"text": "Close", "href": reverse("referrals:close", args=[reference])},
        ]
    return links


def _leading(page: ShownReferral) -> list[dict[str, str]]:
    """Who leads, and who is barred, for users who may change them."""
    reference, user, links = page.referral.reference, page.user, []
    manages = user.is_manager and page.referral.lead_organisation_id == user.organisation_id
    if page.referral.lead_id == user.pk or manages:
        links.append({"text": "Change who leads", "href": reverse("referrals:lead", args=[reference])})
    works = user.pk in {page.referral.lead_id, *(party.keyworker_id for party in page.parties)}
    if user.is_manager or (user.safeguarding_lead and not works):
        links.append({"text": "Conflicts of interest", "href": reverse("referrals:bars", args=[reference])})
    return links


def _pausing(referral: Referral, page: ShownReferral) -> list[dict[str, str]]:
    """Pausing, changing the review date, and meeting again."""
    reference = referral.reference
    links = []
    if referral.shown_stage == Stage.FOLLOW_UP:
        links.append(
            {"text": "Plan another meeting", "href": reverse("referrals:meet_again", args=[reference])}
        )
    href = reverse("referrals:pause", args=[reference])
    if referral.shown_stage != Stage.PAUSED:
        links.append({"text": "Not now: pause it", "href": href})
    elif page.user.is_manager:
        links.append({"text": "Change the review date", "href": href})
    return links


def referral_page(referral: Referral, user: User, at: datetime) -> dict[str, Any]:
    """Everything the referral page shows this user."""
    page = read_page(referral, user, at)
    booked = referral.shown_stage == Stage.BOOKED
    closed = referral.shown_stage == Stage.CLOSED
    started = page.meeting is not None and page.meeting.shown_status == "started"
    step = next_step(page)
    return {
        "stages": stage_strip(referral.shown_stage, referral.paused_from),
        "paused": referral.shown_stage == Stage.PAUSED,
        "closed": closed,
        "banner": banner(page),
        "next_step": step,
        "way_title": "What stands in the way of starting" if booked else "What stands in the way of booking",
        "way_shown": not (closed or started or referral.shown_stage in (Stage.FOLLOW_UP, Stage.PAUSED)),
        "way": way_rows(page),
        "people_heads": [] if closed else PEOPLE_HEADS,
        "people": people_rows(page),
        "history": newest(page),
        "boxes": [] if closed else will_be_sent(page),
        "asked_of_others": handoffs.asked_of_others(referral, user),
        "other_things": other_things(page),
        "meeting": page.meeting,
    }
