"""The second part of the state machine: grants, bars, changes of worker, protective shares and age; and the
invariants of each after every step. Computed plainly from the rows (rows_of.py)."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from meetings.models import Meeting
from referrals.enums import GrantKind
from referrals.models import (
    Bar,
    Concern,
    Consent,
    Grant,
    Handoff,
    Party,
    ProtectiveShare,
    RecordsCheck,
    Referral,
    SignOff,
    Task,
)
from referrals.projections import reproject
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import WAITING, Message
from tests import acts_access as acts
from tests import rows_of
from tests.acts import SIDES, WHO
from tests.compartments import Compartments

SECONDS = st.sampled_from(["", "", "", "who asked", "themselves", "mo", "sal", "fay"])
# What a user could be shown of a referral, with the path to the referral.
SEEN: tuple[tuple[Any, str], ...] = (
    (Referral, "pk"),
    (Party, "referral"),
    (Meeting, "referral"),
    (Consent, "party__referral"),
    (Concern, "party__referral"),
    (ProtectiveShare, "party__referral"),
    (Task, "referral"),
    (Handoff, "referral"),
    (Grant, "referral"),
    (Bar, "referral"),
)
# All ledger actions that governance has in a referral.
READS = ("grant_asked", "grant_ended")


class Access:
    """The actions and invariants besides the referral's own stages."""

    all: list[Played]
    staff: Staff
    press: Any

    def happened_before(self, what: str, which: str) -> None:
        """Before the start, if possible: Ben covers for a keyworker, or is barred; or one of the people is a child
        who can decide."""
        made = self.all[0]
        pressed = {
            "let in": lambda: acts.asked_to_be_let_in(made, which, GrantKind.COVER, "ben", 5, "mo"),
            "shut out": lambda: acts.shut_out(made, "ben", ""),
            "a child": lambda: acts.born(made, which, "a child who can decide", ""),
        }
        if what:
            with suppress(Refused, NotPossible):
                pressed[what]().do()

    # --- Actions ------------------------------------------------------------------------------------------------

    @rule(
        first=st.booleans(),
        which=acts.WHOSE,
        kind=acts.KINDS,
        whom=acts.LET_IN,
        days=st.sampled_from([0, 5, 5, 5, 14, 60]),
        who=WHO,
        given=st.sampled_from([True, True, False]),
    )
    def let_in(self, first: bool, given: bool, **asked: Any) -> None:
        """Requested, and mostly given by a second person at once."""
        self.press(first, lambda made: acts.asked_to_be_let_in(made, **asked))
        if given:
            self.press(first, lambda made: acts.answered_access(made, "give", ""))

    @rule(first=st.booleans(), how=st.sampled_from(["give", "end"]), who=SECONDS)
    def answer_access(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.answered_access(made, **said))

    @rule(first=st.booleans(), whom=acts.OUT, who=WHO, make_way=st.booleans())
    def shut_out(self, first: bool, whom: str, who: str, make_way: bool) -> None:
        """Barred, mostly after another worker has taken over their parts."""

        def passed(made: Played, what: str) -> acts.Pressed:
            return acts.passed_on(made, what, "kit" if whom == "ben" else "ben", "")

        made = self.all[0 if first else -1]
        for part in acts.parts_of(made, self.staff[whom]) if make_way else ():
            self.press(first, lambda made, part=part: passed(made, part))
        self.press(first, lambda made: acts.shut_out(made, whom, who))

    @rule(first=st.booleans(), who=SECONDS)
    def let_back(self, first: bool, who: str) -> None:
        self.press(first, lambda made: acts.let_back(made, who))

    @rule(first=st.booleans(), what=st.sampled_from(["own", "other", "lead"]), whom=acts.COLLEAGUES, who=WHO)
    def pass_on(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.passed_on(made, **said))

    @rule(first=st.booleans(), which=SIDES, who=WHO)
    def share_to_protect(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.shared_to_protect(made, **said))

    @rule(first=st.booleans(), who=SECONDS)
    def look_at_share(self, first: bool, who: str) -> None:
        self.press(first, lambda made: acts.looked_at_share(made, who))

    @rule(first=st.booleans(), which=SIDES, age=st.sampled_from(sorted(acts.AGES)), who=WHO)
    def born(self, first: bool, **said: Any) -> None:
        self.press(first, lambda made: acts.born(made, **said))

    # --- Invariants after every step ----------------------------------------------------------------------------

    @invariant()
    def the_barred_see_nothing(self) -> None:
        """In spite of any part, role or grant; and no message waits for them, and they do nothing."""
        for made in self.all:
            for bar in rows_of.rows(Bar, referral=made.referral, lifted_at=None):
                user, key = bar.user, made.referral.pk
                for model, path in SEEN:
                    seen = model.objects.visible_to(user).filter(**{path: key})
                    assert not seen.exists(), f"{user.first_name} is barred, and sees {model.__name__}"
                opened = Party.objects.opened_by(user), Party.objects.safety_opened_by(user)
                assert not any(rows.filter(referral=key).exists() for rows in opened), "barred, and opens"
                done = AuditEntry.objects.filter(actor_id=user.pk, referral_id=key, at__gt=bar.created_at)
                assert not done.exists(), f"{user.first_name} is barred, and did something"
                waits = Message.objects.filter(group=key, recipient_id=user.pk, state__in=WAITING)
                assert not waits.exists(), f"{user.first_name} is barred, and something waits for them"

    def may_hear(self, message: Message) -> None:
        """A message that went to a worker."""
        barred = rows_of.rows(Bar, referral=message.group, user=message.recipient_id, lifted_at=None)
        assert not barred, f"{message.kind} to somebody who is barred"
        if message.kind in ("grant_asked", "grant_given"):
            user = rows_of.user(message.recipient_id)
            assert user.is_manager or user.safeguarding_lead or user.is_governance, (
                f"{message.kind} to others"
            )

    @invariant()
    def stored_access_is_what_the_table_says(self) -> None:
        """Stored access, recomputed access, and access computed plainly from the rows are equal."""
        at = clock.now()
        for made in self.all:
            assert not reproject([made.referral.pk], at, repair=False), "stored access has drifted"
            table = Compartments(made.referral.pk, at)
            for user in self.staff.people.values():
                sees = Referral.objects.visible_to(user).filter(pk=made.referral.pk).exists()
                assert sees == table.sees(user), f"{user.first_name} sees it: {sees}"
                here = Party.objects.unscoped("look").filter(referral=made.referral)
                for party in here.with_opened(user):
                    assert party.opened == table.opens(user, party), f"{user.first_name}: {party.opened}"
                    safety = table.opens_safety(user, party)
                    assert party.opened_safety == safety, f"{user.first_name}: safety {not safety}"

    @invariant()
    def who_was_let_in_opens_what_is_theirs_alone(self) -> None:
        """A grant opens one person while it is active; nothing after its end, and nothing for a worker who supports
        another side by then."""
        at = clock.now()
        for made in self.all:
            grants = rows_of.rows(Grant, referral=made.referral)
            for user in {grant.user_id: grant.user for grant in grants}.values():
                running = [grant for grant in grants if grant.user_id == user.pk and rows_of.runs(grant, at)]
                barred = rows_of.rows(Bar, referral=made.referral, user=user, lifted_at=None)
                opened = set(Party.objects.opened_by(user).filter(referral=made.referral))
                for party in rows_of.parties(made.referral):
                    let_in = any(grant.party_id == party.pk for grant in running)
                    if let_in and not rows_of.of_another_side(user, party):
                        assert party in opened or barred, f"{user.first_name} was let in, and opens nothing"
                    elif party in opened:
                        assert rows_of.is_theirs(user, party, at), f"{user.first_name} opens what is over"
                sees = Referral.objects.visible_to(user).filter(pk=made.referral.pk).exists()
                if sees and not running:
                    part = rows_of.has_a_part(user, made.referral, at)
                    assert part, f"{user.first_name} sees what is over"

    @invariant()
    def nobody_answers_for_themselves(self) -> None:
        for made in self.all:
            here, there = {"referral": made.referral}, {"party__referral": made.referral}
            for grant in rows_of.rows(Grant, **here, given_at__isnull=False):
                if grant.kind == GrantKind.EMERGENCY:
                    assert grant.until - grant.created_at <= timedelta(hours=4)
                    continue
                assert grant.given_by_id != grant.user_id, "let in by themselves"
                at_once = grant.given_at == grant.created_at and grant.given_by.is_manager
                assert at_once or grant.given_by_id != grant.created_by_id, "given by whoever asked"
            for bar in rows_of.rows(Bar, **here):
                assert bar.user_id not in (bar.created_by_id, bar.lifted_by_id), (
                    "barred or let back by themselves"
                )
            for share in rows_of.rows(ProtectiveShare, **there, looked_at__isnull=False):
                assert share.looked_by_id != share.shared_by_id, "looked at by whoever shared it"
            for check in rows_of.rows(RecordsCheck, **here, done_by__isnull=False):
                assert check.done_by_id != check.asked_by_id, "looked at by whoever asked"
            signed = [
                (row.decided_by_id, row.decided_at, row.concern) for row in rows_of.rows(SignOff, **there)
            ]
            cleared = rows_of.rows(Concern, **there, cleared_at__isnull=False)
            for who, when, concern in [
                *signed,
                *((row.cleared_by_id, row.cleared_at, row) for row in cleared),
            ]:
                assert who != concern.raised_by_id, "answered by whoever raised it"
                assert not rows_of.worked_here(who, made.referral, when), "answered by who works on it"

    @invariant()
    def governance_only_reads(self) -> None:
        done = AuditEntry.objects.filter(actor_id=self.staff["gwen"].pk).exclude(verb__in=READS)
        assert not done.exists(), "governance did something"

    @invariant()
    def what_keeps_somebody_safe_is_told_to_their_side_alone(self) -> None:
        for made in self.all:
            shares = {row.pk: row for row in rows_of.rows(ProtectiveShare, party__referral=made.referral)}
            for message in Message.objects.filter(thing_id__in=shares, state__in=WAITING) if shares else ():
                user, share = rows_of.user(message.recipient_id), shares[message.thing_id]
                assert user.organisation_id == share.party.organisation_id, "told to another organisation"
                assert user.safeguarding_lead or user.is_manager, (
                    "told to somebody who does not look after it"
                )
                assert user.pk != share.shared_by_id, "told to whoever shared it"
                # A manager opens both.
                across = rows_of.of_another_side(user, share.party) and not user.is_manager
                assert not across, "told to another side"

    @invariant()
    def a_child_is_looked_after(self) -> None:
        """Under 16 there is or was a stop, unless they can decide or a parent gives authority; under 18 a sign-off."""
        for made in self.all:
            for party in rows_of.parties(made.referral):
                missing = rows_of.unasked_of_a_child(party)
                assert not missing, f"{missing} was never raised"

    def nobody_young_or_hurt_meets_one_worker_alone(self, made: Played) -> None:
        """When it is booked or started."""
        needed = [party for party in rows_of.parties(made.referral) if rows_of.needs_two(party)]
        assert not needed or len({row.user_id for row in rows_of.facilitators(made.referral)}) > 1
