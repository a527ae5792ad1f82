"""Who sees that something was asked of another organisation, and who reads what it says.
What accepting opens of the referral itself is in querysets.py, with every other rule of that kind."""

from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, F, OuterRef, Q, UUIDField, Value, When
from django.db.models.functions import Coalesce

from referrals.enums import NOBODY, UNANSWERED, HandoffKind, HandoffState
from referrals.principals import does_casework
from referrals.querysets_involvement import rows_of, supports_another
from referrals.querysets_rules import barred, opened_ids
from restorative.common.protected import ProtectedQuerySet

if TYPE_CHECKING:
    from restorative.accounts.models import User

SEALED_WORDS = ("packet", "told", "why_returned", "outcome_done", "outcome_went", "outcome_next")


def _asked(user: "User") -> Q:
    """The side that asked: who sent it, who opens the person it is about, who leads or led, and their managers."""
    side = Q(sent_by=user) | Q(lead_before=user) | Q(kind=HandoffKind.LEAD, referral__lead=user)
    side |= Q(party__in=opened_ids(user))
    if user.is_manager:
        side |= Q(from_org=user.organisation_id)
    return side & Q(from_org=user.organisation_id)


def _as_it_stood(user: "User") -> Q:
    """Requests that ended over the answer of somebody this user does not open: they see them as they stood."""
    return Q(ended_for__isnull=False) & ~Q(ended_for__in=opened_ids(user)) & Q(from_org=user.organisation_id)


def _supports_another(user: "User") -> Q:
    """They support another party of the referral, or ever did: what this person said is not for them."""
    side = Coalesce(OuterRef("party__beside"), OuterRef("party"), Value(NOBODY), output_field=UUIDField())
    return supports_another(user.pk, side, OuterRef("referral"))


def _were_asked(user: "User") -> Q:
    """The organisation that was asked: all its workers, but none who is on another person's side here."""
    return Q(to_org=user.organisation_id) & (Q(receiver=user) | ~_supports_another(user))


def _reads(user: "User") -> Q:
    """Who reads the packet and the questions: who asked; and who was asked, until it is declined, withdrawn or over.

    Once accepted, of those who were asked only the worker who takes it, their managers, and who opens the person.
    """
    taking = Q(receiver=user) | Q(party__in=opened_ids(user))
    if user.is_manager:
        taking |= Q(to_org=user.organisation_id)
    there = Q(party__isnull=True) | Q(party__left_at__isnull=True)
    asked_now = Q(state__in=UNANSWERED) | Q(state=HandoffState.ACCEPTED) & taking
    return _asked(user) | _were_asked(user) & there & asked_now


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _shown(user: "User") -> dict[str, Any]:
    """How it stands, and when it ended, as this user may know it."""
    stood = _as_it_stood(user)
    return {
        "shown_state": Case(When(stood, then=F("stood_as")), default=F("state")),
        "shown_ended_at": Case(When(~stood, then=F("ended_at"))),
    }


class HandoffQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Requests of which this user may know, without what they say; with `sent_by_us` and `opened`."""
        if not does_casework(user):
            shown = self.none().annotate(sent_by_us=_flag(_asked(user)), **_shown(user))
            return shown.scoped("visible_to: no casework")
        return (
            self.filter(_asked(user) | _were_asked(user), ~barred(user.pk, "referral"))
            .annotate(sent_by_us=_flag(_asked(user)), opened=_flag(_reads(user)), **_shown(user))
            .defer(*SEALED_WORDS)
            .scoped("visible_to")
        )

    def standing_for(self, user: "User") -> Self:
        """Those of visible_to that ended unknown to this user: for them they go on."""
        return self.visible_to(user).filter(_as_it_stood(user))

    def opened_by(self, user: "User") -> Self:
        """Requests this user reads, with what they say."""
        if not does_casework(user):
            return self.none().scoped("opened_by: no casework")
        return (
            self.filter(_reads(user), ~barred(user.pk, "referral"))
            .annotate(sent_by_us=_flag(_asked(user)), opened=Value(True), **_shown(user))
            .scoped("opened_by")
        )


class HandoffMessageQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Questions about requests this user reads."""
        read: Any = []
        if does_casework(user):
            read = rows_of("Handoff").filter(_reads(user), ~barred(user.pk, "referral")).values("pk")
        return self.filter(handoff__in=read).scoped("visible_to")
