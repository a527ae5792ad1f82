"""Protective shares: telling others what keeps a person safe, without consent. Any worker of that side may, at any
time.
A safeguarding lead of that side is told, and reviews it."""

from datetime import datetime

from django.db import transaction

from referrals import access
from referrals.actions.change import changing
from referrals.enums import ShareWith
from referrals.models import Party, ProtectiveShare
from restorative.accounts.models import User
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible, need


def share_to_protect(
    *, party: Party, to: ShareWith, reason: str, content: str, by: User, at: datetime | None = None
) -> ProtectiveShare:
    """Record what was shared about a party, with whom and why; possible also if the referral is paused or closed, or
    the party has died.

    No other side hears of it. Raises Refused, or NotPossible naming the field.
    """
    access.may_share_to_protect(by, party).require()
    for field, text in (("reason", reason), ("content", content)):
        need(text, "Write a few words.", field=field)
    with changing(party.referral_id, by=by, at=at) as change:
        share = change.add(
            ProtectiveShare, party=party, to=to, reason=reason, content=content, **change.stamp("shared")
        )
        change.record("protective_share_made", share, fields=["to", "reason", "content"], why=to)
        return share


def look_at_share(*, share: ProtectiveShare, by: User, at: datetime | None = None) -> None:
    """Record that a safeguarding lead of that side has reviewed it.

    The referral is not locked: nothing in it changes, and its last activity would reveal that a safeguarding lead
    was at work.
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
