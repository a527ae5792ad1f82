"""Agreements: written once, with each person's answer, the actions and their results.
A missed action leads to a check-in. Nothing here changes a decision of a court or another body."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from meetings import access
from meetings.enums import ActionStatus, Agreed, Came, MeetingStatus
from meetings.facts import ActionRow, AgreementAnswerRow, MeetingsFacts
from meetings.models import Action, ActionUpdate, Agreement, AgreementAnswer, Meeting
from referrals.actions.change import Change, changing, changing_party, require_open
from referrals.actions.tasks import finish_tasks, give_task
from referrals.enums import TaskKind
from referrals.models import Party
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible, need
from restorative.common.rules import rules

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
    by: User,
    words: str = "",
    if_difficult: str = "",
    actions: Sequence[ActionFacts] = (),
    answers: dict[Party, Agreed] | None = None,
    at: datetime | None = None,
) -> Agreement:
    """Write down what a meeting agreed, with the answers heard in the room from people whom `by` opens.

    No text means that nothing was agreed, which is valid. Raises Refused, or NotPossible naming the field.
    """
    access.may_agree(by, meeting).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        require_open(change.referral)
        meeting = Meeting.objects.unscoped("agree").get(pk=meeting.pk)
        if meeting.status != MeetingStatus.TOOK_PLACE:
            raise NotPossible("Only a meeting that took place can come to an agreement.")
        if Agreement.objects.unscoped("agree").filter(meeting=meeting).exists():
            raise NotPossible("What came of this meeting was already written down.")
        if (actions or if_difficult.strip()) and not words.strip():
            raise NotPossible("Write what was agreed, in their own words.", field="words")
        row = change.add(
            Agreement,
            meeting=meeting,
            words=words,
            if_difficult=if_difficult,
            no_actions=not actions,
            nothing_agreed=not words.strip(),
        )
        for facts in actions:
            _make_action(change, row, facts)
        fields = ["words", "if_difficult", "actions"]
        change.record("agreement_written", row, fields=fields, why="actions" if actions else "no_actions")
        for party, answer in (answers or {}).items():
            answer_agreement(agreement=row, party=party, answer=answer, by=by)
        return row


def answer_agreement(
    *, agreement: Agreement, party: Party, answer: Agreed, by: User, at: datetime | None = None
) -> AgreementAnswer:
    """Record one person's yes, no or not sure to the agreement. The newest counts. Raises Refused or NotPossible."""
    with changing_party(party, by=by, at=at) as (change, party):
        _require_came(change, agreement, party)
        if Agreement.objects.unscoped("answer").filter(pk=agreement.pk, nothing_agreed=True).exists():
            raise NotPossible("Nothing was agreed at this meeting, so there is nothing to say yes to.")
        if answer not in Agreed.values:
            raise NotPossible("Answer yes, no or not sure.", field="answer")
        before = change.facts_of(party).rows(AgreementAnswerRow)
        row = change.add(
            AgreementAnswer,
            agreement=agreement,
            party=party,
            seq=1 + max((row.seq for row in before if row.agreement_id == agreement.pk), default=0),
            answer=answer,
            **change.stamp("answered"),
        )
        change.record("agreement_answered", row, fields=["answer"])
        return row


def add_action(*, agreement: Agreement, facts: ActionFacts, by: User, at: datetime | None = None) -> Action:
    """Add an action to an agreement, in the room or soon after. Raises Refused or NotPossible."""
    meeting = Meeting.objects.unscoped("agree").select_related("referral").get(pk=agreement.meeting_id)
    access.may_agree(by, meeting).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        require_open(change.referral)
        fresh = Agreement.objects.unscoped("add an action").get(pk=agreement.pk)
        if fresh.nothing_agreed:
            raise NotPossible("Nothing was agreed at this meeting, so there is nothing to add to.")
        row = _make_action(change, fresh, facts)
        change.set(fresh, no_actions=False)
        fields = ["what", "sign", "helper", "due_on"]
        change.record("action_added", row, party=row.owner, fields=fields)
        return row


def set_status(
    *,
    action: Action,
    status: ActionStatus,
    by: User,
    note: str = "",
    becomes: ActionFacts | None = None,
    at: datetime | None = None,
) -> ActionUpdate:
    """Record what became of an action, as its owner says. A changed action needs its new text.

    Not done prompts a check-in with its owner and nothing else. Raises Refused, or NotPossible.
    """
    access.may_update(by, action).require()
    with changing(action.owner.referral_id, by=by, at=at) as change:
        owner = change.party(action.owner)
        action = Action.objects.unscoped("set a status").select_related("agreement").get(pk=action.pk)
        if action.status in SETTLED:
            raise NotPossible("This action was already settled. Look at what it became.")
        if status not in ActionStatus.values or status == ActionStatus.OPEN:
            raise NotPossible("Choose what became of it.", field="status")
        new = None
        if status == ActionStatus.RENEGOTIATED:
            if becomes is None or not becomes.what.strip():
                raise NotPossible("Write what it became.", field="what")
            new = _make_action(change, action.agreement, becomes)
        change.set(action, status=status, becomes=new)
        row = change.add(ActionUpdate, action=action, party=owner, status=status, note=note)
        change.record("action_updated", action, party=owner, fields=["status"], why=status)
        if status == ActionStatus.NOT_DONE:
            words = f"Check in with {owner.known_as}: how are things, and what would help?"
            due_on = change.working_day_after(rules().check_in_working_days, owner.organisation_id)
            give_task(change, owner, TaskKind.CHECK_IN, words, due_on=due_on)
        elif not _missed(change, owner):
            finish_tasks(change, owner, TaskKind.CHECK_IN)
        return row


def _missed(change: Change, owner: Party) -> bool:
    """Whether this person has an action that was reported as not done."""
    actions = change.facts.rows(ActionRow)
    return any(row.owner_id == owner.pk and row.status == ActionStatus.NOT_DONE for row in actions)


def _require_came(change: Change, agreement: Agreement, party: Party) -> None:
    """Raise NotPossible for a person who was not at the meeting: they cannot answer or own an action."""
    there = any(
        row.party_id == party.pk and row.status in (Came.CAME, Came.LEFT_EARLY)
        for row in MeetingsFacts(change.facts).expected(agreement.meeting_id)
    )
    if not there or party.is_supporter:
        raise NotPossible(f"{party.known_as} was not part of that meeting.")


def _make_action(change: Change, agreement: Agreement, facts: ActionFacts) -> Action:
    _require_came(change, agreement, facts.owner)
    need(facts.what, "Write what will be done.", field="what")
    return change.add(Action, agreement=agreement, **vars(facts))
