"""What is taken away once it is old: drafts, forms that were sent, sessions that have ended. Each run may be repeated.
Rows of referrals are not cleared here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from restorative.common import clock
from restorative.common.models import Draft, Submission
from restorative.common.rules import rules


@dataclass(frozen=True)
class Cleared:
    """How many rows went."""

    drafts: int
    submissions: int
    sessions: int


def clear(*, at: datetime | None = None) -> Cleared:
    """Take away drafts nobody wrote in for 30 days, forms sent as long ago, and sessions past their end."""
    at = at or clock.now()
    drafts, _ = Draft.objects.filter(updated_at__lt=at - timedelta(days=rules().draft_days)).delete()
    sent = at - timedelta(days=rules().submission_days)
    submissions, _ = Submission.objects.filter(sent_at__lt=sent).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return Cleared(drafts=drafts, submissions=submissions, sessions=sessions)
