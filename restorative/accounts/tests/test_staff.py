"""Staff, organisations and teams, and the command that adds the first administrator."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User
from restorative.accounts.seed import seed
from restorative.accounts.tests.makers import make_organisation, make_user
from restorative.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisations():
    seed(Organisation, Team)


def test_the_three_organisations_exist_once(organisations):
    seed(Organisation, Team)
    carers = Organisation.objects.get(key="carers-leeds")
    assert carers.phone == "0113 380 4300"
    assert (carers.opens_at.hour, carers.closes_at.hour) == (9, 17)
    assert set(Organisation.objects.values_list("name", flat=True)) >= {
        "Forward Leeds",
        "5 WAYS",
        "Carers Leeds",
    }
    assert all(organisation.teams.exists() for organisation in Organisation.objects.all())


@pytest.mark.parametrize(
    ("role", "casework"),
    [
        (Role.KEYWORKER, True),
        (Role.FACILITATOR, True),
        (Role.MANAGER, True),
        (Role.ADMINISTRATOR, False),
        (Role.GOVERNANCE, False),
    ],
)
def test_properties_of_each_role(role, casework):
    user = make_user(role=role)
    assert user.does_casework == casework
    assert user.is_manager == (role == Role.MANAGER)
    assert user.is_administrator == (role == Role.ADMINISTRATOR)
    assert user.is_governance == (role == Role.GOVERNANCE)


def test_no_groups_and_no_superuser():
    names = {field.name for field in User._meta.get_fields()}
    assert not names & {"groups", "user_permissions", "is_superuser", "is_staff"}


@pytest.mark.parametrize("fields", [{"role": "boss"}, {"email": "Upper@example.org"}])
def test_the_database_refuses(fields):
    user = make_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(**fields)


def test_an_organisation_closes_after_it_opens():
    organisation = make_organisation()
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=organisation.pk).update(closes_at="08:00")


def add_staff(*arguments: str) -> str:
    out = StringIO()
    call_command("add_staff", *arguments, stdout=out)
    return out.getvalue()


def test_add_staff_prints_a_password_that_works(organisations, client):
    said = add_staff(
        "Ada@Example.org", "--first-name=Ada", "--role=administrator", "--organisation=forward-leeds"
    )
    password = said.split("Password, shown this once: ")[1].strip()
    user = User.objects.get(email="ada@example.org")
    assert user.role == Role.ADMINISTRATOR
    assert client.post("/sign-in/", {"login": user.email, "password": password}).status_code == 302
    entry = AuditEntry.objects.get(verb="staff_added")
    assert str(user.pk) in str(entry.thing_ids)


def test_add_staff_asks_for_what_is_missing(organisations, monkeypatch):
    answers = iter(["carers-leeds", "carol@example.org", "Carol", "keyworker"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    typed = iter(["correct horse battery", "correct horse battery"])
    monkeypatch.setattr("restorative.accounts.management.commands.add_staff.getpass", lambda _: next(typed))
    add_staff("--team=Families team", "--ask-password")
    user = User.objects.get(email="carol@example.org")
    assert user.team.name == "Families team"
    assert user.check_password("correct horse battery")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x@example.org", "--organisation=nowhere"], "No organisation has the key 'nowhere'"),
        (["x@example.org", "--organisation=5-ways", "--team=None"], "has no team 'None'"),
        (["not an address", "--organisation=5-ways"], "email: "),
        (["taken@example.org", "--organisation=5-ways"], "already exists"),
    ],
)
def test_add_staff_explains_errors(organisations, arguments, sentence):
    make_user(email="taken@example.org")
    with pytest.raises(CommandError, match=sentence):
        add_staff(*arguments, "--first-name=X", "--role=keyworker")
    assert User.objects.count() == 1
