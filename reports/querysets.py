"""Which ledger entries a user may read: `entries_of(user)`, or `entries_of(user, about)` for one thing.

Governance reads the ledger of its own organisation (docs/domain.md, "Compartments"):
- everything that its own staff did or saw, in any referral: the entry carries their organisation;
- after a complete reference or id was typed, also what other organisations and the service did or saw: with people
  that this organisation supports, and views of the referral itself.

It never reads what other organisations did with other people of a referral: that would reveal a withdrawal on the
other side, or a call-off that waits there. The views shown are those of the referral's page, history and run sheet,
which do not reveal a reason. A referral from which the user is barred has no entries at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from referrals.models import Bar, Grant, Party, Referral
from restorative.accounts.models import User
from restorative.audit.models import AuditEntry

NOBODY = UUID(int=0)
SHELL_LOOKS = ("referral_viewed", "history_viewed", "history_printed", "run_sheet_viewed")


@dataclass(frozen=True)
class About:
    """The ids of a referral or a person in the ledger; `ours` are the parties that this organisation supports."""

    referral: UUID | None = None
    parties: frozenset[UUID] = frozenset()
    ours: frozenset[UUID] = frozenset()
    leads: bool = False


def about_reference(user: User, reference: str) -> About:
    """A referral by its reference. One that does not exist has no entries, like one without parties of ours."""
    found = (
        Referral._base_manager.filter(reference=reference).values_list("pk", "lead_organisation_id").first()
    )
    if found is None:
        return About()
    pk, leading = found
    ours = Party._base_manager.filter(referral=pk, organisation=user.organisation_id)
    return About(
        referral=pk,
        ours=frozenset(ours.values_list("pk", flat=True)),
        leads=leading == user.organisation_id,
    )


def about_person(user: User, key: UUID) -> About:
    """A person by their party id in one referral, or by their person id in all referrals of this organisation."""
    ours = Party._base_manager.filter(Q(pk=key) | Q(person=key), organisation=user.organisation_id)
    known = frozenset(ours.values_list("pk", flat=True))
    return About(parties=known | {key}, ours=known)


def entries_of(user: User, about: About | None = None) -> QuerySet[AuditEntry]:
    """The entries this user may read, all or about one referral or person, without referrals they are barred from."""
    return _entries_of(user, about).exclude(referral_id__in=_barred_from(user))


def _barred_from(user: User) -> list[UUID]:
    """A separate query: bars are rare, and the ledger query then keeps to its own indexes."""
    bars = Bar._base_manager.filter(user=user, lifted_at__isnull=True)
    return list(bars.values_list("referral", flat=True))


def _entries_of(user: User, about: About | None) -> QuerySet[AuditEntry]:
    own = Q(organisation_id=user.organisation_id)
    if about is None:
        return AuditEntry.objects.filter(own)
    if about.referral is None and not about.parties:
        return AuditEntry.objects.none()
    # Never empty: with a condition on the organisation alone, SQLite would ignore the index on the referral.
    theirs = Q(party_id__in=about.ours or {NOBODY})
    if about.referral is None:
        return AuditEntry.objects.filter(own | theirs, party_id__in=about.parties)
    if about.ours or about.leads:
        theirs |= Q(party_id=None, verb__in=SHELL_LOOKS)
    return AuditEntry.objects.filter(own | theirs, referral_id=about.referral)


def entries_under(grant: Grant) -> QuerySet[AuditEntry]:
    """What a user saw and did under a grant: with the referral itself, and with the person of the grant.

    Entries about other people, or for another organisation, rest on other rights and are not included.
    """
    if grant.given_at is None:
        return AuditEntry.objects.none()
    until = min(grant.until, grant.ended_at or grant.until)
    about = Q(party_id=None, verb__in=SHELL_LOOKS)
    if grant.party_id:
        them = Party._base_manager.filter(Q(pk=grant.party_id) | Q(beside=grant.party_id))
        about |= Q(party_id__in=them.values("pk"))
    here = AuditEntry.objects.filter(
        about,
        actor_id=grant.user_id,
        organisation_id=grant.organisation_id,
        referral_id=grant.referral_id,
    )
    return here.filter(at__gte=grant.given_at, at__lt=until).exclude(thing_type="grant")


def references_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The references of referrals. They are random and reveal nothing."""
    return dict(Referral._base_manager.filter(pk__in=set(ids)).values_list("pk", "reference"))
