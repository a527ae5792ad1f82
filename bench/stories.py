"""The referrals that clones are made from: every story of the demo, played once through the actions, with access
given and refused by name in some. Also the notes about them in the schema `bench`, which the product never sees."""

from datetime import datetime, timedelta

from django.core.management import call_command
from django.db import connection

from bench import databases, progress, roster
from meetings.demo import situations
from meetings.demo.staff import make_staff
from meetings.demo.story import Played, open_rooms, publish_sheet
from referrals.actions.grants import Wanted, ask_for_access, bar, give
from referrals.enums import GrantKind, Stage
from referrals.models import Grant, Referral
from restorative.accounts.models import User
from restorative.common import clock

# The schema of what the benchmark notes: a story's referral, who is cast, and each clone (plan.py fills it).
NOTES = """
CREATE SCHEMA bench;
CREATE TABLE bench.stories (name text PRIMARY KEY, referral uuid, closed boolean);
CREATE TABLE bench.casts (id int PRIMARY KEY, map jsonb);
ALTER TABLE bench.casts ALTER COLUMN map SET STORAGE PLAIN;
CREATE TABLE bench.units (n int PRIMARY KEY, story text, referral uuid, days int, minutes int, "cast" int,
                          reference text, family text, sound text);
"""


def play(name: str) -> None:
    """Make the database of the stories."""
    databases.make(name)
    call_command("migrate", verbosity=0)
    now = clock.now()
    staff = make_staff(now)
    roster.hire(staff)
    publish_sheet(now)
    open_rooms(staff, now)
    names, played, show = situations.names(), {}, progress.bar("playing the stories")
    for number, story in enumerate(names, start=1):
        played[story] = situations.make(story, staff, now)
        show(number / len(names))
    _let_in(played, now)
    note(played)
    databases.finish(name)


def note(played: dict[str, Played]) -> None:
    """Note which referral each story is, for plan.py to draw from."""
    with connection.cursor() as cursor:
        cursor.execute(NOTES)
        for story, made in played.items():
            stage = Referral.objects.unscoped("bench").get(pk=made.referral.pk).stage
            cursor.execute(
                "INSERT INTO bench.stories VALUES (%s, %s, %s)",
                [story, made.referral.pk, stage == Stage.CLOSED],
            )


def _let_in(played: dict[str, Played], now: datetime) -> None:
    """Cover for a colleague, an emergency, one that waits to be given, what governance read, and a bar."""
    _ask(played["ready"], GrantKind.COVER, "mo", now - timedelta(days=2), user="ben", days=12)
    _ask(played["booked_tomorrow"], GrantKind.EMERGENCY, "ben", now - timedelta(hours=1))
    _ask(played["paused"], GrantKind.COVER, "kit", now - timedelta(days=1), user="ben", days=9)
    for story in ("closed", "closed_kept"):
        read = _ask(played[story], GrantKind.READING, "gwen", now - timedelta(days=1), days=10)
        read = Grant.objects.unscoped("bench").get(pk=read.pk)
        if read.given_at is None:
            give(grant=read, by=played[story].staff["mo"], at=now - timedelta(hours=20))
    made = played["blocked_sign_off"]
    bar(referral=made.referral, user=made.staff["ben"], reason="They are related.", by=made.staff["mo"])


def _ask(made: Played, kind: GrantKind, by: str, at: datetime, *, user: str = "", days: int = 0) -> Grant:
    asks: User = made.staff[by]
    until = clock.today(at) + timedelta(days=days) if days else None
    reads = kind == GrantKind.READING
    wanted = Wanted(
        kind, made.staff[user] if user else asks, made.own if reads else None, "For the benchmark.", until
    )
    return ask_for_access(referral=made.referral, wanted=wanted, by=asks, at=at)
