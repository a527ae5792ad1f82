"""Which handoffs a user knows of, and which they may read.
What accepting opens of the referral itself is in querysets.py, with all other access rules."""

from typing import Any, Self

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, UUIDField, Value, When
from django.db.models.functions import Coalesce

from referrals.enums import NOBODY, UNANSWERED, HandoffKind, HandoffState
from referrals.principals import does_casework
from referrals.querysets_involvement import rows_of, supports_another
from referrals.querysets_rules import Within, barred, opens, user_of
from restorative.accounts.models import User
from restorative.common.protected import ProtectedQuerySet

SEALED_WORDS = ("packet", "told", "why_returned", "outcome_done", "outcome_went", "outcome_next")


def _asked(who: User | Within) -> Q:
    """The sender's side: the sender, users who open the person it is about, the current or earlier lead, their
    managers."""
    user = user_of(who)
    leads = Exists(rows_of("Referral").filter(pk=OuterRef("referral"), lead=user))
    side = Q(sent_by=user) | Q(lead_before=user) | Q(leads, kind=HandoffKind.LEAD)
    side |= opens(who, "party")
    if user.is_manager:
        side |= Q(from_org=user.organisation_id)
    return side & Q(from_org=user.organisation_id)


def _as_it_stood(who: User | Within) -> Q:
    """Requests that ended over the answer of a party this user does not open. They see the state before that."""
    return Q(ended_for__isnull=False) & ~opens(who, "ended_for") & Q(from_org=who.organisation_id)


def _supports_another(user: User) -> Q:
    """Whether the user supports or ever supported another party; what this party said is not for them."""
    # A subquery, because a join would have PostgreSQL read every party.
    about = rows_of("Party").filter(pk=OuterRef(OuterRef("party"))).values_list(Coalesce("beside", "pk"))
    side = Coalesce(Subquery(about), Value(NOBODY), output_field=UUIDField())
    return supports_another(user.pk, side, OuterRef("referral"))


def _were_asked(user: User) -> Q:
    """The receiving organisation: all its workers except those of another side in this referral."""
    return Q(to_org=user.organisation_id) & (Q(receiver=user) | ~_supports_another(user))


def _reads(who: User | Within) -> Q:
    """Users who read the packet and the questions: the sender's side; and the receiver, until the request is declined,
    withdrawn or over.

    Once it is accepted, on the receiver's side only the worker who takes it, their managers, and users who open the
    person.
    """
    user = user_of(who)
    taking = Q(receiver=user) | opens(who, "party")
    if user.is_manager:
        taking |= Q(to_org=user.organisation_id)
    there = Q(party__isnull=True) | Q(party__left_at__isnull=True)
    asked_now = Q(state__in=UNANSWERED) | Q(state=HandoffState.ACCEPTED) & taking
    return _asked(who) | _were_asked(user) & there & asked_now


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _shown(who: User | Within) -> dict[str, Any]:
    """The state, and the end, as this user may know them."""
    stood = _as_it_stood(who)
    return {
        "shown_state": Case(When(stood, then=F("stood_as")), default=F("state")),
        "shown_ended_at": Case(When(~stood, then=F("ended_at"))),
    }


class HandoffQuerySet(ProtectedQuerySet):
    def visible_to(self, who: User | Within, *, rows: bool = False) -> Self:
        """Requests this user may know of, without their content; annotates `sent_by_us` and `opened`, which `rows` of
        a list do without.

        The organisation that was asked does not see the referral yet, so that `Within` does not leave out the requests
        of other referrals: filter by the same ones.
        """
        user = user_of(who)
        if not does_casework(user):
            shown = self.none().annotate(sent_by_us=_flag(_asked(who)), **_shown(who))
            return shown.scoped("visible_to: no casework")
        found = self.filter(_asked(who) | _were_asked(user), ~barred(user.pk, "referral"))
        flags = {} if rows else {"sent_by_us": _flag(_asked(who)), "opened": _flag(_reads(who))}
        return found.annotate(**_shown(who), **flags).defer(*SEALED_WORDS).scoped("visible_to")

    def standing_for(self, user: User) -> Self:
        """Requests in visible_to whose end is hidden from this user, so that they appear active."""
        return self.visible_to(user).filter(_as_it_stood(user))

    def opened_by(self, user: User) -> Self:
        """Requests whose content this user may read."""
        if not does_casework(user):
            return self.none().scoped("opened_by: no casework")
        return (
            self.filter(_reads(user), ~barred(user.pk, "referral"))
            .annotate(sent_by_us=_flag(_asked(user)), opened=Value(True), **_shown(user))
            .scoped("opened_by")
        )


class HandoffMessageQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Questions about requests this user reads."""
        read: Any = []
        if does_casework(user):
            read = rows_of("Handoff").filter(_reads(user), ~barred(user.pk, "referral")).values("pk")
        return self.filter(handoff__in=read).scoped("visible_to")
