"""Which meetings somebody sees, and in which state: a meeting called off over a sealed fact stays as it was for whoever
does not open that compartment, until it is released."""

from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from meetings.enums import PENDING, Came, MeetingStatus
from referrals.querysets import opened_ids, visible_ids
from restorative.common.protected import ProtectedQuerySet

if TYPE_CHECKING:
    from restorative.accounts.models import User


def _call_offs() -> QuerySet:
    return apps.get_model("meetings", "CallOff")._base_manager.all()


def _open_to_all() -> Q:
    """Call-offs that everybody may know of: released, or of no one party."""
    return Q(party__isnull=True) | Q(released_at__isnull=False)


def _known_to(user: "User") -> Q:
    """Call-offs this user may know of: open to all, or from a compartment they open."""
    return _open_to_all() | Q(party__in=opened_ids(user))


class MeetingQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Meetings of visible referrals, with `shown_status`."""
        known = _call_offs().filter(_known_to(user), meeting=OuterRef("pk"))
        return (
            self.filter(referral__in=visible_ids(user))
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
        """Booked, on hold or under way, in fact (not as shown)."""
        return self.filter(status__in=PENDING)

    def holding(self) -> Self:
        """Those that hold their time and place: pending ones, and those called off that not everybody may know of."""
        told = _call_offs().filter(_open_to_all(), meeting=OuterRef("pk"))
        return self.filter(Q(status__in=PENDING) | Q(~Exists(told), status=MeetingStatus.CALLED_OFF))


class CallOffQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Call-offs this user may know of, in visible referrals."""
        return self.filter(_known_to(user), meeting__referral__in=visible_ids(user)).scoped("visible_to")

    def open_to_all(self) -> Self:
        """Those that everybody may know of: released, or of no one party."""
        return self.filter(_open_to_all())

    def waiting(self) -> Self:
        """Those of meetings of which the others have not heard yet that they are off."""
        told = _call_offs().filter(_open_to_all(), meeting=OuterRef("meeting"))
        return self.filter(~Exists(told), meeting__status=MeetingStatus.CALLED_OFF)


class AttendanceQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Attendances of meetings of visible referrals: who is expected is part of the shell."""
        return self.filter(meeting__referral__in=visible_ids(user)).scoped("visible_to")


class RecordQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Records of meetings at which a party was whose compartment this user opens."""
        there = apps.get_model("meetings", "Attendance")._base_manager.filter(
            meeting=OuterRef("meeting"), status__in=[Came.CAME, Came.LEFT_EARLY], party__in=opened_ids(user)
        )
        return self.filter(Exists(there)).scoped("visible_to")
