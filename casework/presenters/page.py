"""The referral page for one user, assembled. Each part has its own module."""

from datetime import datetime
from typing import Any

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
    stage = page.referral.shown_stage
    if stage == Stage.CLOSED:
        return after_links(page)
    links = [page.link("Add a note", "casework:history", end="#id_text"), *after_links(page)]
    opened = [party for party in page.parties if party.opened]
    for party in opened:
        name = party.known_as
        concern = f"Record a safety concern about {name}"
        links.append(page.link(concern, "referrals:concern", party.pk, end=AND_BACK))
        if page.answer_of(party.pk) in (Answer.YES, Answer.NOT_SURE):
            stops = f"{name} wants to stop taking part"
            links.append(page.link(stops, "referrals:withdraw", party.pk, end=AND_BACK))
    if handoffs.may_ask(page.parties, page.referral, page.user):
        links.append(page.link("Ask another organisation to lead or to help", "referrals:handoff_new"))
    if stage != Stage.BOOKED and opened:
        links.append(page.link("Record a conversation that already happened", "meetings:already_happened"))
    if page.runs:
        links += [
            page.link("Decide whether it is suitable", "referrals:decide"),
            *_pausing(page),
            page.link("Appoint or change facilitators", "referrals:facilitators"),
            *_leading(page),
            page.link("Add a person", "referrals:person_add"),
            page.link("Close this referral", "referrals:close"),
        ]
    return links


def _leading(page: ShownReferral) -> list[dict[str, str]]:
    """Who leads, and who is barred, for users who may change them."""
    user, links = page.user, []
    manages = user.is_manager and page.referral.lead_organisation_id == user.organisation_id
    if page.referral.lead_id == user.pk or manages:
        links.append(page.link("Change who leads", "referrals:lead"))
    works = user.pk in {page.referral.lead_id, *(party.keyworker_id for party in page.parties)}
    if user.is_manager or (user.safeguarding_lead and not works):
        links.append(page.link("Conflicts of interest", "referrals:bars"))
    return links


def _pausing(page: ShownReferral) -> list[dict[str, str]]:
    """Pausing, changing the review date, and meeting again."""
    stage, links = page.referral.shown_stage, []
    if stage == Stage.FOLLOW_UP:
        links.append(page.link("Plan another meeting", "referrals:meet_again"))
    if stage != Stage.PAUSED:
        links.append(page.link("Not now: pause it", "referrals:pause"))
    elif page.user.is_manager:
        links.append(page.link("Change the review date", "referrals:pause"))
    return links


def referral_page(referral: Referral, user: User, at: datetime) -> dict[str, Any]:
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
