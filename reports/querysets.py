"""Which entries of the ledger somebody may read: `entries_of(user)`, or `entries_of(user, about)` for one thing.

Governance reads the ledger of its own organisation (the table of compartments in the design), which is
- whatever its own staff did or saw, wherever they did: the entry carries their organisation;
- about one referral or person that was typed whole, also what others and the service itself did or saw: where
  it concerns a person whom this organisation supports, and who of the others looked at the referral itself.

What others did with the other people of a referral is not theirs to read, however it is asked for: that somebody
of the other side withdrew, or that a call-off waits there, would stand in it. The looks at a referral that are shown
are those at its page, history and run sheet, which say nothing about why somebody looked. Of a referral from which
they are barred for a conflict of interest nothing is there, whoever did it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from referrals.models import Bar, Grant, Party, Referral
from restorative.audit.models import AuditEntry

if TYPE_CHECKING:
    from restorative.accounts.models import User

NOBODY = UUID(int=0)
SHELL_LOOKS = ("referral_viewed", "history_viewed", "history_printed", "run_sheet_viewed")


@dataclass(frozen=True)
class About:
    """A referral or a person, as the ledger knows them by id; `ours` are the parties this organisation supports."""

    referral: UUID | None = None
    parties: frozenset[UUID] = frozenset()
    ours: frozenset[UUID] = frozenset()
    leads: bool = False


def about_reference(user: "User", reference: str) -> About:
    """A referral by its reference. One that does not exist has no entries, like one that is nobody's here."""
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


def about_person(user: "User", key: UUID) -> About:
    """A person by their id in one referral, or by the id they have in all referrals of this organisation."""
    ours = Party._base_manager.filter(Q(pk=key) | Q(person=key), organisation=user.organisation_id)
    known = frozenset(ours.values_list("pk", flat=True))
    return About(parties=known | {key}, ours=known)


def entries_of(user: "User", about: About | None = None) -> QuerySet[AuditEntry]:
    """The entries this user may read, of everything or about one referral or person: none of what they are barred
    from."""
    return _entries_of(user, about).exclude(referral_id__in=_barred_from(user))


def _barred_from(user: "User") -> list[UUID]:
    """Asked for by itself: there are hardly ever any, and the ledger is read along its own indexes."""
    bars = Bar._base_manager.filter(user=user, lifted_at__isnull=True)
    return list(bars.values_list("referral", flat=True))


def _entries_of(user: "User", about: About | None) -> QuerySet[AuditEntry]:
    own = Q(organisation_id=user.organisation_id)
    if about is None:
        return AuditEntry.objects.filter(own)
    if about.referral is None and not about.parties:
        return AuditEntry.objects.none()
    # Never empty: a condition on the organisation alone would lead SQLite past the index on what was typed.
    theirs = Q(party_id__in=about.ours or {NOBODY})
    if about.referral is None:
        return AuditEntry.objects.filter(own | theirs, party_id__in=about.parties)
    if about.ours or about.leads:
        theirs |= Q(party_id=None, verb__in=SHELL_LOOKS)
    return AuditEntry.objects.filter(own | theirs, referral_id=about.referral)


def entries_under(grant: Grant) -> QuerySet[AuditEntry]:
    """What somebody saw and did while they were let in: at the referral itself, and with the person it was for.

    What they did there with somebody else, or for another organisation, they did by another right: it is not shown.
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
    """The references of referrals: random, they carry nothing but themselves."""
    return dict(Referral._base_manager.filter(pk__in=set(ids)).values_list("pk", "reference"))
