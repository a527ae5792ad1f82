"""manage.py demo: made-up staff and referrals, produced by running the actions at past times."""

import fcntl
import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import transaction
from django.urls import reverse

from meetings.demo import situations
from meetings.demo.staff import CAST, PASSWORD, email_of, make_staff
from meetings.demo.story import open_rooms, publish_sheet
from referrals.models import Party
from restorative.accounts.models import User
from restorative.common import clock, drafts
from restorative.common.models import Draft


class Command(BaseCommand):
    """Seeds an empty database. `--fresh` starts again; refused if real referrals exist."""

    help = "Seed an empty database with made-up people; --fresh starts again; --json prints what was made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--fresh", action="store_true", help="throw the made-up data away and start again"
        )
        parser.add_argument("--json", action="store_true", help="print sign-ins and references as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.RESTORATIVE_ENV == "production":
            raise CommandError("The demo is not for production.")
        if _real_data():
            raise CommandError("This database holds people who are not made up. The demo leaves it alone.")
        with self._one_at_a_time():
            if options["fresh"] and User.objects.exists():
                call_command("flush", interactive=False, verbosity=0)
                _seed_organisations()
            if not User.objects.exists():
                with transaction.atomic():
                    seed(self._progress)
        if options["json"]:
            self.stdout.write(json.dumps(sign_ins(), indent=2))
        elif not options["fresh"]:
            self.stdout.write("The made-up people are in place.")

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Wait for another process that is seeding, so that this one sees all its rows."""
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.DATA_DIR / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._tell("Waiting for another process that is making up people and referrals.\n")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _progress(self, done: int, of: int) -> None:
        """A line that counts up; without a terminal, a line at each quarter."""
        line = f"Making up people and referrals: {done} of {of}"
        if self.stderr.isatty():
            self._tell(f"\r{line}" + ("\n" if done == of else ""))
        elif done * 4 // of > (done - 1) * 4 // of:
            self._tell(f"{line}\n")

    def _tell(self, text: str) -> None:
        """Progress goes to stderr: stdout is for the answer."""
        self.stderr.write(text, style_func=str, ending="")
        self.stderr.flush()


def _real_data() -> bool:
    """Whether there is an account that is not one of the made-up staff."""
    made_up = [email_of(key) for key in CAST]
    return User.objects.exclude(email__in=made_up).exists()


def _seed_organisations() -> None:
    from restorative.accounts.models import Organisation, Team
    from restorative.accounts.seed import seed as seed_organisations

    seed_organisations(Organisation, Team)


def seed(progress: Callable[[int, int], None] = lambda done, of: None) -> None:
    """Play every situation once."""
    now = clock.now()
    staff = make_staff(now)
    publish_sheet(now)
    open_rooms(staff, now)
    names = situations.names()
    for done, name in enumerate(names, 1):
        situations.make(name, staff, now)
        progress(done, len(names))


def sign_ins() -> dict[str, Any]:
    """The output of --json. Situations are found by the names of their made-up people."""
    return {
        "password": PASSWORD,
        "sign_ins": {key: email_of(key) for key in CAST},
        "roles": _roles(),
        "referrals": _references(),
        "addresses": _addresses(),
    }


def _roles() -> dict[str, str]:
    """By email address, for users who do not know the cast yet."""
    emails = [email_of(key) for key in CAST]
    found = {user.email: user for user in User.objects.select_related("organisation", "team")}
    return {email: _role(found[email]) for email in emails if email in found}


def _role(user: User) -> str:
    """What a user does and where: "manager and safeguarding lead, Forward Leeds, East team"."""
    role = f"{user.get_role_display().lower()}{' and safeguarding lead' if user.safeguarding_lead else ''}"
    return ", ".join([role, user.organisation.name, *([user.team.name] if user.team else [])])


def _addresses() -> dict[str, str]:
    """The URL of the unsent draft, until it is deleted as too old."""
    draft = Draft.objects.order_by("updated_at").last()
    if draft is None:
        return {}
    name, values = drafts.parts_of(draft.place)
    return {"draft": reverse(name, args=values)}


def _references() -> dict[str, str]:
    pairs = {name: situations.pair_of(name) for name in situations.names()}
    found = dict(
        Party.objects.unscoped("demo")
        .filter(place="in_treatment")
        .values_list("known_as", "referral__reference")
    )
    return {name: found[pair.own] for name, pair in pairs.items() if pair.own in found}
