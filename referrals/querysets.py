"""The rows of a referral as one user may have them: `visible_to(user)` for the shell, `opened_by(user)` for
compartments. Sealed models filter through the one rule (querysets_rules.py); object checks add the key to it."""

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, Subquery, UUIDField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from referrals.enums import MEETING_PARTS, STOPS
from referrals.principals import does_casework, may_see_any
from referrals.querysets_involvement import (
    meeting_parts,
    named_at,
    of_another_side,
    on_now,
    rows_of,
    works_on,
)
from referrals.querysets_rules import barred, held_back_from, hits_barred, opened_ids, visible_ids
from restorative.common.protected import ProtectedQuerySet

if TYPE_CHECKING:
    from restorative.accounts.models import User


class ReferralQuerySet(ProtectedQuerySet):
    """Referrals as shells."""

    def visible_to(self, user: "User", *, reference: str | None = None) -> Self:
        """Shells this user may see (source: the compartments table); with `reference`, that one alone.

        Their own parties', those they lead or facilitate, their team's, their organisation's for managers, and for
        safeguarding leads those with an open concern or a records check that waits. Handed over, those they take,
        and those they led before. By a grant, whatever it names. None they are barred from.
        """
        here = {} if reference is None else {"reference": reference}
        return self.filter(pk__in=visible_ids(user), **here).scoped("visible_to")

    def could_be_asked_for(self, user: "User") -> Self:
        """Those of which somebody of their organisation may ask to open something: theirs, and not barred."""
        if not may_see_any(user):
            return self.none().scoped("could_be_asked_for: no casework")
        parties = rows_of("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
        theirs = Exists(parties.filter(organisation=user.organisation_id))
        return self.filter(~barred(user.pk, "pk"), theirs).scoped("could_be_asked_for")

    def of_person(self, user: "User") -> Self:
        """Those this user leads, facilitates or supports somebody in."""
        parties = rows_of("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
        return self.filter(
            Q(lead=user)
            | Exists(parties.filter(keyworker=user))
            | Exists(meeting_parts(timezone.now(), referral=OuterRef("pk"), user=user))
        )

    def with_shown_stage(self, user: "User") -> Self:
        """Adds `shown_stage`: the newest step this user may know of.

        A step that came from a compartment the user does not open is not there for them until it is released.
        """
        return self.annotate(
            shown_stage=Subquery(
                rows_of("StageChange")
                .filter(referral=OuterRef("pk"))
                .exclude(held_back_from(user))
                .order_by("-id")
                .values("to_stage")[:1]
            )
        )

    def with_records_waiting(self) -> Self:
        """Adds `records_waiting`: whether a records check was asked for and is not released."""
        waiting = rows_of("RecordsCheck").filter(referral=OuterRef("pk"), released_at__isnull=True)
        return self.annotate(records_waiting=Exists(waiting))

    def with_what_is_there(self) -> Self:
        """Adds whether there are tasks or requests of other organisations at all, so that nobody asks in vain."""
        return self.annotate(
            has_tasks=Exists(rows_of("Task").filter(referral=OuterRef("pk"), done_at__isnull=True)),
            has_handoffs=Exists(rows_of("Handoff").filter(referral=OuterRef("pk"))),
        )


class StageChangeQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Steps of visible referrals, without those waiting for release from a compartment not opened."""
        return self.filter(referral__in=visible_ids(user)).exclude(held_back_from(user)).scoped("visible_to")


class PartyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Every party of a visible referral: one cell each, not their compartments."""
        return self.filter(referral__in=visible_ids(user)).scoped("visible_to")

    def opened_by(self, user: "User") -> Self:
        """Parties whose compartment this user opens."""
        return self.filter(pk__in=opened_ids(user)).scoped("opened_by")

    def safety_opened_by(self, user: "User") -> Self:
        """Parties whose concerns and safety answers this user opens."""
        return self.filter(pk__in=opened_ids(user, safety=True)).scoped("safety_opened_by")

    def could_be_asked_for(self, user: "User") -> Self:
        """People of their organisation whose compartment they may ask to open: nobody on the other side of somebody
        they support, or ever supported, or as the lead stand in for. Who works there is not for them to know."""
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

    def with_opened(self, user: "User", *, referral: UUID | None = None) -> Self:
        """Adds `opened` for this user; `opened_safety` and `asked_first` follow it.

        Where all are of one referral, naming it saves asking the rule anew in the query.
        """
        asked = rows_of("Approach").filter(party=OuterRef("pk"), asked_first=True)
        rule = Q(pk__in=opened_ids(user, referral=referral))
        leads = does_casework(user) and user.safeguarding_lead
        safety = Q(pk__in=opened_ids(user, safety=True, referral=referral) if leads else [])
        return self.annotate(
            opened=Case(When(rule, then=Value(True)), default=Value(False)),
            _as_lead=Case(When(safety, then=Value(True)), default=Value(False)),
            _asked_first=Exists(asked),
        )


class PersonQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """People whose compartment this user opens in some referral."""
        return self.filter(pk__in=opened_ids(user, column="person")).scoped("visible_to")


class NameKeyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """How the names sound of people whose compartment this user opens."""
        return self.filter(person__in=opened_ids(user, column="person")).scoped("visible_to")


class RecordsHitQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """What waiting records checks found: for safeguarding leads of the leading organisation who do not work, and
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
        """Adds `stop_open` and `sign_off_open`: whether any stands about that person, in any referral. Not what."""
        about = rows_of("Concern").filter(party__person=OuterRef("matched"), cleared_at__isnull=True)
        return self.annotate(
            stop_open=Exists(about.filter(kind__in=STOPS)),
            sign_off_open=Exists(about.exclude(kind__in=STOPS)),
        )


class ShellQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Rows of the shell of visible referrals."""
        return self.filter(referral__in=visible_ids(user)).scoped("visible_to")


class InvolvementQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Parts in running the meetings of visible referrals. No page reads parts for one party: they are sealed, and
        who supports a party now is in Party.keyworker."""
        return self.in_meetings().filter(referral__in=visible_ids(user)).scoped("visible_to")

    def in_meetings(self) -> Self:
        """Parts in running the meetings."""
        return self.filter(part__in=MEETING_PARTS)

    def running(self, at: datetime) -> Self:
        """Parts in running the meetings that somebody has at that moment."""
        return self.in_meetings().filter(on_now(at))

    def named(self, at: datetime) -> Self:
        """Those, and stand-ins whose day is still to come."""
        return self.in_meetings().filter(named_at(at))


class SealedQuerySet(ProtectedQuerySet):
    """Rows of a compartment. A row without a party belongs to nobody's page."""

    def visible_to(self, user: "User") -> Self:
        """Rows of parties whose compartment this user opens."""
        return self.filter(party__in=opened_ids(user)).scoped("visible_to")


class TaskQuerySet(SealedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Tasks of opened parties; of no party's, one's own: their words say nothing that is sealed."""
        own = Q(party__isnull=True, assignee=user, referral__in=visible_ids(user))
        return self.filter(Q(party__in=opened_ids(user)) | own).scoped("visible_to")

    def still_asked(self) -> Self:
        """Without the steps of a decision that a newer one has replaced, or whose concern was cleared since."""
        newer = rows_of("SignOff").filter(concern=OuterRef("concern"), decided_at__gt=OuterRef("decided_at"))
        concern = rows_of("Concern").filter(pk=OuterRef("concern"), cleared_at__isnull=True)
        counts = rows_of("SignOff").filter(~Exists(newer), Exists(concern), pk=OuterRef("blocks"))
        return self.filter(Q(blocks__isnull=True) | Exists(counts))


class SafetyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Rows of parties whose concerns and safety answers this user opens."""
        return self.filter(party__in=opened_ids(user, safety=True)).scoped("visible_to")


class NoteQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Notes of compartments this user opens, and those for everyone who works on a visible referral."""
        shared = Q(party__isnull=True, referral__in=visible_ids(user))
        return self.filter(shared | Q(party__in=opened_ids(user))).scoped("visible_to")


class ConcernQuerySet(SafetyQuerySet):
    def open(self) -> Self:
        return self.filter(cleared_at__isnull=True)
