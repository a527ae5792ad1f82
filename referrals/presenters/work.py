"""What one worker has to do in their referrals: a row each, due today, in the next days, or with somebody else.
Each carries the page where it is done. Read by work_facts.py; what managers oversee is in work_oversight.py."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst

from referrals.enums import Answer, ApproachResult, Hours, Ready, Stage, Voicemail
from referrals.models import Party, Referral
from referrals.presenters import names_of, parties_for
from referrals.presenters.blocker_rows import BlockerRow, way_rows
from referrals.presenters.shown_referral import ShownReferral
from referrals.presenters.work_facts import Work
from referrals.reminders.reach import opens_at
from restorative.common import clock
from restorative.common.rules import rules

TODAY, NEXT, WAITING = "today", "next", "waiting"
AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Item:
    """One thing to do: where it belongs, what, whose referral, and the page where it is done."""

    where: str
    what: str
    referral: Referral
    action_text: str = "Open"
    action_href: str = ""
    hint: str = ""
    due: date | None = None
    party: UUID | None = None
    sealed: bool = False

    def row(self, user: Any) -> dict[str, str]:
        """As the page shows it."""
        about = [self.referral.reference, names_of(parties_for(self.referral, user), user)]
        return {
            "what": self.what,
            "about": " · ".join([*about, *([self.hint] if self.hint else [])]),
            "action_text": self.action_text,
            "action_href": self.action_href or reverse("casework:show", args=[self.referral.reference]),
        }


def ordered(items: Iterable[Item], where: str) -> list[Item]:
    """Those of one section: what is due first comes first, what has no day after what had one."""
    found = [item for item in items if item.where == where]
    return sorted(found, key=lambda item: (item.due is None, item.due or date.max))


def items(work: Work, referrals: Iterable[Referral], settled_first: set[UUID]) -> list[Item]:
    """Everything there is to do in these referrals, as far as this user may know, but for those in which something
    else is settled first."""
    found: list[Item] = []
    for referral in (referral for referral in referrals if referral.pk not in settled_first):
        page = work.of(referral.pk)
        stage = Stage(referral.shown_stage)
        if stage == Stage.PAUSED:
            found += _paused(page)
        elif stage in (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED) and page.meeting is None:
            steps = list(_steps(work, page))
            busy = {item.party for item in steps if item.where == TODAY}
            found += [*steps, *(item for item in _run_out(work, page) if item.party not in busy)]
    return found


def _paused(page: ShownReferral) -> Iterator[Item]:
    """Not now: looked at again on its day, by the lead."""
    referral, review = page.referral, page.referral.review_on
    today = clock.today(page.at)
    if any(party.opened and party.person.died_on for party in page.parties):
        return
    if review is None or referral.lead_id != page.user.pk or review > today + AHEAD:
        return
    yield Item(
        TODAY if review <= today else NEXT,
        "Look again: is it the right time now?",
        referral,
        "Decide",
        reverse("referrals:decide", args=[referral.reference]),
        f"to be looked at on {clock.show_day(review)}",
        review,
    )


def _steps(work: Work, page: ShownReferral) -> Iterator[Item]:
    """What stands in the way: the first thing that is this user's turn, whom they asked, or whose turn it is."""
    referral = page.referral
    booked = referral.shown_stage == Stage.BOOKED
    asked = list(_asked(work, page))
    yield from asked
    waits = {item.party for item in asked}
    rows = [row for row in way_rows(page) if row.party not in waits]
    ours = [row for row in rows if row.is_theirs]
    if ours:
        yield _ours(ours[0], work, page)
    elif booked or asked:
        return
    elif rows:
        # What may be named says more than the one sentence for everything sealed.
        first = next((row for row in rows if row.code), rows[0])
        sentence, sealed = first.sentence.rstrip("."), not first.code
        yield Item(WAITING, sentence, referral, hint=_whose(first), sealed=sealed)
    elif page.runs and not page.rows:
        yield Item(
            TODAY,
            "Nothing stands in the way: plan the meeting",
            referral,
            "Plan",
            reverse("meetings:book", args=[referral.reference]),
        )


def _whose(row: BlockerRow) -> str:
    """'with a safeguarding lead', 'with Kit', or nobody in particular."""
    said = row.whose
    if said == "Nothing for you to do":
        return ""
    return f"with a{said[1:]}" if said.startswith("A ") else f"with {said}"


def _ours(row: BlockerRow, work: Work, page: ShownReferral) -> Item:
    talk = row.code == "talk"
    due = _first_contact_due(work.opened[row.party]) if talk and row.party in work.opened else None
    today = clock.today(page.at)
    later = due is not None and due > today
    return Item(
        NEXT if later else TODAY,
        capfirst(row.heading),
        page.referral,
        "Talk" if talk else row.action_text,
        row.action_href,
        "" if due is None else f"by {clock.show_day(due)}" if later else f"was due {clock.show_day(due)}",
        due,
        row.party,
    )


def _first_contact_due(party: Any) -> date | None:
    """By when they should have been spoken with; None where they have been, or may not be yet."""
    spoken = (party.first_tried, party.said_taken_at, party.safety_asked_at, party.check_completed_at)
    if any(spoken) or party.prepared_held_at:
        return None
    begun = max(party.created_at, party.support_since or party.created_at)
    if not (party.asked or party.told):
        begun = max(begun, party.words_at or begun)
    return clock.add_working_days(clock.today(begun), rules().first_contact_working_days)


def _asked(work: Work, page: ShownReferral) -> Iterator[Item]:
    """Those who were asked and have not answered: wait, then ask again."""
    reference, today = page.referral.reference, clock.today(page.at)
    for party in work.mine(page):
        known = work.opened[party.pk]
        if known.said_answer or known.approach_result not in (
            ApproachResult.WAITING,
            ApproachResult.COULD_NOT_REACH,
        ):
            continue
        due = clock.add_working_days(clock.today(known.first_tried), rules().consent_outstanding_working_days)
        again = due <= today
        yield Item(
            TODAY if again else WAITING,
            f"Ask {party.known_as} again" if again else f"{party.known_as} to answer",
            page.referral,
            "Ask",
            reverse("referrals:talk", args=[reference, party.pk]),
            f"asked {clock.ago(known.first_tried)}",
            due if again else None,
            party.pk,
        )


# What runs out, in words.
RENEW = {
    "said": "their yes",
    "check": "“is it the right time?”",
    "safety": "what they said about safety",
    "route": "how to reach them",
}


def _runs_out(party: Any) -> Iterator[tuple[date, str]]:
    """The last day of each thing a meeting needs of one opened party, and what it is."""
    if party.said_answer == Answer.YES:
        yield party.said_expires_on, "said"
    if party.is_supporter:
        return
    if party.check_judgement == Ready.READY and not party.check_accepted_late_at:
        yield clock.today(party.check_expires_at), "check"
    if party.safety_asked_at:
        yield clock.today(party.safety_asked_at + timedelta(days=rules().safety_answers_days)), "safety"
    if party.route_confirmed_at:
        yield clock.today(party.route_confirmed_at + timedelta(days=party.contact_days)), "route"


def _run_out(work: Work, page: ShownReferral) -> Iterator[Item]:
    """For each person this user supports, the first thing that runs out within a week."""
    today = clock.today(page.at)
    ahead = today + timedelta(days=rules().runs_out_days)
    for party in work.mine(page):
        soon = [found for found in _runs_out(work.opened[party.pk]) if today <= found[0] <= ahead]
        if not soon:
            continue
        day, which = min(soon)
        yield Item(
            TODAY if day == today else NEXT,
            f"Check in with {party.known_as}: {RENEW[which]} runs out {_on(day, today)}",
            page.referral,
            "Check in",
            reverse("referrals:check_in", args=[page.referral.reference, party.pk]),
            due=day,
            party=party.pk,
        )


def _on(day: date, today: date) -> str:
    return "today" if day == today else f"on {clock.show_day(day)}"


# --- Said no or not sure ---------------------------------------------------------------------------------------

SAID = {
    Answer.NOT_SURE: "not sure",
    Answer.NO: "no",
    Answer.WITHDRAWN: "no longer takes part",
}


def said_no(work: Work, referrals: Iterable[Referral]) -> list[dict[str, str]]:
    """Those whose newest answer to taking part is not a yes, the newest first."""
    found: list[tuple[datetime, dict[str, str]]] = []
    for referral in referrals:
        for party in work.of(referral.pk).parties:
            known = work.opened.get(party.pk)
            if known is None or known.said_answer not in SAID:
                continue
            unsure = known.said_answer == Answer.NOT_SURE
            route = "referrals:talk" if unsure else "casework:party"
            found.append(
                (
                    known.said_taken_at,
                    {
                        "name": party.known_as,
                        "said": f"{SAID[known.said_answer]}, {clock.ago(known.said_taken_at)}",
                        "action_text": f"Talk with {party.known_as}" if unsure else "Open",
                        "action_href": reverse(route, args=[referral.reference, party.pk]),
                    },
                )
            )
    return [row for _, row in sorted(found, key=lambda each: each[0], reverse=True)]


# --- Safe to ring ----------------------------------------------------------------------------------------------

UNTIL = {Hours.MORNING: time(12), Hours.AFTERNOON: time(17)}


def safe_to_ring(work: Work, referrals: Iterable[Referral], wanted: set[UUID]) -> list[dict[str, str]]:
    """Those of `wanted` whom this user supports and may ring at this hour, with the words to say."""
    found = []
    for referral in referrals:
        page = work.of(referral.pk)
        for party in work.mine(page):
            known = work.opened[party.pk]
            if party.pk in wanted and _may_ring(known, work.at):
                found.append(_ring_row(party, known, referral))
    return found


def _may_ring(known: Any, at: datetime) -> bool:
    """A phone number they allowed and confirmed lately, on the days and in the hours they gave, and not at night."""
    if (
        known.phone_confirmed_at is None
        or known.said_no
        or known.said_answer in (Answer.NO, Answer.WITHDRAWN)
    ):
        return False
    fresh = known.phone_confirmed_at >= at - timedelta(days=known.contact_days)
    return fresh and not clock.quiet(at) and opens_at(known.phone_days, known.phone_hours, at) == at


def _ring_row(party: Party, known: Any, referral: Referral) -> dict[str, str]:
    until = UNTIL.get(known.phone_hours, time(rules().quiet_from_hour))
    voicemail = (
        "first name and number only" if known.phone_voicemail == Voicemail.FIRST_NAME else "no message"
    )
    return {
        "name": party.known_as,
        "href": reverse("casework:party", args=[referral.reference, party.pk]),
        "until": f"until {clock.show_time(until)}",
        "cover": known.phone_cover,
        "voicemail": voicemail,
        "others": known.phone_read_by_others,
    }
