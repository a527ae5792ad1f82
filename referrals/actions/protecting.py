"""Telling others what keeps somebody safe, whether or not anybody agrees: any worker of that side, at any time.
A safeguarding lead of that side is told of it, and looks at it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from referrals import access
from referrals.actions.lifecycle import changing, made
from referrals.enums import ShareWith
from referrals.models import Party, ProtectiveShare
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


def share_to_protect(
    *, party: Party, to: ShareWith, reason: str, content: str, by: "User", at: datetime | None = None
) -> ProtectiveShare:
    """Record what was shared about a party, with whom and why: also when the referral is paused or closed, and when
    they have died.

    Nobody else in the referral hears of it. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_share_to_protect(by, party).require()
    for field, text in (("reason", reason), ("content", content)):
        if not text.strip():
            raise NotPossible("Write a few words.", field=field)
    with changing(party.referral_id, at=at) as (referral, at):
        share = ProtectiveShare.objects.create(
            party=party,
            to=to,
            reason=reason,
            content=content,
            shared_at=at,
            shared_by=by,
            **made(by, at),
        )
        record(
            "protective_share_made",
            by=by,
            thing=share,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["to", "reason", "content"],
            why_code=to,
            at=at,
        )
        return share


def look_at_share(*, share: ProtectiveShare, by: "User", at: datetime | None = None) -> None:
    """Say, as a safeguarding lead of that side, that one has looked at it.

    The referral is not held: nothing of it changes, and its last activity would say that a lead was at work.
    """
    at = at or clock.now()
    access.may_look_at_share(by, share).require()
    with transaction.atomic():
        waiting = ProtectiveShare.objects.unscoped("look at it").filter(pk=share.pk, looked_at__isnull=True)
        if not waiting.update(looked_at=at, looked_by=by):
            raise NotPossible("A colleague has already looked at this.")
        record(
            "protective_share_looked_at",
            by=by,
            thing=share,
            referral_id=share.party.referral_id,
            party_id=share.party_id,
            fields=["looked_at"],
            at=at,
        )
