"""Set-up of records checks for tests: who asks, who is known elsewhere, what the safeguarding lead decides."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from referrals.actions import records
from referrals.actions.matching import match_names
from referrals.actions.records import Judged
from referrals.enums import Place, Verdict
from referrals.models import Person, RecordsCheck, RecordsHit
from restorative.common import clock

# A Tuesday, half past ten.

BORN = date(1990, 3, 4)
MORNING = datetime(2027, 3, 2, 10, 30, tzinfo=clock.LONDON)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=clock.LONDON)


def asked(staff: Staff, pair: play.Pair | None = None) -> tuple[play.Played, RecordsCheck]:
    """Forward Leeds has logged a referral, and Asha asked for the records check."""
    made = play.log(staff, pair or play.Pair("Kathryn", "Jo"), timezone.now() - timedelta(hours=1))
    return made, records.ask_for_records_check(referral=made.referral, by=staff["asha"])


def known_at_carers(staff: Staff, given: str = "Catherine", family: str = "Example", **facts) -> play.Played:
    """Carers Leeds has a person in one of their referrals."""
    pair = play.Pair(given, "Wilhelmina", Place.PARENT, family)
    made = play.log(staff, pair, timezone.now() - timedelta(days=40), lead="carol")
    Person.objects.unscoped("test").filter(pk=made.own.person_id).update(**facts)
    return made


def hits_of(check: RecordsCheck) -> list[RecordsHit]:
    return list(RecordsHit.objects.unscoped("test").filter(records_check=check))


def look(check: RecordsCheck, staff: Staff, verdict: Verdict = Verdict.NOT_SAME, **when) -> bool:
    match_names(check=check, at=timezone.now())
    said = {hit.pk: Judged(verdict) for hit in hits_of(check)}
    return records.finish_records_check(check=check, said=said, by=staff["sal"], **when)


def released_at(check: RecordsCheck) -> datetime | None:
    return RecordsCheck.objects.unscoped("test").get(pk=check.pk).released_at
