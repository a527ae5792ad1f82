"""Which meetings a user sees, and in which state: a meeting that was called off over a sealed fact appears
unchanged to users who do not open that compartment, until release."""

from datetime import datetime
from typing import Self

from django.apps import apps
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from meetings.enums import PENDING, Agreed, Came, MeetingStatus
from referrals.enums import MEETING_PARTS, Answer, Purpose
from referrals.querysets_rules import Within, current_answers, opened, seen
from restorative.accounts.models import User
from restorative.common.protected import ProtectedQuerySet


def _call_offs() -> QuerySet:
    return apps.get_model("meetings", "CallOff")._base_manager.all()


def _open_to_all() -> Q:
    """Call-offs that all users may know of: released, or without a party."""
    return Q(party__isnull=True) | Q(released_at__isnull=False)


def _known_to(user: User | Within) -> Q:
    """Call-offs this user may know of: open to all, or from a compartment they open."""
    return _open_to_all() | opened(user)


def _away(at: datetime, user: User | Within | None = None) -> QuerySet:
    """Absences of current facilitators without a stand-in accepted by all parties.

    With a user, as far as they may know: a party's acceptance is hidden from users who do not open that party.
    """
    base = {
        name: apps.get_model("referrals", name)._base_manager for name in ("Involvement", "Consent", "Party")
    }
    starts_at = OuterRef("meeting__starts_at")
    still = base["Involvement"].filter(
        part__in=MEETING_PARTS,
        referral=OuterRef("meeting__referral"),
        user=OuterRef("user"),
        until__isnull=True,
    )
    that_day = base["Involvement"].filter(pk=OuterRef("stand_in"), since__lte=starts_at, until__gt=starts_at)
    accepted = current_answers(base["Consent"].all(), at).filter(
        party=OuterRef("pk"),
        purpose=Purpose.SECOND_WORKER,
        recipient=OuterRef(OuterRef("stand_in__user")),
        answer=Answer.YES,
    )
    not_accepted = base["Party"].filter(
        ~Exists(accepted), referral=OuterRef("meeting__referral"), left_at__isnull=True
    )
    if user is not None:
        not_accepted = not_accepted.filter(opened(user, "pk"))
    rows = apps.get_model("meetings", "Unavailable")._base_manager.filter(settled_at__isnull=True)
    return rows.filter(Exists(still)).filter(~Q(Exists(that_day)) | Q(Exists(not_accepted)))


class MeetingQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Meetings of visible referrals, with `shown_status`."""
        known = _call_offs().filter(_known_to(user), meeting=OuterRef("pk"))
        return (
            self.filter(seen(user))
            .annotate(
                shown_status=Case(
                    When(
                        ~Q(Exists(known)), status=MeetingStatus.CALLED_OFF, then=Value(MeetingStatus.BOOKED)
                    ),
                    default=F("status"),
                )
            )
            .scoped("visible_to")
        )

    def pending(self) -> Self:
        """Booked or under way, by the real status (not the shown one)."""
        return self.filter(status__in=PENDING)

    def holding(self) -> Self:
        """Meetings that hold their time and place: pending ones, and called-off ones that some users may not know
        of."""
        told = _call_offs().filter(_open_to_all(), meeting=OuterRef("pk"))
        return self.filter(Q(status__in=PENDING) | Q(~Exists(told), status=MeetingStatus.CALLED_OFF))


class CallOffQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Call-offs this user may know of, in visible referrals."""
        return self.filter(_known_to(user), seen(user, "meeting__referral")).scoped("visible_to")

    def open_to_all(self) -> Self:
        """Call-offs that all users may know of: released, or without a party."""
        return self.filter(_open_to_all())

    def waiting(self) -> Self:
        """Call-offs that wait for release."""
        told = _call_offs().filter(_open_to_all(), meeting=OuterRef("meeting"))
        return self.filter(~Exists(told), meeting__status=MeetingStatus.CALLED_OFF)


class UnavailableQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Absences at meetings of visible referrals: who runs a meeting is part of the shell."""
        return self.filter(seen(user, "meeting__referral")).scoped("visible_to")

    def open(self) -> Self:
        return self.filter(settled_at__isnull=True)

    def away(self, at: datetime, user: User | Within | None = None) -> Self:
        """Open absences without a stand-in accepted by all parties.

        Without a user from all facts, for starting and sending; for a page, as far as its reader may know.
        """
        return self.filter(pk__in=_away(at, user).values("pk"))


class AttendanceQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Attendances of meetings of visible referrals: who is expected is part of the shell."""
        return self.filter(seen(user, "meeting__referral")).scoped("visible_to")


class RecordQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Records of meetings attended by a party whose compartment this user opens."""
        there = _there(user).filter(meeting=OuterRef("meeting"))
        return self.filter(Exists(there)).scoped("visible_to")


def _there(user: User | Within) -> QuerySet:
    """Attendances of people who came and whose compartment this user opens, for a subquery on a meeting."""
    return apps.get_model("meetings", "Attendance")._base_manager.filter(
        opened(user), status__in=[Came.CAME, Came.LEFT_EARLY]
    )


def newest_agreement_answers() -> QuerySet:
    """Each person's newest answer to an agreement, for subqueries."""
    answers = apps.get_model("meetings", "AgreementAnswer")._base_manager.all()
    newer = answers.filter(agreement=OuterRef("agreement"), party=OuterRef("party"), seq__gt=OuterRef("seq"))
    return answers.filter(~Exists(newer))


class AgreementQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """The rule of who reads agreements.

        Workers of a party who said yes to it and has a current consent to be sent it; and workers who ran that
        meeting and open a party who was there.
        """
        sight = current_answers(apps.get_model("referrals", "Consent")._base_manager.all(), timezone.now())
        side = newest_agreement_answers().filter(
            opened(user),
            Exists(sight.filter(party=OuterRef("party"), purpose=Purpose.SIGHT, answer=Answer.YES)),
            agreement=OuterRef("pk"),
            answer=Agreed.YES,
            party__left_at__isnull=True,
        )
        ran = apps.get_model("referrals", "Involvement")._base_manager.filter(
            part__in=MEETING_PARTS,
            user=user.pk,
            until__isnull=True,
            referral=OuterRef("meeting__referral"),
            since__lte=OuterRef("meeting__starts_at"),
        )
        there = _there(user).filter(meeting=OuterRef("meeting"))
        return self.filter(
            Q(Exists(side)) | Q(Exists(ran)) & Q(Exists(there)), seen(user, "meeting__referral")
        ).scoped("visible_to")

    def known_of(self, user: User | Within) -> Self:
        """Agreements this user may know to exist, for recording the answer of a person who was there."""
        there = _there(user).filter(meeting=OuterRef("meeting"))
        return (
            self.filter(Exists(there), seen(user, "meeting__referral"))
            .only("pk", "meeting", "nothing_agreed")
            .scoped("known_of")
        )


class ActionQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User | Within) -> Self:
        """Actions of agreements this user reads. A changed action shows only to its owner's side, because the
        others did not say yes to it."""
        agreements = apps.get_model("meetings", "Agreement").objects.visible_to(user)
        return self.filter(
            Q(came_from__isnull=True) | opened(user, "owner"), agreement__in=agreements.values("pk")
        ).scoped("visible_to")
