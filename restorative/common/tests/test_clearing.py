"""Old rows are deleted once a day, and nothing else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from restorative.accounts.tests.makers import make_user
from restorative.celery import TIMETABLE
from restorative.common.clearing import Cleared, clear
from restorative.common.models import Draft, Submission
from restorative.common.tasks import clear_old

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def draft(days: int, **more) -> Draft:
    at = NOW - timedelta(days=days)
    return Draft.objects.create(
        owner=make_user(email=f"{uuid4().hex}@example.org"),
        place="referrals:log",
        title="",
        typed={"a": "b"},
        started_at=at,
        updated_at=at,
        **more,
    )


def submission(days: int) -> Submission:
    owner = make_user(email=f"{uuid4().hex}@example.org")
    return Submission.objects.create(token=uuid4(), owner=owner, sent_at=NOW - timedelta(days=days))


def test_old_rows_are_deleted_and_the_rest_is_kept():
    kept = [draft(29), draft(30, thrown_at=NOW)]
    draft(31)
    draft(40, thrown_at=NOW - timedelta(days=1))
    sent = submission(29)
    submission(31)
    Session.objects.create(session_key="ended", session_data="", expire_date=NOW - timedelta(minutes=1))
    Session.objects.create(session_key="lasts", session_data="", expire_date=NOW + timedelta(minutes=1))

    assert clear(at=NOW) == Cleared(drafts=2, submissions=1, sessions=1)
    assert set(Draft.objects.all()) == set(kept)
    assert list(Submission.objects.all()) == [sent]
    assert [session.session_key for session in Session.objects.all()] == ["lasts"]
    assert clear(at=NOW) == Cleared(drafts=0, submissions=0, sessions=0)


def test_the_ages_come_from_rules(settings):
    settings.RULES = {"draft_days": 5, "submission_days": 7}
    draft(6)
    submission(6)
    assert clear(at=NOW) == Cleared(drafts=1, submissions=0, sessions=0)


def test_it_is_in_the_timetable_and_can_be_run_by_hand(capsys):
    assert TIMETABLE["clear"] == ("restorative.common.tasks.clear_old", 86_400.0)
    draft(31)
    call_command("clear_old")
    assert capsys.readouterr().out == "Gone: 1 drafts, 0 sent forms, 0 sessions.\n"
    draft(31)
    clear_old()
    assert not Draft.objects.exists()
