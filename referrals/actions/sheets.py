"""The information sheet that participants get before they answer: publishing a new version, material or not."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from referrals import access
from referrals.enums import Answer, Stage
from referrals.models import Consent, InformationSheet
from referrals.projections import end_what_rests_on_sheets, mark_stale
from restorative.accounts.models import User
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible, need

MEANWHILE = "Somebody else published a version meanwhile. Read it first, then publish yours."


def publish_sheet(
    *,
    words: str,
    material: bool,
    by: User,
    after: int,
    at: datetime | None = None,
) -> InformationSheet:
    """Publish the next version. Participants asked from now on are asked on it.

    `after` is the version that the author had in front of them. A material change makes every answer on an older
    version void, and each is asked again. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_publish(by).require()
    need(words, "Write the words of the sheet.", field="words")
    newest = InformationSheet.objects.order_by("-version").first()
    if (newest.version if newest else 0) != after:
        raise NotPossible(MEANWHILE)
    if newest is not None and newest.words.strip() == words.strip():
        raise NotPossible("These are the words of the newest version. Change them first.", field="words")
    try:
        with transaction.atomic():
            if material:
                InformationSheet.objects.filter(materially_changed_at=None).update(materially_changed_at=at)
                end_what_rests_on_sheets(at)
                mark_stale(~Q(stage=Stage.CLOSED))
            sheet = InformationSheet.objects.create(
                version=after + 1, words=words, published_at=at, created_at=at, created_by=by
            )
            record(
                "sheet_published",
                by=by,
                thing=sheet,
                fields=["words"],
                why_code="material" if material else "not_material",
                at=at,
            )
    except IntegrityError:
        raise NotPossible(MEANWHILE) from None
    return sheet


def answers_at_stake(at: datetime) -> int:
    """How many yes answers a material change would make void now, in all organisations together."""
    rows = Consent.objects.unscoped("a number and nothing else").current(at)
    return rows.filter(answer=Answer.YES).count()
