"""Deletes old drafts, old form submissions and expired sessions. Running it again is harmless.
Rows of referrals are not deleted here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from restorative.common import clock
from restorative.common.models import Draft, Submission
from restorative.common.rules import rules


@dataclass(frozen=True)
class Cleared:
    """The number of rows deleted."""

    drafts: int
    submissions: int
    sessions: int


def clear(*, at: datetime | None = None) -> Cleared:
    """Delete drafts unchanged for `draft_days`, submissions older than `submission_days`, and expired sessions."""
    at = at or clock.now()
    drafts, _ = Draft.objects.filter(updated_at__lt=at - timedelta(days=rules().draft_days)).delete()
    sent = at - timedelta(days=rules().submission_days)
    submissions, _ = Submission.objects.filter(sent_at__lt=sent).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return Cleared(drafts=drafts, submissions=submissions, sessions=sessions)
