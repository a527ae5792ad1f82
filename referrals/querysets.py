"""The rows of a referral that one user may have: `visible_to(user)` for the shell, `opened_by(user)` for
compartments. All sealed models filter by the same rule (querysets_rules.py); object checks add the key."""

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, UUIDField, Value, When
from django.db.models.functions import Coalesce

from referrals.enums import MEETING_PARTS, STOPS, Purpose
from referrals.principals import does_casework, may_see_any
from referrals.querysets_involvement import (
    named_at,
    of_another_side,
    on_now,
    rows_of,
    works_on,
)
from referrals.querysets_lists import shown_stage
from referrals.querysets_rules import (
    Within,
    barred,
    current_answers,
    held_back_from,
    hits_barred,
    opened,
    opened_people,
    opens,
    seen,
)
from restorative.accounts.models import User
from restorative.common.protected import ProtectedQuerySet


class ReferralQuerySet(ProtectedQuerySet):
    """Referrals as shells."""

    def visible_to(self, user: User | Within) -> Self:
        """Shells this user may see (source: the compartments table).

        Referrals whose parties they support, or that they lead or facilitate; those of their team; for managers
        those of their organisation; for safeguarding leads those with an open concern or a waiting records check;
        handed over, those they take and those they led before; and those in their grants. Never one they are barred
        from.
        """
        return self.filter(seen(user, "pk")).scoped("visible_to")

    def could_be_asked_for(self, user: User) -> Self:
        """Referrals in which the user's organisation supports a party, so that they may ask for access. Never
        barred ones."""
        if not may_see_any(user):
            return self.none().scoped("could_be_asked_for: no casework")
        parties = rows_of("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
        theirs = Exists(parties.filter(organisation=user.organisation_id))
        return self.filter(~barred(user.pk, "pk"), theirs).scoped("could_be_asked_for")

    def with_shown_stage(self, user: User | Within) -> Self:
        """Annotates `shown_stage`: the newest step this user may know of.

        A step from a compartment that the user does not open is hidden from them until it is released.
        """
        return self.annotate(shown_stage=shown_stage(user, "summary__"))

    def with_records_waiting(self) -> Self:
        """Annotates `records_waiting`: whether a records check was asked for and is not released."""
        waiting = rows_of("RecordsCheck").filter(referral=OuterRef("pk"), released_at__isnull=True)
        return self.annotate(records_waiting=Exists(waiting))

    def with_what_is_there(self) -> Self:
        """Annotates whether there are any tasks or handoffs, so that pages can skip those queries."""
        return self.annotate(
            has_tasks=Exists(rows_of("Task").filter(referral=OuterRef("pk"), done_at__isnull=True)),
            has_handoffs=Exists(rows_of("Handoff").filter(referral=OuterRef("pk"))),
        )


class StageChangeQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Steps of visible referrals, except unreleased ones from compartments the user does not open."""
        return self.filter(seen(user)).exclude(held_back_from(user)).scoped("visible_to")


class PartyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Every party of a visible referral: one row each, without their compartments."""
        return self.filter(seen(user)).scoped("visible_to")

    def opened_by(self, user: User | Within) -> Self:
        """Parties whose compartment this user opens."""
        return self.filter(opened(user, "pk")).scoped("opened_by")

    def safety_opened_by(self, user: User | Within) -> Self:
        """Parties whose concerns and safety answers this user opens."""
        return self.filter(opened(user, "pk", safety=True)).scoped("safety_opened_by")

    def could_be_asked_for(self, user: User) -> Self:
        """People of the user's organisation whose compartment they may ask to open: not on another side than the
        parties they support, ever supported, or stand in for as lead. The rule ignores who works there, which
        they may not know."""
        if not may_see_any(user):
            return self.none().scoped("could_be_asked_for: no casework")
        side = Coalesce(OuterRef("beside"), OuterRef("pk"), output_field=UUIDField())
        return self.filter(
            ~barred(user.pk, "referral"),
            ~of_another_side(user.pk, side, OuterRef("referral")),
            organisation=user.organisation_id,
            left_at__isnull=True,
        ).scoped("could_be_asked_for")

    def present(self) -> Self:
        """Those who have not left the referral."""
        return self.filter(left_at__isnull=True)

    def with_names(self, user: User | Within) -> Self:
        """Annotates `opened` for this user and nothing else: all that the name of a party needs."""
        return self.annotate(opened=Case(When(opens(user, "pk"), then=Value(True)), default=Value(False)))

    def with_opened(self, user: User | Within) -> Self:
        """Annotates `opened` for this user; `opened_safety` and `asked_first` follow it."""
        asked = rows_of("Approach").filter(party=OuterRef("pk"), asked_first=True)
        # Only safeguarding leads open concerns and safety answers alone.
        safety = opens(user, "pk", safety=True) if user.safeguarding_lead else Q(pk__in=[])
        return self.with_names(user).annotate(
            _as_lead=Case(When(safety, then=Value(True)), default=Value(False)),
            _asked_first=Exists(asked),
        )


class PersonQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """People whose compartment this user opens in some referral."""
        return self.filter(opened_people(user, "pk")).scoped("visible_to")

    def with_concern_open(self) -> Self:
        """Annotates `concern_open`: whether a concern is open in any referral of the person. Not its content."""
        about = rows_of("Concern").filter(party__person=OuterRef("pk"), cleared_at__isnull=True)
        return self.annotate(concern_open=Exists(about))


class NameKeyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Phonetic keys of people whose compartment this user opens."""
        return self.filter(opened_people(user, "person")).scoped("visible_to")


class RecordsHitQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Hits of waiting records checks: for safeguarding leads of the leading organisation who do not work, and
        never worked, on that referral."""
        if not (does_casework(user) and user.safeguarding_lead):
            return self.none().scoped("visible_to: no safeguarding lead")
        on_it = (
            Q(records_check__asked_by=user)
            | works_on(user.pk, OuterRef("records_check__referral"))
            | barred(user.pk, "records_check__referral")
            | Q(records_check__in=rows_of("RecordsCheck").filter(hits_barred(user.pk)).values("pk"))
        )
        return self.filter(
            ~Q(on_it),
            records_check__released_at__isnull=True,
            records_check__referral__lead_organisation=user.organisation_id,
        ).scoped("visible_to")

    def with_open_concerns(self) -> Self:
        """Annotates `stop_open` and `sign_off_open`: whether the person has one in any referral. Not its content."""
        about = rows_of("Concern").filter(party__person=OuterRef("matched"), cleared_at__isnull=True)
        return self.annotate(
            stop_open=Exists(about.filter(kind__in=STOPS)),
            sign_off_open=Exists(about.exclude(kind__in=STOPS)),
        )


class ShellQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Rows of the shell of visible referrals."""
        return self.filter(seen(user)).scoped("visible_to")


class InvolvementQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Meeting parts in visible referrals. No page reads a keyworker's part: those are sealed, and
        Party.keyworker has the current keyworker."""
        return self.in_meetings().filter(seen(user)).scoped("visible_to")

    def in_meetings(self) -> Self:
        """Meeting parts: facilitators, second workers and stand-ins."""
        return self.filter(part__in=MEETING_PARTS)

    def running(self, at: datetime) -> Self:
        """Meeting parts that are active at that moment."""
        return self.in_meetings().filter(on_now(at))

    def named(self, at: datetime) -> Self:
        """Active meeting parts, and stand-ins whose day is still to come."""
        return self.in_meetings().filter(named_at(at))


class SealedQuerySet(ProtectedQuerySet):
    """Rows of a compartment. A row without a party appears on no page."""

    def visible_to(self, user: User | Within) -> Self:
        """Rows of parties whose compartment this user opens."""
        return self.filter(opened(user)).scoped("visible_to")


class TaskQuerySet(SealedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Tasks of opened parties; and the user's own tasks without a party, whose words contain nothing sealed."""
        own = Q(seen(user), party__isnull=True, assignee=user.pk)
        return self.filter(opened(user) | own).scoped("visible_to")

    def still_asked(self) -> Self:
        """Leaves out the steps of a decision that was replaced by a newer one, or whose concern was cleared."""
        newer = rows_of("SignOff").filter(concern=OuterRef("concern"), decided_at__gt=OuterRef("decided_at"))
        concern = rows_of("Concern").filter(pk=OuterRef("concern"), cleared_at__isnull=True)
        counts = rows_of("SignOff").filter(~Exists(newer), Exists(concern), pk=OuterRef("blocks"))
        return self.filter(Q(blocks__isnull=True) | Exists(counts))


class SafetyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Rows of parties whose concerns and safety answers this user opens."""
        return self.filter(opened(user, safety=True)).scoped("visible_to")


class NoteQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Notes of compartments this user opens, and those for all who work on a visible referral."""
        shared = Q(seen(user), party__isnull=True)
        return self.filter(shared | opened(user)).scoped("visible_to")


class ConcernQuerySet(SafetyQuerySet):
    def open(self) -> Self:
        return self.filter(cleared_at__isnull=True)


class ConsentQuerySet(SealedQuerySet):
    def current(self, at: datetime) -> Self:
        """The newest rows that count at `at`: see current_answers."""
        return current_answers(self, at)

    def words_of(self, keys: Collection[UUID]) -> Self:
        """The exact words of these answers, which disclosure.py found for a user; nothing else of them."""
        rows = self.filter(pk__in=keys, purpose__in=[Purpose.WORDS, Purpose.CARRY])
        return rows.only("party", "recipient", "wording").order_by("taken_at", "seq", "pk").scoped("words_of")
