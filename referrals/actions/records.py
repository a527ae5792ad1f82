"""The records check: asked for, matched, reviewed by a safeguarding lead, and released at a fixed time.
matching.py finds the hits. Before the release nothing here changes what others see."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import access
from referrals.actions.change import changing, require_open
from referrals.actions.lifecycle import decide
from referrals.actions.matching import left_to_look_at, match_names
from referrals.enums import Verdict
from referrals.models import RecordsCheck, RecordsHit, Referral, Suitability
from referrals.projections import reproject
from restorative.accounts.models import User
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.common.rules import rules


def ask_for_records_check(*, referral: Referral, by: User, at: datetime | None = None) -> RecordsCheck:
    """Ask a safeguarding lead to match the names of all people in this referral. Only one check may wait at a time."""
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        require_open(change.referral)
        waiting = RecordsCheck.objects.unscoped("already asked?").filter(
            referral=referral, released_at__isnull=True
        )
        if waiting.exists():
            raise NotPossible("The records check has already been asked for.")
        check = change.add(RecordsCheck, referral=change.referral, **change.stamp("asked"))
        change.record("records_check_asked", check)
        return check


def decide_and_ask(
    *, referral: Referral, by: User, at: datetime | None = None, **decision: Any
) -> Suitability:
    """Decide (see lifecycle.decide) and ask for the records check, both or neither."""
    with changing(referral, by=by, at=at):
        row = decide(referral=referral, by=by, **decision)
        ask_for_records_check(referral=referral, by=by)
        return row


@dataclass(frozen=True)
class Judged:
    """A safeguarding lead's judgement of one hit."""

    verdict: Verdict
    note: str = ""


def finish_records_check(
    *, check: RecordsCheck, said: Mapping[UUID, Judged], by: User, at: datetime | None = None
) -> bool:
    """Judge each hit, by its id. With none left the check is done, and waits for the next fixed time.

    False if new hits appeared in the meantime; the judgements are kept. The referral's version and last activity stay:
    they would reveal that a safeguarding lead was at work. Raises Refused or NotPossible.
    """
    at = at or clock.now()
    access.may_release_records(by, check).require()
    with _under_its_lock(check, at):
        rows = RecordsCheck.objects.unscoped("done?").filter(pk=check.pk, done_at__isnull=True)
        if not rows.filter(released_at__isnull=True).update(matched_at=at):
            raise NotPossible("A colleague has already said that this records check is done.")
        match_names(check=check, at=at)
        for key, each in said.items():
            RecordsHit.objects.unscoped("looked at").filter(pk=key, records_check=check, verdict="").update(
                verdict=each.verdict, note=each.note, looked_at=at, looked_by=by
            )
        if left_to_look_at(check):
            return False
        rows.update(done_at=at, done_by=by)
        record("records_check_done", by=by, thing=check, referral_id=check.referral_id, at=at)
        return True


@contextmanager
def _under_its_lock(check: RecordsCheck, at: datetime) -> Iterator[None]:
    """A change of a check that no one else may notice. At the end the referral's projections are brought in line."""
    with transaction.atomic():
        list(Referral.objects.unscoped("lock").select_for_update().filter(pk=check.referral_id))
        yield
        reproject([check.referral_id], at)


def release_records_check(*, check: RecordsCheck, by: User, at: datetime | None = None) -> None:
    """Release a records check that has no hits left to review. The worker who asked sees only that it is done.

    Only release_due (at the fixed times) and release_by_phone call this.
    """
    access.may_release_records(by, check).require()
    with changing(check.referral_id, by=by, at=at) as change:
        fresh = RecordsCheck.objects.unscoped("release").get(pk=check.pk)
        if fresh.matched_at is None:
            match_names(check=fresh, at=change.at)
        if left_to_look_at(fresh):
            raise NotPossible("Say first of each name that was found whether it is the same person.")
        done = {"done_at": fresh.done_at or change.at, "done_by_id": fresh.done_by_id or by.pk}
        change.settle(fresh, "released", "This records check was already released.", **done)
        # A person who joined while it waited was not matched, and needs a check of their own.
        joined = any(party.row.created_at > fresh.asked_at for party in change.facts.present)
        change.record(
            "records_check_released", fresh, why="someone_joined_since" if joined else "all_matched"
        )


def release_by_phone(*, check: RecordsCheck, by: User, at: datetime | None = None) -> None:
    """Release a finished check at once, because `by` rang the referral's lead and told them."""
    access.may_release_records(by, check).require()
    with changing(check.referral_id, by=by, at=at) as change:
        if not RecordsCheck.objects.unscoped("by phone").filter(pk=check.pk, done_at__isnull=False).exists():
            raise NotPossible("Say first that it is done.")
        release_records_check(check=check, by=by)
        change.record("records_check_told_by_phone", check, change.referral.lead)


# --- Periodic tasks -------------------------------------------------------------------------------------------


def match_waiting(*, at: datetime | None = None) -> int:
    """Match the names of every check that has not been matched. Returns how many there were."""
    at = at or clock.now()
    rows = RecordsCheck.objects.unscoped("timetable").filter(released_at__isnull=True)
    checks = list(rows.filter(matched_at__isnull=True))
    for check in checks:
        match_names(check=check, at=at)
    return len(checks)


def release_due(*, at: datetime | None = None) -> int:
    """Release checks that were finished before the last fixed time. Returns how many; those already released are
    skipped.

    A lead who has since come to work on the referral is no second person, so their check waits again.
    """
    at = at or clock.now()
    due = RecordsCheck.objects.unscoped("timetable").filter(
        released_at__isnull=True, done_at__lt=clock.last_of(at, rules().records_release_minutes)
    )
    released = 0
    for check in due.select_related("referral", "done_by").order_by("done_at", "pk"):
        assert check.done_by is not None  # noqa: S101 - the constraint says so
        try:
            release_records_check(check=check, by=check.done_by, at=at)
            released += 1
        except Refused:
            _wait_again(check, at)
        except NotPossible:
            continue
    return released


def _wait_again(check: RecordsCheck, at: datetime) -> None:
    with _under_its_lock(check, at):
        rows = RecordsCheck.objects.unscoped("timetable").filter(pk=check.pk, released_at__isnull=True)
        if rows.update(done_at=None, done_by=None):
            record("records_check_waits_again", by=None, thing=check, referral_id=check.referral_id, at=at)
