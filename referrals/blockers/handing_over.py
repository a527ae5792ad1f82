"""What stands in the way of a handoff: parties who have not agreed to share with the organisation, and safe
contacts that are not fresh. Checked on sending; consent again on acceptance and first contact."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from referrals.blockers.shown import SEALED_SENTENCE
from referrals.enums import Answer, HandoffKind, Purpose
from referrals.models import Consent, ContactRoute, Handoff, Party, Referral
from referrals.querysets_rules import current_answers
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import Organisation, User

SHARE, CONTACT = "share_missing", "contact_not_fresh"
SENTENCES = {
    SHARE: "{name} has not said yes to sharing with {organisation}.",
    CONTACT: "How to reach {name} safely was not confirmed in the last {days} days.",
}


@dataclass(frozen=True)
class Missing:
    """One missing item of one party. Internal: never for a page."""

    code: str
    party: Party


@dataclass(frozen=True)
class ShownMissing:
    """A missing item as one user may see it: without code and party if it is sealed from them."""

    sentence: str
    code: str = ""
    party: Party | None = None


def _present(referral: Referral) -> list[Party]:
    return list(
        Party._base_manager.filter(referral=referral, left_at__isnull=True).order_by("created_at", "pk")
    )


def going_over(
    referral: Referral, kind: str, party: Party | None, from_org: UUID, to_org: UUID
) -> tuple[list[Party], list[Party]]:
    """Parties whose name or compartment moves, and of these the parties whose support moves too.

    With help that is the person and their supporters. With the lead, all parties that the sender's organisation
    supports, and all parties without a keyworker, whom the lead supports.
    """
    present = _present(referral)
    if kind == HandoffKind.HELP:
        found = [each for each in present if party and party.pk in (each.pk, each.beside_id)]
        return found, found
    leaving = [each for each in present if each.organisation_id != to_org]
    moved = [each for each in leaving if each.keyworker_id is None]
    named = [each for each in leaving if each.organisation_id == from_org and not each.is_supporter]
    return [each for each in present if each in moved or each in named], moved


def shares(parties: Iterable[Party], to_org: UUID, at: datetime) -> dict[UUID, Consent]:
    """Each of these parties' yes to sharing with an organisation, if it counts now and was heard from them alone."""
    rows = Consent._base_manager.filter(
        party__in=list(parties),
        purpose=Purpose.SHARE,
        recipient=to_org,
        answer=Answer.YES,
    )
    return {row.party_id: row for row in current_answers(rows, at)}


def fresh_contact(parties: Iterable[Party], at: datetime) -> list[ContactRoute]:
    """Their safe contact routes that were confirmed recently enough."""
    since = at - timedelta(days=rules().handoff_contact_days)
    rows = ContactRoute._base_manager.filter(
        party__in=list(parties), allowed=True, replaced_at__isnull=True, confirmed_at__gte=since
    )
    return list(rows.order_by("created_at", "pk"))


def missing(
    referral: Referral, kind: str, party: Party | None, from_org: UUID, to_org: UUID, at: datetime
) -> list[Missing]:
    """Everything that is missing, from all facts: never for a page."""
    named, moved = going_over(referral, kind, party, from_org, to_org)
    agreed = shares(named, to_org, at)
    reached = {route.party_id for route in fresh_contact(moved, at)}
    found = [Missing(SHARE, each) for each in named if each.pk not in agreed]
    found += [Missing(CONTACT, each) for each in moved if each.pk not in reached and not each.is_supporter]
    return found


def unshared(handoff: Handoff, kind: str, party: Party | None, at: datetime) -> bool:
    """Whether a consent to share is missing for this handoff now; checked again at each step.

    Safe contact is checked only on sending, because it was passed on then.
    """
    found = missing(handoff.referral, kind, party, handoff.from_org_id, handoff.to_org_id, at)
    return any(row.code == SHARE for row in found)


def lead_lost(handoff: Handoff, kind: str, referral: Referral) -> str:
    """Why the sender can no longer give the lead away: it has moved since. '' if they still can."""
    if kind != HandoffKind.LEAD or referral.lead_organisation_id == handoff.from_org_id:
        return ""
    return (
        f"{handoff.from_org.name} does not lead this referral any more, so it cannot be taken over from them."
    )


def rests_on(handoff: Handoff, kind: str, party: Party | None, at: datetime) -> list[str]:
    """Ids of the answers it rests on now: those at sending, and those of parties who move in addition."""
    named, _ = going_over(handoff.referral, kind, party, handoff.from_org_id, handoff.to_org_id)
    now = shares(named, handoff.to_org_id, at).values()
    return sorted({*handoff.consents, *(str(row.pk) for row in now)})


def shown_missing(found: list[Missing], user: "User", to_org: "Organisation") -> list[ShownMissing]:
    """What one user may see of it: party and item for parties they open, one sentence for all others."""
    opened = set(
        Party.objects.opened_by(user)
        .filter(pk__in=[row.party.pk for row in found])
        .values_list("pk", flat=True)
    )
    days = rules().handoff_contact_days
    rows = [
        ShownMissing(
            SENTENCES[row.code].format(name=row.party.known_as, organisation=to_org.name, days=days),
            row.code,
            row.party,
        )
        for row in found
        if row.party.pk in opened
    ]
    if any(row.party.pk not in opened for row in found):
        rows.append(ShownMissing(SEALED_SENTENCE.format(them="another person")))
    return rows
