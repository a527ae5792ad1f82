"""manage.py demo: made-up staff and referrals, played through the actions at past times."""

import json
from argparse import ArgumentParser
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
    """Seeds an empty database. `--fresh` starts again; it refuses where real referrals exist."""

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
        if options["fresh"] and User.objects.exists():
            call_command("flush", interactive=False, verbosity=0)
            _seed_organisations()
        if not User.objects.exists():
            with transaction.atomic():
                seed()
        if options["json"]:
            self.stdout.write(json.dumps(sign_ins(), indent=2))
        elif not options["fresh"]:
            self.stdout.write("The made-up people are in place.")


def _real_data() -> bool:
    """Whether anybody here is not one of the made-up cast."""
    made_up = [email_of(key) for key in CAST]
    return User.objects.exclude(email__in=made_up).exists()


def _seed_organisations() -> None:
    from restorative.accounts.models import Organisation, Team
    from restorative.accounts.seed import seed as seed_organisations

    seed_organisations(Organisation, Team)


def seed() -> dict[str, str]:
    """Play every situation once. Returns the references by situation."""
    now = clock.now()
    staff = make_staff(now)
    publish_sheet(now)
    open_rooms(staff, now)
    return {name: situations.make(name, staff, now).referral.reference for name in situations.names()}


def sign_ins() -> dict[str, Any]:
    """What --json prints. Situations are found again by the names of their made-up people."""
    return {
        "password": PASSWORD,
        "sign_ins": {key: email_of(key) for key in CAST},
        "referrals": _references(),
        "addresses": _addresses(),
    }


def _addresses() -> dict[str, str]:
    """Of what is no referral of its own: the form that was begun and not sent."""
    name, values = drafts.parts_of(Draft.objects.latest("updated_at").place)
    return {"draft": reverse(name, args=values)}


def _references() -> dict[str, str]:
    pairs = {name: situations.pair_of(name) for name in situations.names()}
    found = dict(
        Party.objects.unscoped("demo")
        .filter(place="in_treatment")
        .values_list("known_as", "referral__reference")
    )
    return {name: found[pair.own] for name, pair in pairs.items() if pair.own in found}
