"""Agreements: written once, with each person's answer, the actions and their results.
A missed action leads to a check-in. Nothing here changes a decision of a court or another body."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from meetings import access
from meetings.enums import ActionStatus, Agreed, Came, MeetingStatus
from meetings.models import Action, ActionUpdate, Agreement, AgreementAnswer, Attendance, Meeting
from referrals import access as referral_access
from referrals.actions.lifecycle import changing, made
from referrals.actions.parties import fresh_party, require_open
from referrals.actions.tasks import finish_tasks, give_task
from referrals.enums import TaskKind
from referrals.models import Party, Referral
from restorative.accounts.working_days import working_day_after
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

SETTLED = (ActionStatus.RENEGOTIATED, ActionStatus.RELEASED)


@dataclass(frozen=True)
class ActionFacts:
    """One agreed action: whose, what, by when, how we will know, who helps."""

    owner: Party
    what: str
    due_on: date
    sign: str = ""
    helper: str = ""


def write_agreement(
    *,
    meeting: Meeting,
    by: "User",
    words: str = "",
    if_difficult: str = "",
    actions: Sequence[ActionFacts] = (),
    answers: dict[Party, Agreed] | None = None,
    at: datetime | None = None,
) -> Agreement:
    """Write down what a meeting agreed, with the answers heard in the room from people whom `by` opens.

    No text means that nothing was agreed, which is valid. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_agree(by, meeting).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        require_open(referral)
        meeting = Meeting.objects.unscoped("agree").get(pk=meeting.pk)
        if meeting.status != MeetingStatus.TOOK_PLACE:
            raise NotPossible("Only a meeting that took place can come to an agreement.")
        if Agreement.objects.unscoped("agree").filter(meeting=meeting).exists():
            raise NotPossible("What came of this meeting was already written down.")
        if (actions or if_difficult.strip()) and not words.strip():
            raise NotPossible("Write what was agreed, in their own words.", field="words")
        row = Agreement.objects.create(
            meeting=meeting,
            words=words,
            if_difficult=if_difficult,
            no_actions=not actions,
            nothing_agreed=not words.strip(),
            **made(by, at),
        )
        for facts in actions:
            _make_action(row, facts, by=by, at=at)
        record(
            "agreement_written",
            by=by,
            thing=row,
            referral_id=referral.pk,
            fields=["words", "if_difficult", "actions"],
            why_code="no_actions" if not actions else "actions",
            at=at,
        )
        for party, answer in (answers or {}).items():
            answer_agreement(agreement=row, party=party, answer=answer, by=by, at=at)
        return row


def answer_agreement(
    *, agreement: Agreement, party: Party, answer: Agreed, by: "User", at: datetime | None = None
) -> AgreementAnswer:
    """Record one person's yes, no or not sure to the agreement. The newest counts. Raises Refused or NotPossible."""
    at = at or clock.now()
    referral_access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        _came(agreement, party)
        if Agreement.objects.unscoped("answer").filter(pk=agreement.pk, nothing_agreed=True).exists():
            raise NotPossible("Nothing was agreed at this meeting, so there is nothing to say yes to.")
        if answer not in Agreed.values:
            raise NotPossible("Answer yes, no or not sure.", field="answer")
        rows = AgreementAnswer.objects.unscoped("next in order").filter(agreement=agreement, party=party)
        row = AgreementAnswer.objects.create(
            agreement=agreement,
            party=party,
            seq=(rows.aggregate(last=Max("seq"))["last"] or 0) + 1,
            answer=answer,
            answered_at=at,
            answered_by=by,
            **made(by, at),
        )
        record(
            "agreement_answered",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["answer"],
            at=at,
        )
        return row


def add_action(*, agreement: Agreement, facts: ActionFacts, by: "User", at: datetime | None = None) -> Action:
    """Add an action to an agreement, in the room or soon after. Raises Refused or NotPossible."""
    at = at or clock.now()
    meeting = Meeting.objects.unscoped("agree").select_related("referral").get(pk=agreement.meeting_id)
    access.may_agree(by, meeting).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        require_open(referral)
        fresh = Agreement.objects.unscoped("add an action").get(pk=agreement.pk)
        if fresh.nothing_agreed:
            raise NotPossible("Nothing was agreed at this meeting, so there is nothing to add to.")
        row = _make_action(fresh, facts, by=by, at=at)
        Agreement.objects.unscoped("add an action").filter(pk=fresh.pk).update(no_actions=False)
        _record_action("action_added", row, referral, by=by, at=at)
        return row


def set_status(
    *,
    action: Action,
    status: ActionStatus,
    by: "User",
    note: str = "",
    becomes: ActionFacts | None = None,
    at: datetime | None = None,
) -> ActionUpdate:
    """Record what became of an action, as its owner says. A changed action needs its new text.

    Not done prompts a check-in with its owner and nothing else. Raises Refused, or NotPossible.
    """
    at = at or clock.now()
    access.may_update(by, action).require()
    with changing(action.owner.referral_id, at=at) as (referral, at):
        owner = fresh_party(action.owner)
        action = Action.objects.unscoped("set a status").select_related("agreement").get(pk=action.pk)
        if action.status in SETTLED:
            raise NotPossible("This action was already settled. Look at what it became.")
        if status not in ActionStatus.values or status == ActionStatus.OPEN:
            raise NotPossible("Choose what became of it.", field="status")
        if status == ActionStatus.RENEGOTIATED:
            if becomes is None or not becomes.what.strip():
                raise NotPossible("Write what it became.", field="what")
            action.becomes = _make_action(action.agreement, becomes, by=by, at=at)
        action.status = status
        action.save(update_fields=["status", "becomes"])
        row = ActionUpdate.objects.create(
            action=action, party=owner, status=status, note=note, **made(by, at)
        )
        _record_action("action_updated", action, referral, by=by, at=at, why_code=status)
        if status == ActionStatus.NOT_DONE:
            give_task(
                party=owner,
                kind=TaskKind.CHECK_IN,
                words=f"Check in with {owner.known_as}: how are things, and what would help?",
                due_on=working_day_after(
                    clock.today(at), rules().check_in_working_days, owner.organisation_id
                ),
                by=by,
                at=at,
            )
        elif not _missed(owner):
            finish_tasks(party=owner, kind=TaskKind.CHECK_IN, by=by, at=at)
        return row


def _missed(owner: Party) -> bool:
    """Whether this person has an action that was reported as not done."""
    rows = Action.objects.unscoped("still to check in about").filter(owner=owner)
    return rows.filter(status=ActionStatus.NOT_DONE).exists()


def _came(agreement: Agreement, party: Party) -> None:
    """Raise NotPossible for a person who was not at the meeting: they cannot answer or own an action."""
    there = Attendance.objects.unscoped("who was there").filter(
        meeting=agreement.meeting_id, party=party, status__in=[Came.CAME, Came.LEFT_EARLY]
    )
    if not there.exists() or party.is_supporter:
        raise NotPossible(f"{party.known_as} was not part of that meeting.")


def _make_action(agreement: Agreement, facts: ActionFacts, *, by: "User", at: datetime) -> Action:
    _came(agreement, facts.owner)
    if not facts.what.strip():
        raise NotPossible("Write what will be done.", field="what")
    return Action.objects.create(
        agreement=agreement,
        owner=facts.owner,
        what=facts.what,
        sign=facts.sign,
        helper=facts.helper,
        due_on=facts.due_on,
        **made(by, at),
    )


def _record_action(
    verb: str, action: Action, referral: Referral, *, by: "User", at: datetime, why_code: str = ""
) -> None:
    record(
        verb,
        by=by,
        thing=action,
        referral_id=referral.pk,
        party_id=action.owner_id,
        fields=["status"] if why_code else ["what", "sign", "helper", "due_on"],
        why_code=why_code,
        at=at,
    )
