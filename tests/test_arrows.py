"""Imports point down only: between apps, between the rooms of an app, and away from the web.
The tables below are the rule; a module that breaks one fails unless it is named here with its reason."""

import pytest

from tests.source import APPS, TOP, Import, Module, app_of, imports, modules

# Arrows that go up, each with its reason. One that is no longer needed fails.
APP_EXCEPTIONS = {
    # The base page writes the ledger before it shows anything: a page of any app can then not forget it.
    ("restorative.common.views", "restorative.audit.ledger.record"),
}

# What each room may import, of its own app and of the apps below it. Its own room is always allowed.
ENUMS = {"enums"}
FACTS = {"enums", "models", "principals", "querysets", "facts"}
ROOMS: dict[str, set[str]] = {
    "enums": set(),
    "events": set(),
    "principals": ENUMS,
    "querysets": ENUMS | {"principals"},
    "models": ENUMS | {"querysets"},
    "facts": ENUMS,
    "involvement": FACTS,
    "meetings_port": ENUMS,
    "outcome": FACTS | {"meetings_port"},
    "provided": FACTS | {"meetings_port", "outcome", "presenters"},
    "blockers": FACTS | {"disclosure"},
    "disclosure": FACTS | {"blockers"},
    "access": FACTS | {"involvement"},
    "projections": FACTS | {"access"},
    "stages": FACTS | {"blockers", "meetings_port"},
    "selectors": FACTS | {"access", "blockers"},
    "reminders": FACTS | {"blockers", "involvement"},
    "actions": FACTS
    | {"access", "blockers", "disclosure", "events", "involvement", "meetings_port", "outcome", "stages"}
    | {"projections"},
    "receivers": ENUMS | {"models", "actions", "events"},
    "forms": ENUMS,
    "tellings": FACTS | {"reminders"},
    "presenters": FACTS
    | {"blockers", "disclosure", "involvement", "stages", "access", "reminders", "selectors", "tellings"},
    "tasks": {"actions", "projections", "reminders"},
    "views": FACTS
    | {"forms", "presenters", "tellings", "actions", "access", "selectors", "blockers", "meetings_port"},
    "urls": {"views"},
    "apps": {"meetings_port", "provided", "receivers", "reminders"},
    # Made-up histories, for the demo and for tests: they play through the actions.
    "demo": FACTS | {"actions", "blockers"},
    "management": FACTS | {"actions", "demo", "projections", "stages"},
}
# Of the apps below only: the rows of an app above are scoped by those of the app below.
BELOW: dict[str, set[str]] = {"querysets": {"models"}}
# A module's name and what it imports, each with its reason. One that is no longer needed fails.
ROOM_EXCEPTIONS: set[tuple[str, str]] = {
    # How a person is spoken of in sentences: words that forms and pages share, no form among them.
    ("referrals.presenters.safety", "referrals.forms.words"),
}

# The web: who may know of requests, addresses, templates and form widgets.
WEB = ("http", "shortcuts", "views", "urls", "template", "templatetags", "forms", "middleware", "test")
WEB_OF_ROOM = {
    "views": {"http", "shortcuts", "views", "urls"},
    "urls": {"urls"},
    "forms": {"forms"},
    "presenters": {"urls"},  # a row of a page carries the address of the page that mends it
    "reminders": {"urls"},  # a reminder to a worker carries a link
    "management": {"urls"},  # the demo prints the address of a form that was begun
}


OF_ROOMS = APPS[APPS.index("referrals") :]


def rooms_of_ours() -> list[Module]:
    """Modules of the apps that are built of rooms."""
    return [module for module in modules() if module.app in OF_ROOMS and module.room]


def kind_of_room(name: str) -> str:
    """'presenters' for presenters_page: a room that has split keeps its first name."""
    return next((room for room in ROOMS if name == room or name.startswith(f"{room}_")), name)


def room_of(target: str) -> str:
    rest = target.removeprefix(app_of(target)).strip(".")
    return kind_of_room(rest.split(".")[0])


def _may_import(module: Module, target: str) -> set[str]:
    """The rooms a module may take something from, in the app of what it takes."""
    room = kind_of_room(module.room)
    below = set() if app_of(target) == module.app else BELOW.get(room, set())
    return {"", room} | ROOMS.get(room, set()) | below


def all_imports() -> list[Import]:
    return [found for module in modules() for found in imports(module)]


def test_apps_import_only_the_apps_below_them():
    order = [*APPS, TOP]
    up = {
        (found.module.name, found.target)
        for found in all_imports()
        if app_of(found.target) and order.index(app_of(found.target)) > order.index(found.module.app)
    }
    assert up == APP_EXCEPTIONS


def test_the_outbox_the_ledger_and_accounts_know_nothing_of_referrals():
    below = [found for found in all_imports() if found.module.name.startswith("restorative.")]
    knowing = {str(found) for found in below if app_of(found.target) in OF_ROOMS}
    assert knowing == set()


def test_every_room_is_in_the_table():
    unknown = {module.name for module in rooms_of_ours() if kind_of_room(module.room) not in ROOMS}
    assert unknown == set(), "say in ROOMS what this room may import"


def test_rooms_import_only_the_rooms_below_them():
    wrong = set()
    for module in rooms_of_ours():
        for found in imports(module):
            ours = app_of(found.target) in OF_ROOMS
            if ours and room_of(found.target) not in _may_import(module, found.target):
                wrong.add((module.name, found.target))
    assert wrong == ROOM_EXCEPTIONS


def test_only_views_forms_and_addresses_know_the_web():
    wrong = []
    for module in rooms_of_ours():
        allowed = WEB_OF_ROOM.get(kind_of_room(module.room), set())
        for found in imports(module):
            parts = found.target.split(".")
            if parts[0] == "django" and parts[1] in WEB and parts[1] not in allowed:
                wrong.append(str(found))
    assert wrong == []


@pytest.mark.parametrize(
    "forbidden", ["django.contrib.admin", "django.forms.models", "django.forms.ModelForm"]
)
def test_nobody_uses_what_goes_round_the_walls(forbidden):
    """The admin and model forms read and write rows without a scope."""
    users = [str(found) for found in all_imports() if f"{found.target}.".startswith(f"{forbidden}.")]
    assert users == []


def test_forms_are_plain_forms():
    """A form with a queryset in it would fetch rows by itself; ours get their choices handed in."""
    words = ("ModelForm", "ModelChoiceField", "ModelMultipleChoiceField", "modelformset_factory")
    found = [f"{module.name}: {word}" for module in modules() for word in words if word in module.text]
    assert found == []
