"""The banner of a referral: closed, paused, or its meeting on hold; and a colleague to ring. As one user may know.
The next step is in next_step.py."""

from dataclasses import replace

from referrals import stages
from referrals.enums import Outcome, Reason, Stage, Suitable, TaskKind
from referrals.models import Closure, StageChange, Suitability, Task
from referrals.presenters import lower_first, you_or_name
from referrals.presenters.blocker_rows import BlockerRow, way_rows
from referrals.presenters.shown_referral import ShownReferral
from restorative.accounts.models import User
from restorative.common import clock

Banner = dict[str, str]


def banner(page: ShownReferral) -> Banner | None:
    """Who closed or paused it, and when, or that its meeting is on hold. The reason only for users who open the
    party that it came from."""
    if page.referral.shown_stage == Stage.CLOSED:
        return _closed(page)
    if page.referral.shown_stage == Stage.PAUSED:
        return _paused(page)
    return _on_hold(page) if page.on_hold else None


def _closed(page: ShownReferral) -> Banner | None:
    how = ended(page)
    if not how:
        return None
    href = ""
    if page.runs and not stages.why_not("reopen", page.referral, page.at):
        href = page.href("referrals:reopen")
    text = "This referral is closed: nothing more is sent, and nobody is asked anything."
    return {"kind": "quiet", "title": how, "text": text, "action_text": "Reopen it", "action_href": href}


def _paused(page: ShownReferral) -> Banner:
    step = newest_step(page, "pause")
    title = "Paused"
    if step is not None:
        title += f" by {_by(step.created_by, page)}, {clock.show_day(step.created_at)}"
    href = page.href("referrals:resume") if page.runs else ""
    return {
        "kind": "due",
        "title": f"{title}.",
        "text": _why_paused(page, step),
        "action_text": "Take it up again",
        "action_href": href,
    }


def _why_paused(page: ShownReferral, step: StageChange | None) -> str:
    """The reason, for users who open the party that it came from."""
    if died := [party.known_as for party in page.parties if party.opened and party.person.died_on]:
        return f"{' and '.join(died)} {'has' if len(died) == 1 else 'have'} died."
    rows = Suitability.objects.visible_to(page.within).filter(decision=Suitable.NOT_NOW)
    row = rows.select_related("party").order_by("-decided_at", "-pk").first()
    if row is None or step is None or row.decided_at < step.created_at:
        return ""
    return f"{row.reason.rstrip('.')}. (Only {row.party.known_as}’s side sees why.)"


def newest_step(page: ShownReferral, name: str) -> StageChange | None:
    """The newest step of that name that this user may know of."""
    rows = StageChange.objects.visible_to(page.within).filter(step=name)
    return rows.select_related("created_by").order_by("-pk").first()


def _by(worker: User | None, page: ShownReferral) -> str:
    return you_or_name(worker, page.user) if worker else "the service"


def _on_hold(page: ShownReferral) -> Banner:
    """Which facilitator cannot come. The list of blockers shows the other causes."""
    sentences = [f"{name} cannot be there." for name in page.away]
    sentences.append("It cannot start as things are. Nobody is sent anything about it meanwhile.")
    return {
        "kind": "due",
        "title": f"The meeting of {clock.show_when(page.meeting.starts_at)} is on hold",
        "text": " ".join(dict.fromkeys(sentences)),
        "action_text": "Open the meeting",
        "action_href": page.href("meetings:show", page.meeting.pk),
    }


def held_rows(page: ShownReferral) -> list[BlockerRow]:
    """What puts the meeting on hold: whose turn it is, and the page that fixes it."""
    return way_rows(replace(page, rows=page.held_by))


def ended(page: ShownReferral) -> str:
    """'Closed by you, Sun 15 November: met.' All users see the outcome; only one side sees the reason."""
    rows = Closure._base_manager.filter(referral=page.referral).select_related("created_by")
    row = rows.defer("reason", "why_open_items").order_by("-created_at", "-pk").first()
    if row is None:
        return ""
    outcome = str(Outcome(row.outcome).label)
    if row.outcome == Outcome.NOT_GOING_AHEAD:
        reason = Closure.objects.visible_to(page.within).filter(pk=row.pk).values_list("reason", flat=True)
        outcome += "".join(f", {lower_first(str(Reason(one).label))}" for one in reason if one)
    return f"Closed by {_by(row.created_by, page)}, {clock.show_day(row.created_at)}: {lower_first(outcome)}."


def to_ring(page: ShownReferral) -> Task | None:
    """This user's task to ring a colleague about a change that messages do not mention."""
    if not page.referral.has_tasks:
        return None
    rows = Task.objects.visible_to(page.within).filter(
        assignee=page.user, kind=TaskKind.RING, done_at__isnull=True
    )
    return rows.order_by("created_at", "pk").first()
