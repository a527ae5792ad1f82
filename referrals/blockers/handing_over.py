"""What stands in the way of handing something to another organisation: who has not agreed to share with it, and whose
safe contact is not fresh. Asked when it is sent; who agreed, again when it is accepted and when it begins."""

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
    """One thing that is missing, of one party. For the program, not for a page."""

    code: str
    party: Party


@dataclass(frozen=True)
class ShownMissing:
    """The same as one person may see it: without code and party where it is sealed from them."""

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
    """Whose name or compartment goes over: those, and of these whose support goes over too.

    With help that is the person and who is beside them. With the lead, everybody the sender's organisation supports,
    and everybody without a keyworker, for whom whoever leads stands in.
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
    """The yes of each of these parties to sharing with an organisation that counts now and was heard from them."""
    rows = Consent._base_manager.filter(
        party__in=list(parties),
        purpose=Purpose.SHARE,
        recipient=to_org,
        answer=Answer.YES,
    )
    return {row.party_id: row for row in current_answers(rows, at)}


def fresh_contact(parties: Iterable[Party], at: datetime) -> list[ContactRoute]:
    """Their safe ways to be reached that were confirmed within the days that count."""
    since = at - timedelta(days=rules().handoff_contact_days)
    rows = ContactRoute._base_manager.filter(
        party__in=list(parties), allowed=True, replaced_at__isnull=True, confirmed_at__gte=since
    )
    return list(rows.order_by("created_at", "pk"))


def missing(
    referral: Referral, kind: str, party: Party | None, from_org: UUID, to_org: UUID, at: datetime
) -> list[Missing]:
    """Everything that is missing, on all facts: never show it as it is."""
    named, moved = going_over(referral, kind, party, from_org, to_org)
    agreed = shares(named, to_org, at)
    reached = {route.party_id for route in fresh_contact(moved, at)}
    found = [Missing(SHARE, each) for each in named if each.pk not in agreed]
    found += [Missing(CONTACT, each) for each in moved if each.pk not in reached and not each.is_supporter]
    return found


def unshared(handoff: Handoff, kind: str, party: Party | None, at: datetime) -> bool:
    """Whether a yes to sharing is missing for this to go over now: asked again at each step.

    How to reach them safely counts when it is sent: it went over then.
    """
    found = missing(handoff.referral, kind, party, handoff.from_org_id, handoff.to_org_id, at)
    return any(row.code == SHARE for row in found)


def lead_lost(handoff: Handoff, kind: str, referral: Referral) -> str:
    """Why whoever asked cannot give the lead: it has gone elsewhere since. '' where they still can."""
    if kind != HandoffKind.LEAD or referral.lead_organisation_id == handoff.from_org_id:
        return ""
    return (
        f"{handoff.from_org.name} does not lead this referral any more, so it cannot be taken over from them."
    )


def rests_on(handoff: Handoff, kind: str, party: Party | None, at: datetime) -> list[str]:
    """Ids of the answers it rests on by now: those when it was sent, and those of whoever else goes over."""
    named, _ = going_over(handoff.referral, kind, party, handoff.from_org_id, handoff.to_org_id)
    now = shares(named, handoff.to_org_id, at).values()
    return sorted({*handoff.consents, *(str(row.pk) for row in now)})


def shown_missing(found: list[Missing], user: "User", to_org: "Organisation") -> list[ShownMissing]:
    """What one person may see of it: of those they open what and who, of the others one sentence."""
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
