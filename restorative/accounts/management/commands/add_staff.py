"""manage.py add_staff: add a member of staff; it asks for missing values. Used for the first administrator."""

import secrets
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User
from restorative.audit.ledger import record


class Command(BaseCommand):
    help = "Add a member of staff. Asks for what is not given; prints a password unless one is typed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?")
        parser.add_argument("--first-name")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--phone", default="", help="work phone")
        parser.add_argument("--organisation", help="its short key, such as forward-leeds")
        parser.add_argument("--team", default="", help="the team's name in that organisation")
        parser.add_argument("--role", choices=Role.values)
        parser.add_argument("--safeguarding-lead", action="store_true")
        parser.add_argument(
            "--ask-password", action="store_true", help="type the password instead of being given one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = self._organisation(options["organisation"] or self._ask("Organisation", _keys()))
        user = User(
            email=(options["email"] or self._ask("Work email address")).strip().lower(),
            first_name=options["first_name"] or self._ask("First name"),
            last_name=options["last_name"],
            work_phone=options["phone"],
            organisation=organisation,
            team=self._team(organisation, options["team"]),
            role=options["role"] or self._ask("Role", Role.values),
            safeguarding_lead=options["safeguarding_lead"],
        )
        password = self._type_password(user) if options["ask_password"] else secrets.token_urlsafe(15)
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError(
                " ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
            ) from None
        with transaction.atomic():
            user.save()
            record("staff_added", by=None, thing=user, fields=["role", "organisation", "safeguarding_lead"])
        self.stdout.write(f"{user.full_name} can sign in with {user.email}.")
        if not options["ask_password"]:
            self.stdout.write(f"Password, shown this once: {password}")

    def _ask(self, what: str, choices: list[str] | None = None) -> str:
        hint = f" ({', '.join(choices)})" if choices else ""
        try:
            return input(f"{what}{hint}: ").strip()
        except EOFError:
            raise CommandError(f"{what} is needed.") from None

    def _organisation(self, key: str) -> Organisation:
        try:
            return Organisation.objects.get(key=key)
        except Organisation.DoesNotExist:
            raise CommandError(
                f"No organisation has the key {key!r}. There are: {', '.join(_keys())}."
            ) from None

    def _team(self, organisation: Organisation, name: str) -> Team | None:
        if not name:
            return None
        try:
            return organisation.teams.get(name=name)
        except Team.DoesNotExist:
            names = ", ".join(organisation.teams.values_list("name", flat=True)) or "none"
            raise CommandError(f"{organisation} has no team {name!r}. There are: {names}.") from None

    def _type_password(self, user: User) -> str:
        password = getpass("Password: ")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if getpass("Password again: ") != password:
            raise CommandError("The two passwords differ.")
        return password


def _keys() -> list[str]:
    return list(Organisation.objects.order_by("key").values_list("key", flat=True))
