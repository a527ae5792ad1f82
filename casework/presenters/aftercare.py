"""After a meeting, for one user: the agreement, the next call, and the calls and ratings of one party.
Nothing here writes."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse

from meetings.enums import FollowUpKind, FollowUpResult, MeetingStatus
from meetings.models import Agreement, AgreementAnswer, FollowUp, Meeting
from meetings.presenters.aftercare import CALL_HEADINGS
from referrals.enums import RatingPoint, Stage
from referrals.models import Party, Rating
from referrals.presenters import facilitators_of
from referrals.presenters.shown_referral import ShownReferral, is_mine
from restorative.common import clock

if TYPE_CHECKING:
    from datetime import date, datetime

    from restorative.accounts.models import User

Row = dict[str, Any]
RATING_HEADS = ["When", "Between them", "Feeling safe", "Hope"]


@dataclass
class After:
    """What this user may know of the time after the newest meeting that took place."""

    may_write: bool = False
    written: bool = False
    to_answer: bool = False
    calls: list[Any] = field(default_factory=list)


def gather_after(page: ShownReferral) -> After:
    """Read what the next step needs: two queries."""
    referral, user = page.referral, page.user
    known = Agreement.objects.known_of(user).filter(meeting=OuterRef("pk"))
    newest = (
        Meeting.objects.visible_to(user)
        .filter(referral=referral, shown_status=MeetingStatus.TOOK_PLACE)
        .annotate(nothing_agreed=Subquery(known.values("nothing_agreed")[:1]))
        .order_by("-starts_at", "-pk")
        .first()
    )
    if newest is None:
        return After()
    answers = AgreementAnswer.objects.visible_to(user)
    answered = answers.filter(agreement__meeting=OuterRef("meeting"), party=OuterRef("party"))
    undone = FollowUp.objects.visible_to(user).filter(
        meeting__referral=referral, done_at__isnull=True, party__left_at__isnull=True
    )
    runs = any(row.user_id == user.pk for row in facilitators_of(referral, user))
    told = newest.already_happened and newest.created_by_id == user.pk
    return After(
        may_write=runs or referral.lead_id == user.pk or told,
        written=newest.nothing_agreed is not None,
        to_answer=newest.nothing_agreed is False,
        calls=list(undone.annotate(answered=Exists(answered)).order_by("due_on", "created_at", "id")),
    )


def next_after(page: ShownReferral) -> Row:
    """The next step after a meeting: a call that is due, writing the agreement, an answer to it, then future steps."""
    after = gather_after(page)
    mine = {party.pk: party for party in page.parties if party.opened and _calls(party, page)}
    calls = [row for row in after.calls if row.party_id in mine]
    due = [row for row in calls if row.due_on <= clock.today(page.at)]
    if due:
        return _call_step(due[0], mine[due[0].party_id], page, "It is due. ")
    if after.may_write and not after.written:
        return _step(
            "write down what came of it",
            "In their own words. “Nothing was agreed, but it helped” is a good result too.",
            "Write it down",
            _agreement(page, "agreement_write"),
        )
    unasked = next((row.party_id for row in calls if after.to_answer and not row.answered), None)
    if unasked is not None:
        return _step(
            f"ask {mine[unasked].known_as} what they say to what was agreed",
            "Only their own side sees the answer.",
            f"Ask {mine[unasked].known_as}",
            reverse("meetings:agreement_answer", args=[page.referral.reference, unasked]),
        )
    if calls:
        return _call_step(calls[0], mine[calls[0].party_id], page, "")
    if page.runs:
        return _step(
            "close, when nothing is left open",
            "They have met, and every call of yours is made.",
            "Close",
            reverse("referrals:close", args=[page.referral.reference]),
        )
    return _step("nothing for you to do now", "They have met. What is left is with somebody else.")


def _calls(party: Party, page: ShownReferral) -> bool:
    """Whether this user rings them: their worker, or a user who opens them and supports no other party here."""
    if party.is_supporter:
        return False
    return is_mine(party, page) or not any(is_mine(each, page) for each in page.parties)


def _call_step(row: Any, party: Party, page: ShownReferral, due: str) -> Row:
    heading = CALL_HEADINGS[row.kind].format(name=party.known_as)
    return _step(
        heading if due else f"{heading}, on {clock.show_day(row.due_on)}",
        f"{due}Alone, the way they said is safe: how are things, do they feel safe?",
        "Open the call" if row.kind != "debrief" else "Open the debrief",
        reverse("meetings:follow_up", args=[page.referral.reference, row.pk]),
    )


def _step(heading: str, text: str, action_text: str = "", action_href: str = "") -> Row:
    return {
        "heading": f"Next: {heading}",
        "text": text,
        "action_text": action_text,
        "action_href": action_href,
    }


def _agreement(page: ShownReferral, name: str = "agreement") -> str:
    return reverse(f"meetings:{name}", args=[page.referral.reference])


def after_links(page: ShownReferral) -> list[Row]:
    """Further links after a meeting: the agreement."""
    if page.referral.shown_stage not in (Stage.FOLLOW_UP, Stage.CLOSED):
        return []
    if not any(party.opened for party in page.parties):
        return []
    return [{"text": "What was agreed", "href": _agreement(page)}]


# --- On a person's page -----------------------------------------------------------------------------------------


def call_tasks(party: Party, user: "User", at: "datetime") -> list[Row]:
    """One row per call: when it is due, or its result."""
    follow_ups = FollowUp.objects.visible_to(user).filter(party=party)
    return [
        {
            "title": str(FollowUpKind(row.kind).label),
            "href": reverse("meetings:follow_up", args=[party.referral.reference, row.pk]),
            "status": str(FollowUpResult(row.result).label)
            if row.done_at
            else _due(row.due_on, clock.today(at)),
            "tone": "ok" if row.done_at else "due" if row.due_on <= clock.today(at) else "",
            "hint": clock.show_day(row.done_at if row.done_at else row.due_on),
        }
        for row in follow_ups.order_by("due_on", "created_at", "id")
    ]


def _due(day: "date", today: "date") -> str:
    if day == today:
        return "Due today"
    return "Due" if day < today else "To come"


def rating_rows(party: Party, user: "User") -> list[list[str]]:
    """Each set of ratings, oldest first."""
    rows = Rating.objects.visible_to(user).filter(party=party).order_by("created_at", "pk")
    return [
        [f"{RatingPoint(row.point).label}, {clock.show_day(row.created_at)}", *map(_number, _values(row))]
        for row in rows
    ]


def _values(row: Rating) -> tuple[int | None, int | None, int | None]:
    return row.relationship, row.safe, row.hope


def _number(value: int | None) -> str:
    return "Not said" if value is None else f"{value} of 10"
