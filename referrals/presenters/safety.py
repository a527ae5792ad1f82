"""The safety page of one person: each concern with its next step and who may do it, and the answers.
It says "None recorded", never "safe"."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from referrals import access, presenters
from referrals.enums import (
    SAFETY_QUESTIONS,
    STOPS,
    Answer,
    ChildResult,
    ConcernKind,
    ShareWith,
    SignOffDecision,
)
from referrals.forms import words
from referrals.models import ChildDecision, Concern, Party, ProtectiveShare, SafetyAnswers, SignOff, Task
from referrals.presenters.orders import order_rows
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.forms import Whom
from restorative.common.rules import rules

Row = dict[str, Any]


def page(party: Party, user: User, at: datetime, *, opens: bool, onward: str = "") -> dict[str, Any]:
    """Everything the safety page shows this user, who `opens` the whole compartment or only safety.
    `onward` is appended to the URL of each link to a form."""
    here = presenters.within(party.referral, user)
    concerns = list(
        Concern.objects.visible_to(here)
        .filter(party=party)
        .select_related("party", "party__referral", "raised_by", "cleared_by")
        .order_by("-raised_at", "-pk")
    )
    for concern in concerns:
        concern.party.referral = party.referral
    decided = list(
        SignOff.objects.visible_to(here)
        .filter(party=party)
        .select_related("decided_by")
        .order_by("decided_at", "pk")
    )
    facts = presenters.facts_for(party.referral, at) if decided else None
    for row in decided:
        row.second = facts is not None and not facts.works_on(row.decided_by_id)
    steps = list(
        Task.objects.visible_to(here).filter(party=party, blocks__isnull=False).order_by("created_at", "pk")
    )
    newest_concern = max((row.raised_at for row in concerns), default=None)
    rows = [
        _concern(
            concern,
            [row for row in decided if row.concern_id == concern.pk],
            steps,
            newest_concern,
            party,
            user,
            at,
            opens=opens,
        )
        for concern in concerns
    ]
    for link in [link for row in rows for link in (*row["actions"], *row["steps"]) if link["href"]]:
        link["href"] += onward
    return {
        "open_concerns": [row for row in rows if row["open"]],
        "past_concerns": [row for row in rows if not row["open"]],
        "shares": share_rows(party, user),
        "share_heads": SHARE_HEADS,
        **_answers(party, user),
    }


SHARE_HEADS = ["Shared with", "Why", "What was said", "When", "Looked at"]


def share_rows(party: Party, user: User) -> list[list[Any]]:
    """Protective shares about them, newest first, as far as this user may read them."""
    found = ProtectiveShare.objects.visible_to(user).filter(party=party)
    return [
        [
            {
                "text": capfirst(str(ShareWith(row.to).label)),
                "href": reverse("referrals:share", args=[row.pk]),
            },
            row.reason,
            row.content,
            _when_who(row.shared_at, row.shared_by, user),
            _when_who(row.looked_at, row.looked_by, user) if row.looked_at else "Not yet",
        ]
        for row in found.select_related("shared_by", "looked_by").order_by("-shared_at", "-pk")
    ]


def share_facts(share: ProtectiveShare, user: User) -> list[Row]:
    """One protective share, for a page that names the person and nothing else of the referral."""
    rows = [
        {"key": "About", "value": share.party.known_as},
        {"key": "Shared with", "value": capfirst(str(ShareWith(share.to).label))},
        {"key": "Why", "value": share.reason},
        {"key": "What was said", "value": share.content},
        {"key": "When", "value": _when_who(share.shared_at, share.shared_by, user)},
    ]
    if share.looked_at:
        rows.append({"key": "Looked at", "value": _when_who(share.looked_at, share.looked_by, user)})
    return rows


def child_rows(party: Party, user: User) -> list[Row]:
    """The newest record of whether a person under 16 can decide."""
    found = (
        ChildDecision.objects.visible_to(presenters.within(party.referral, user))
        .filter(party=party)
        .select_related("recorded_by")
    )
    row = found.order_by("-recorded_at", "-pk").first()
    if row is None:
        return []
    said = [str(ChildResult(row.result).label), row.how_known]
    said += [row.parent] if row.parent else []
    said.append(_when_who(row.recorded_at, row.recorded_by, user))
    return [{"key": "Can they decide?", "value": "\n".join(said)}]


def concern_facts(concern: Concern, party: Party, user: User, at: datetime) -> list[Row]:
    """What a second person reads of one concern before deciding on it."""
    rows = [{"key": "Recorded", "value": _when_who(concern.raised_at, concern.raised_by, user)}]
    if concern.detail:
        rows.append({"key": "What was heard or seen", "value": concern.detail})
    rows += order_rows(concern, at)
    return rows + (child_rows(party, user) if concern.kind == ConcernKind.UNDER_16 else [])


def what_clears(concern: Concern, party: Party) -> str:
    """One sentence: what clears or signs off a concern, and who does that."""
    if concern.kind in STOPS:
        return (
            "A safeguarding lead who is not working on this referral clears it, on new facts, after "
            f"{party.known_as} was seen alone; nobody overrides it."
        )
    return (
        "A manager or safeguarding lead of this side, who is not working on this referral, decides. “Go” counts "
        f"for {rules().sign_off_days} days, or until a new concern."
    )


def _concern(
    concern: Concern,
    decided: list[SignOff],
    steps: list[Task],
    newest: datetime | None,
    party: Party,
    user: User,
    at: datetime,
    *,
    opens: bool,
) -> Row:
    stop = concern.kind in STOPS
    last = decided[-1] if decided else None
    own_steps = [step for step in steps if last is not None and step.blocks_id == last.pk]
    rows = concern_facts(concern, party, user, at)
    if last is not None:
        rows.append({"key": "Decided", "value": _decided(last, user)})
    if concern.cleared_at:
        cleared = _when_who(concern.cleared_at, concern.cleared_by, user)
        if concern.seen_alone_on:
            cleared += f"\nSeen alone on {clock.show_day(concern.seen_alone_on)}"
        rows.append({"key": "Cleared", "value": f"{cleared}\n{concern.evidence}"})
    else:
        rows.append({"key": "What clears it", "value": what_clears(concern, party)})
    status, tone = _status(stop, last, own_steps, newest, at)
    return {
        "title": str(ConcernKind(concern.kind).label),
        "status": "Cleared" if concern.cleared_at else status,
        "tone": "quiet" if concern.cleared_at else tone,
        "open": concern.cleared_at is None,
        "rows": rows,
        "needs": "" if concern.cleared_at else _needs(stop, last, own_steps, newest, at),
        "steps": [_step(step, party, user) for step in own_steps] if concern.cleared_at is None else [],
        "actions": [] if concern.cleared_at else _actions(concern, stop, party, user, opens),
    }


def _when_who(moment: datetime, who: User, user: User) -> str:
    return f"{clock.show_when(moment)}, by {presenters.you_or_name(who, user)}"


def _decided(row: SignOff, user: User) -> str:
    decision = str(SignOffDecision(row.decision).label)
    until = (
        f", counts until {clock.show_day(row.expires_at)}"
        if row.decision != SignOffDecision.DO_NOT_GO
        else ""
    )
    return f"{decision}{until}\n{_when_who(row.decided_at, row.decided_by, user)}\n{row.reason}"


def _overtaken(last: SignOff, newest: datetime | None, at: datetime) -> bool:
    return not last.second or last.expires_at < at or (newest is not None and newest > last.decided_at)


def _status(
    stop: bool, last: SignOff | None, steps: list[Task], newest: datetime | None, at: datetime
) -> tuple[str, str]:
    if stop:
        return "Stop", "stop"
    if last is None or _overtaken(last, newest, at):
        return "To be signed off", "due"
    if last.decision == SignOffDecision.DO_NOT_GO:
        return "Do not go", "stop"
    undone = sum(step.done_at is None for step in steps)
    if undone:
        return f"{undone} step{'' if undone == 1 else 's'} to do", "due"
    return "Signed off", "ok"


def _needs(stop: bool, last: SignOff | None, steps: list[Task], newest: datetime | None, at: datetime) -> str:
    """What has changed since, and what remains to be done before it can be cleared."""
    if stop or last is None:
        return ""
    if last.expires_at < at:
        return "The decision has run out. It has to be made again, by somebody not working on this referral."
    if newest is not None and newest > last.decided_at:
        return "Another concern was recorded since. It has to be decided again, by somebody not on this referral."
    if not last.second:
        return "The decision counts no longer. It has to be made again, by somebody not working on this referral."
    if any(step.done_at is None for step in steps):
        return "Nobody meets before each step is done."
    return ""


def _actions(concern: Concern, stop: bool, party: Party, user: User, opens: bool) -> list[Row]:
    args = [party.referral.reference, party.pk, concern.pk]
    found = []
    if not stop and access.may_sign_off(user, concern):
        found.append({"text": "Decide", "href": reverse("referrals:sign_off", args=args)})
    if access.may_clear(user, concern):
        found.append({"text": "Clear it", "href": reverse("referrals:concern_clear", args=args)})
    if concern.kind == ConcernKind.ORDER and opens:
        found.append({"text": "Write down what it says", "href": reverse("referrals:order", args=args)})
    if concern.kind == ConcernKind.UNDER_16 and opens:
        age = reverse("referrals:age", args=args[:2])
        found.append({"text": "Record whether they can decide", "href": age})
    return found


def _step(step: Task, party: Party, user: User) -> Row:
    done = step.done_at is not None
    href = reverse("referrals:step_done", args=[party.referral.reference, party.pk, step.pk])
    return {
        "title": step.words,
        "href": "" if done else href,
        "status": "Done" if done else "To do",
        "tone": "ok" if done else "due",
        "hint": clock.show_day(step.done_at) if done else f"By {clock.show_day(step.due_on)}",
    }


def _said(answer: str, detail: str) -> str:
    label = str(Answer(answer).label)
    return f"{label}: {detail}" if detail else label


def _answers(party: Party, user: User) -> Row:
    row = (
        SafetyAnswers.objects.visible_to(presenters.within(party.referral, user))
        .filter(party=party)
        .select_related("asked_by")
        .order_by("-asked_at", "-pk")
        .first()
    )
    if row is None:
        return {"asked": "", "answers": [], "answer_heads": []}
    given, details = row.answers.get("answers", {}), row.answers.get("details", {})
    whom = Whom(party.known_as)
    return {
        "asked": f"Asked {_when_who(row.asked_at, row.asked_by, user)}{'' if row.asked_alone else ', not alone'}",
        "answer_heads": ["Question", "Answer"],
        "answers": [
            [whom.fit(words.SAFETY[key].label), _said(given[key], details.get(key, ""))]
            for key in SAFETY_QUESTIONS
            if key in given
        ],
    }
