"""What helps a person to come and to take part: their language and their needs."""

from datetime import datetime
from typing import TYPE_CHECKING

from referrals import access
from referrals.actions.age import came_to_us
from referrals.actions.lifecycle import changing
from referrals.actions.parties import fresh_party
from referrals.models import Party, Person
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


def record_needs(*, party: Party, language: str, needs: str, by: "User", at: datetime | None = None) -> None:
    """Record what helps a person, in their words; empty if nothing is needed. Not before they have answered.

    Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        if party.answered_at is None and not came_to_us(party):
            raise NotPossible(
                f"{party.known_as} has not answered yet: until then only a name and a way to reach them are kept.",
                field="needs",
            )
        Person.objects.unscoped("what helps them").filter(pk=party.person_id).update(
            language=language, access_needs=needs
        )
        record(
            "needs_recorded",
            by=by,
            thing=party,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["language", "access_needs"],
            at=at,
        )
