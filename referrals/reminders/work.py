"""The reminders to workers about a referral: one rule each, all planned from the same facts and checked again by the
same rule when they are due. They carry the reference and a link, and go only to somebody who may know."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from referrals.enums import SIGN_OFFS, Answer, ApproachResult, SignOffDecision, Stage
from referrals.models import Party, Referral
from referrals.reminders.facts import Facts, PartyFacts, Row, read
from referrals.reminders.reach import managers_there, referral_page, tell_worker, to_worker
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Hold, Planned, Send, register

# In fact: before a meeting has taken place. Booked counts with preparing, so that a meeting called off which not
# everybody may know of yet changes nobody's reminders.
BEFORE = (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED)
OF_USE = timedelta(days=30)


@dataclass(frozen=True)
class Reminder:
    """A message that should exist, and the compartment it tells of (None: it tells only of the shell)."""

    planned: Planned
    party: UUID | None = None
    safety: bool = False


def _to(
    kind: str,
    recipient: UUID | None,
    due: datetime,
    *,
    thing: UUID,
    version: int = 1,
    until: datetime | None = None,
    party: UUID | None = None,
    safety: bool = False,
) -> Iterator[Reminder]:
    """One reminder to one worker, if there is one."""
    if recipient is not None:
        planned = Planned(
            kind=kind,
            thing_id=thing,
            version=version,
            recipient_id=recipient,
            due_at=due,
            useless_after=until or due + OF_USE,
            to_worker=True,
        )
        yield Reminder(planned, party, safety)


def first_contact(facts: Facts) -> Iterator[Reminder]:
    """Nobody has spoken with somebody whom their worker may speak with: the worker, then the worker's manager."""
    if facts.stage not in BEFORE:
        return
    for party in facts.parties:
        since = facts.may_speak_since(party)
        if not party.participant or since is None or party.contacts:
            continue
        days = rules().first_contact_working_days
        about = {"thing": party.pk, "version": party.turn, "party": party.pk}
        due = facts.days_after(since, days, party.organisation)
        yield from _to("worker_first_contact", party.worker, due, **about)
        later = facts.days_after(since, days + rules().first_contact_manager_working_days, party.organisation)
        for manager in party.managers:
            if manager != party.worker:
                yield from _to("worker_first_contact_late", manager, later, **about)


def consent_outstanding(facts: Facts) -> Iterator[Reminder]:
    """Asked and no answer yet, or not sure: the worker, twice, then to review it or close."""
    if facts.stage not in BEFORE:
        return
    for party in facts.parties:
        said, contacts, tried = party.answer, party.contacts, party.newest("approaches")
        if said is not None and said["answer"] != Answer.NOT_SURE:
            continue
        if not contacts or (tried and tried["result"] == ApproachResult.DO_NOT_APPROACH):
            continue
        since, thing = (said["at"], said["pk"]) if said else (contacts[0], party.pk)
        for kind, days in (
            ("worker_consent_outstanding", rules().consent_outstanding_working_days),
            ("worker_consent_still_outstanding", rules().consent_still_outstanding_working_days),
            ("worker_consent_review", rules().consent_review_working_days),
        ):
            due = facts.days_after(since, days, party.organisation)
            yield from _to(kind, party.worker, due, thing=thing, version=party.turn, party=party.pk)


def runs_out(facts: Facts) -> Iterator[Reminder]:
    """Something a meeting needs of one party is over in seven days: their worker, once a day at most."""
    if facts.stage not in (Stage.PREPARING, Stage.BOOKED):
        return
    for party in facts.parties:
        days = set()
        for over, thing in party.runs_out():
            day = clock.today(over) - timedelta(days=rules().runs_out_days)
            if over <= facts.at or day in days:
                continue
            days.add(day)
            due = clock.moment(day, 9)
            about = {"thing": thing, "version": party.turn, "until": over, "party": party.pk}
            yield from _to("worker_runs_out", party.worker, due, **about)


def _waits_since(party: PartyFacts, concern: Row, on_it: set[UUID | None]) -> tuple[datetime, int] | None:
    """Since when a sign-off concern waits to be decided, or will, and for the how-manieth time; None when decided.

    Whoever decided and came to work on it since is no second person any more: it waits again.
    """
    decided = [row for row in party.rows["sign_offs"] if row["concern"] == concern["pk"]]
    if not decided:
        return concern["at"], 1
    last = decided[-1]
    newer = [row["at"] for row in party.rows["concerns"] if row["at"] > last["at"]]
    ends = [] if last["decision"] == SignOffDecision.DO_NOT_GO else [last["expires_at"]]
    if last["decided_by"] in on_it:
        ends = [last["at"]]
    return (min([*newer, *ends]), len(decided) + 1) if newer or ends else None


def sign_off_waiting(facts: Facts) -> Iterator[Reminder]:
    """A concern waits to be signed off: the manager of that party's worker and the safeguarding leads of its side."""
    if facts.stage not in BEFORE:
        return
    for party in facts.parties:
        waiting = [row for row in party.open_concerns if row["kind"] in SIGN_OFFS]
        able = facts.second_persons(party.organisation) if waiting else []
        on_it = facts.worked() if waiting else set()
        nearest = [user for user in able if user.pk in party.managers or user.safeguarding_lead] or able
        for concern in waiting:
            since = _waits_since(party, concern, on_it)
            for user in nearest:
                if since is None or user.pk == concern["raised_by"]:
                    continue
                due = facts.days_after(since[0], rules().sign_off_waiting_working_days, party.organisation)
                about = {"thing": concern["pk"], "version": since[1], "party": party.pk, "safety": True}
                yield from _to("worker_sign_off_waiting", user.pk, due, **about)


def records_check_waiting(facts: Facts) -> Iterator[Reminder]:
    """A records check waits to be released: the safeguarding leads who may, then the managers there.

    They hear whatever keeps it, also where no lead may look at it, and until the fixed time: anything else would tell
    that somebody was found.
    """
    waiting = facts.records_waiting()
    if not waiting:
        return
    house = facts.referral.lead_organisation_id
    leads = [user for user in facts.second_persons(house) if user.safeguarding_lead]
    for check in waiting:
        due = facts.days_after(check["asked_at"], rules().records_check_waiting_working_days, house)
        barred = facts.barred | facts.barred_where_found(check["pk"])
        for user in leads:
            if user.pk not in {check["asked_by"], *barred} and check["done_at"] is None:
                yield from _to("worker_records_check_waiting", user.pk, due, thing=check["pk"])
        late = facts.days_after(check["asked_at"], 2 * rules().records_check_waiting_working_days, house)
        for manager in managers_there(house, barred):
            yield from _to("worker_records_check_late", manager.pk, late, thing=check["pk"])


def paused_review(facts: Facts) -> Iterator[Reminder]:
    """The day to look again at what was not now: the lead, then the lead's manager."""
    referral = facts.referral
    if facts.stage != Stage.PAUSED or referral.review_on is None:
        return
    about = {"thing": referral.pk, "version": referral.review_on.toordinal()}
    day = clock.moment(referral.review_on, 9)
    yield from _to("worker_paused_review", referral.lead_id, day, **about)
    late = facts.days_after(day, rules().paused_manager_working_days, referral.lead_organisation_id)
    for manager in facts.lead_managers:
        if manager != referral.lead_id:
            yield from _to("worker_paused_review_late", manager, late, **about)


def nothing_happened(facts: Facts) -> Iterator[Reminder]:
    """Nothing the lead knows of has happened for long. What they do not open neither stops nor starts it."""
    if facts.stage in (Stage.PAUSED, Stage.CLOSED):
        return
    referral = facts.referral
    last = facts.last_known_to_lead()
    due = facts.days_after(last, rules().nothing_happened_working_days, referral.lead_organisation_id)
    # One row a week, moved along: the same for every change in it.
    version = clock.today(last).toordinal() // 7
    yield from _to("worker_nothing_happened", referral.lead_id, due, thing=referral.pk, version=version)


def record_goes(facts: Facts) -> Iterator[Reminder]:
    """The record of somebody who has not answered goes in seven days: their worker."""
    for party in facts.parties:
        if party.goes_at is None or party.goes_at <= facts.at:
            continue
        day = clock.today(party.goes_at) - timedelta(days=rules().provisional_warning_days)
        # Once it is kept longer, or they are approached again, it is another day.
        about = {"thing": party.pk, "version": day.toordinal(), "until": party.goes_at, "party": party.pk}
        yield from _to("worker_record_goes", party.worker, clock.moment(day, 9), **about)


RULES: tuple[Callable[[Facts], Iterator[Reminder]], ...] = (
    first_contact,
    consent_outstanding,
    runs_out,
    sign_off_waiting,
    records_check_waiting,
    paused_review,
    nothing_happened,
    record_goes,
)
# What each says after the reference. No names, and nothing of what was said.
KINDS = {
    "worker_first_contact": "speak with the person you support, nobody has yet",
    "worker_first_contact_late": "nobody has spoken with one person yet",
    "worker_consent_outstanding": "one person has not answered yet",
    "worker_consent_still_outstanding": "one person has still not answered",
    "worker_consent_review": "one person has not answered for long, look at it again or close",
    "worker_runs_out": "something a meeting needs runs out in a week, a check-in renews it",
    "worker_sign_off_waiting": "a concern waits to be signed off",
    "worker_records_check_waiting": "a records check waits to be released",
    "worker_records_check_late": "a records check still waits, ask a safeguarding lead",
    "worker_paused_review": "look at it again today",
    "worker_paused_review_late": "the day to look at it again has passed",
    "worker_record_goes": "one person has not answered, and their record goes in a week",
    "worker_nothing_happened": "nothing has happened for a long time",
}


def reminders(group: UUID, at: datetime) -> list[Reminder]:
    """Every reminder of a referral as things stand."""
    facts = read(group, at)
    return [reminder for rule in RULES for reminder in rule(facts)] if facts else []


def plan(group: UUID, at: datetime) -> list[Planned]:
    """The plan that all these kinds share: the facts are read once for them."""
    return [reminder.planned for reminder in reminders(group, at)]


def recheck(message: Message, at: datetime) -> Send | Hold | Cancel:
    """Still planned by its rule, due by now, and told to somebody who may know."""
    key = (message.kind, message.thing_id, message.version, message.recipient_id)
    found = next((row for row in reminders(message.group, at) if row.planned.key == key), None)
    if found is None:
        return Cancel("it is done, or not theirs any more")
    if found.planned.due_at > at:
        return Hold(found.planned.due_at, "it is due later now")
    user = User.objects.get(pk=message.recipient_id)
    return to_worker(user, at) if _may_know(user, message.group, found) else Cancel("they may not know of it")


def _may_know(user: User, group: UUID, reminder: Reminder) -> bool:
    if reminder.party is None:
        return Referral.objects.visible_to(user).filter(pk=group).exists()
    parties = Party.objects.safety_opened_by(user) if reminder.safety else Party.objects.opened_by(user)
    return parties.filter(pk=reminder.party).exists()


def _words(message: Message, at: datetime) -> Content:
    reference, path = referral_page(message.group)
    if message.kind == "worker_records_check_waiting":
        path = reverse("referrals:records_checks")
    return tell_worker(reference, KINDS[message.kind], path)


def register_kinds() -> None:
    """Tell the outbox of every kind of reminder to a worker about a referral."""
    for kind in KINDS:
        register(kind, plan=plan, recheck=recheck, render=_words)
