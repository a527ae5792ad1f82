"""Any actions in any order: no meeting past its gate, no message that should not be sent, an intact ledger, and
nothing shown to the other side. The actions are in acts.py; access is in machine_access.py; what one worker is
shown is in machine_shown.py."""

import logging
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from meetings.demo.story import Pair, Played
from meetings.enums import Came, MeetingStatus
from meetings.models import Meeting
from referrals.actions.records import match_waiting, release_due
from referrals.blockers import blockers
from referrals.enums import (
    Answer,
    CapacityResult,
    Gate,
    Part,
    Purpose,
    SignOffDecision,
    Stage,
    Suitable,
)
from referrals.models import Party
from restorative.accounts.models import User
from restorative.audit.sealer import seal
from restorative.audit.verifier import verify
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify import outbox, sending
from restorative.notify.channels import Letter
from restorative.notify.delivery import Became, Result
from restorative.notify.models import WAITING, Message
from tests import acts, acts_access, rows_of
from tests.acts import SIDES, WHO, Pressed
from tests.depth import DEPTH
from tests.machine_access import Access
from tests.machine_shown import Errors, Shown, opens, traces
from tests.stories import staff_now, tell
from tests.world import NOW

pytestmark = pytest.mark.django_db

STARTS = ("logged", "ready", "ready", "booked_tomorrow", "booked_tomorrow", "booked_tomorrow", "withdrawn")
ABOUT_A_MEETING = ("meeting_booked", "meeting_moved", "meeting_ahead", "meeting_day_before")
EVERY = 5  # steps, between two verifications of the ledger


class Referrals(Access, RuleBasedStateMachine):
    """One referral or two, and all actions on them."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Played] = []
        self.steps, self.letters, self.errors = 0, [], Errors()
        self.held = ExitStack()
        self.clock = self.held.enter_context(time_machine.travel(NOW, tick=False))
        self.held.enter_context(mock.patch.object(sending.delivery, "deliver", self.deliver))
        self.held.enter_context(transaction.atomic())
        self.held.callback(transaction.set_rollback, True)
        logging.getLogger("restorative").addHandler(self.errors)
        self.held.callback(logging.getLogger("restorative").removeHandler, self.errors)

    def teardown(self) -> None:
        try:
            if self.all:
                self.the_ledger_holds()
        finally:
            self.held.close()

    @initialize(situation=st.sampled_from(STARTS), before=st.sampled_from(acts_access.BEFORE), which=SIDES)
    def begin(self, situation: str, before: str, which: str) -> None:
        self.staff = staff_now()
        self.all = [tell(situation, self.staff, clock.now())]
        self.staff.people["ivy"] = acts_access.lead_who_manages_nobody(self.staff)
        self.all[0].staff = self.staff
        self.happened_before(before, which)

    # --- Actions ------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.all) == 1)
    @rule()
    def another(self) -> None:
        """A second referral, ready if possible, for the same room and the same facilitator."""
        self.all.append(tell("ready", self.staff, clock.now(), pair=Pair("Ann", "Bob")))

    @rule(first=st.booleans(), which=SIDES, kind=st.sampled_from(sorted(acts.TALKS)), who=WHO)
    def talk(self, first: bool, which: str, kind: str, who: str) -> None:
        self.press(first, lambda made: acts.talk(made, which, kind, who))

    @rule(first=st.booleans(), hour=st.sampled_from([14, 14, 18]))
    def as_it_usually_goes(self, first: bool, hour: int) -> None:
        """Both are asked everything again, with good answers, and so on up to booking, as far as possible."""
        self.press(first, lambda made: acts.keyworker(made, "other", ""))
        for which in ("own", "other"):
            self.press(first, lambda made, which=which: acts.talk(made, which, "back again", ""))
        self.press(first, lambda made: acts.appointed(made, "fay", Part.FACILITATOR, ""))
        self.press(first, lambda made: acts.decided(made, Suitable.YES, ""))
        self.press(first, lambda made: acts.records_asked(made, ""))
        self.press(first, lambda made: acts.records_done(made, "", by_phone=True))
        self.press(first, lambda made: acts.booked(made, 1, hour, ""), gate=Gate.BOOK)

    @rule(first=st.booleans(), which=SIDES, answers=acts.CHECK_INS, who=WHO)
    def check_in(self, first: bool, which: str, answers: dict, who: str) -> None:
        self.press(first, lambda made: acts.asked_again(made, which, answers, who))

    @rule(first=st.booleans(), which=SIDES, answers=acts.DAYS, who=WHO)
    def ask_today(self, first: bool, which: str, answers: dict, who: str) -> None:
        self.press(first, lambda made: acts.asked_today(made, which, answers, who))

    @rule(first=st.booleans(), which=SIDES, result=st.sampled_from(CapacityResult))
    def assess(self, first: bool, which: str, result: CapacityResult) -> None:
        self.press(first, lambda made: acts.assessed(made, which, result))

    @rule(
        first=st.booleans(),
        which=SIDES,
        purpose=st.sampled_from([Purpose.TAKE_PART, Purpose.SHARE]),
        answer=st.sampled_from([Answer.YES, Answer.YES, Answer.NO, Answer.NOT_SURE]),
        who=WHO,
        back=st.booleans(),
        doubt=st.sampled_from([False, False, False, True]),
    )
    def answer(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.answered(made, **said))

    @rule(first=st.booleans(), which=SIDES, answer=st.sampled_from([Answer.YES, Answer.NO, Answer.NOT_SURE]))
    def answer_by_link(self, first: bool, which: str, answer: Answer) -> None:
        self.press(first, lambda made: acts.answered_by_link(made, which, answer))

    @rule(
        first=st.booleans(),
        which=SIDES,
        purpose=st.sampled_from([Purpose.TAKE_PART, Purpose.TAKE_PART, Purpose.SHARE]),
        who=WHO,
        by_link=st.booleans(),
    )
    def withdraw(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.withdrawn(made, **said))

    @rule(
        first=st.booleans(),
        which=SIDES,
        kind=st.sampled_from(["evenings", "one phone for two", "by email", "never write", "all well"]),
        confirmed=st.sampled_from([True, True, False]),
    )
    def reach(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.reached(made, **said))

    @rule(first=st.booleans(), which=SIDES, kind=st.sampled_from(acts.CONCERNS), who=WHO)
    def worry(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.worried(made, **said))

    @rule(first=st.booleans(), which=SIDES, decision=st.sampled_from(SignOffDecision), who=WHO)
    def sign_off(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.signed_off(made, **said))

    @rule(first=st.booleans(), which=SIDES, who=WHO)
    def clear(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.cleared(made, **said))

    @rule(first=st.booleans())
    def finish_step(self, first: bool) -> None:
        self.press(first, acts.step_done)

    @rule(first=st.booleans(), decision=st.sampled_from([Suitable.YES, *Suitable]), who=WHO)
    def decide(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.decided(made, **said))

    @rule(first=st.booleans(), who=WHO)
    def ask_for_records(self, first: bool, who: str) -> None:
        self.press(first, lambda made: acts.records_asked(made, who))

    @rule(first=st.booleans(), who=WHO, by_phone=st.booleans())
    def look_at_records(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.records_done(made, **said))

    @rule(
        first=st.booleans(),
        whom=st.sampled_from(["fay", "fay", "wes", "mo", "asha"]),
        part=st.sampled_from([Part.FACILITATOR, Part.FACILITATOR, Part.SECOND_WORKER]),
        who=WHO,
    )
    def appoint(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.appointed(made, **said))

    @rule(first=st.booleans(), who=WHO)
    def stand_down(self, first: bool, who: str) -> None:
        self.press(first, lambda made: acts.stood_down(made, who))

    @rule(first=st.booleans())
    def cannot_come(self, first: bool) -> None:
        self.press(first, acts.away)

    @rule(first=st.booleans(), whom=st.sampled_from(["wes", "sal"]))
    def name_stand_in(self, first: bool, whom: str) -> None:
        self.press(first, lambda made: acts.stand_in(made, whom))

    @rule(
        first=st.booleans(),
        days=st.sampled_from([0, 1, 1, 2, 9]),
        hour=st.sampled_from([14, 14, 15, 18]),
        who=WHO,
        again=st.sampled_from([False, False, True]),
    )
    def book(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.booked(made, **said), gate=Gate.BOOK)

    @rule(first=st.booleans(), who=WHO)
    def start(self, first: bool, who: str) -> None:
        self.press(first, lambda made: acts.started(made, who), gate=Gate.START)

    @rule(first=st.booleans())
    def the_day_comes(self, first: bool) -> None:
        """All are asked on the day of the meeting, and it is started, as far as possible."""
        made = self.of(first)
        meeting = acts.pending(made)
        if meeting is None or clock.now() >= meeting.starts_at:
            return
        self.clock.move_to(max(meeting.starts_at - timedelta(hours=1), clock.now()))
        for which in ("own", "other"):
            self.press(first, lambda made, which=which: acts.asked_again(made, which, acts.CHECKED, ""))
            self.press(first, lambda made, which=which: acts.asked_today(made, which, acts.DAY, ""))
        self.press(first, lambda made: acts.started(made, ""), gate=Gate.START)

    @rule(first=st.booleans(), who=WHO, came=st.sampled_from([Came.CAME, Came.DID_NOT_COME]))
    def write_record(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.recorded(made, **said))

    @rule(first=st.booleans(), who=WHO)
    def call_off(self, first: bool, who: str) -> None:
        self.press(first, lambda made: acts.called_off(made, who))

    @rule(first=st.booleans(), who=WHO, safe=st.sampled_from([True, True, False]))
    def let_hear(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.let_hear(made, **said))

    @rule(first=st.booleans(), how=st.sampled_from(["close", "reopen", "resume", "meet again"]), who=WHO)
    def end(self, first: bool, how: str, who: str) -> None:
        self.press(first, lambda made: acts.over(made, how, who))

    @rule(first=st.booleans(), which=st.sampled_from(["help", "lead"]), who=WHO)
    def ask_others(self, first: bool, which: str, who: str) -> None:
        """All parties consent, and Carers Leeds is asked."""
        for each in ("own", "other"):
            self.press(
                first,
                lambda made, each=each: acts.answered(
                    made, each, Purpose.SHARE, Answer.YES, "", back=True, doubt=False
                ),
            )
        self.press(first, lambda made: acts.asked_others(made, which, who))

    @rule(
        first=st.booleans(),
        how=st.sampled_from(["accept", "accept", "begin", "begin", "give back", "decline", "take back"]),
        who=WHO,
    )
    def others_answer(self, first: bool, how: str, who: str) -> None:
        self.press(first, lambda made: acts.others_answer(made, how, who))

    @rule(hours=st.sampled_from([1, 3, 6, 24, 24, 48, 24 * 8, 24 * 31, 24 * 60]))
    def wait(self, hours: int) -> None:
        """Time passes, and the periodic tasks run."""
        self.clock.shift(timedelta(hours=hours))
        match_waiting()
        release_due()

    @rule()
    def sweep(self) -> None:
        self.letters.clear()
        outbox.sweep()

    # --- Running an action --------------------------------------------------------------------------------------

    def of(self, first: bool) -> Played:
        return self.all[0 if first else -1]

    def deliver(self, letter: Letter) -> Result:
        """Instead of sending: store the message for inspection."""
        self.letters.append(letter)
        return Result(Became.SENT)

    def press(self, first: bool, what: Any, *, gate: Gate | None = None) -> None:
        """Run an action a minute later, and check its result. A refused or impossible one changes nothing."""
        self.clock.shift(timedelta(minutes=1))
        made = self.of(first)
        pressed: Pressed | None = what(made)
        if pressed is None:
            return
        at = clock.now()
        watching = self.watching(made, pressed)
        before = [Shown(user, made, at, every_page=pressed.secret) for user in watching]
        stood = traces(made)
        in_the_way = blockers(acts.fresh(made), gate, at) if gate else []
        try:
            pressed.do()
        except (Refused, NotPossible):
            assert pressed.two or traces(made) == stood, "it was refused, and left something"
            return
        assert in_the_way == [], f"past the gate {gate}"
        if gate:
            self.nobody_young_or_hurt_meets_one_worker_alone(made)
        if not pressed.shows:
            for each in before:
                each.unchanged(pressed, at)

    def watching(self, made: Played, pressed: Pressed) -> list[User]:
        """Workers who are or were of another side, the lead and the facilitators, if they do not open the
        compartment of the action."""
        if pressed.party is None:
            return []
        keys = rows_of.elsewhere_in_it(pressed.party)
        users = [user for user in self.staff.people.values() if user.pk in keys]
        return [user for user in users if not opens(user, pressed.party)]

    # --- Invariants after every step ----------------------------------------------------------------------------

    @invariant()
    def meetings_stand_on_facts(self) -> None:
        """A pending meeting is called off in the same step as the fact it rested on."""
        for made in self.all:
            pending = Meeting.objects.unscoped("look").filter(referral=made.referral).pending()
            assert pending.exists() == (acts.fresh(made).stage == Stage.BOOKED)
            if pending.filter(status=MeetingStatus.BOOKED).exists():
                assert rows_of.facilitators(made.referral), "nobody runs it"
                for party in rows_of.parties(made.referral):
                    assert rows_of.take_part(party.pk) == Answer.YES, "no yes, and still booked"
                    assert not rows_of.stops(party), "a stop, and still booked"
                    assert not rows_of.doubted(party), "in doubt, and still booked"

    @invariant()
    def nothing_waits_for_whoever_said_no(self) -> None:
        for message in Message.objects.filter(to_worker=False, state__in=WAITING):
            self.may_be_told(message)

    @invariant()
    def what_was_sent_was_fit_to_send(self) -> None:
        at = clock.now()
        for letter in self.letters:
            message = Message.objects.get(pk=letter.reference)
            if message.to_worker:
                self.may_hear(message)
                continue
            self.may_be_told(message)
            party = Party.objects.unscoped("look").select_related("referral").get(pk=message.recipient_id)
            assert rows_of.by_a_safe_way(party, letter.channel, letter.to, at), "not by a safe way"
            assert rows_of.in_the_day(at, urgent=message.urgent), "at night"
        self.letters.clear()
        assert self.errors.seen == [], "the sweep met an error"

    def may_be_told(self, message: Message) -> None:
        answer = rows_of.take_part(message.recipient_id)
        if message.kind in ABOUT_A_MEETING:
            assert answer == Answer.YES, f"{message.kind} to somebody who said {answer}"
            meeting = Meeting.objects.unscoped("look").get(pk=message.thing_id)
            assert meeting.status == MeetingStatus.BOOKED, f"{message.kind} of one that is {meeting.status}"
        elif message.kind != "meeting_not_happening":
            assert answer not in (Answer.NO, Answer.WITHDRAWN), f"{message.kind} to somebody who stopped"

    @invariant()
    def the_ledger_is_read_now_and_then(self) -> None:
        self.steps += 1
        if self.steps % EVERY == 0:
            self.the_ledger_holds()

    def the_ledger_holds(self) -> None:
        seal()
        report = verify()
        assert (report.findings, report.unsealed) == ([], 0)


@pytest.mark.deep
def test_the_invariants_hold_after_any_actions() -> None:
    searched = settings(
        max_examples=DEPTH.machine_runs,
        stateful_step_count=DEPTH.machine_steps,
        deadline=None,
        print_blob=True,  # a failure prints how to reproduce it
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Referrals, settings=searched)
