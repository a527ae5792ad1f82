"""Imports point down only: between apps, between an app's layers, and away from the web.
The tables below are the rule; a module that breaks one fails unless it is named here with its reason."""

import pytest

from tests.source import APPS, TOP, Import, Module, app_of, imports, modules

# Upward imports, each with its reason. One that is no longer needed fails.
APP_EXCEPTIONS = {
    # The base page writes the ledger before it shows anything, so that no page of an app can forget it.
    ("restorative.common.views", "restorative.audit.ledger.record"),
}

# What each layer may import, from its own app and the apps below. Its own layer is always allowed.
ENUMS = {"enums"}
FACTS = {"enums", "models", "principals", "querysets", "facts"}
ROOMS: dict[str, set[str]] = {
    "enums": set(),
    "events": set(),
    "principals": ENUMS,
    "querysets": ENUMS | {"principals"},
    "models": ENUMS | {"querysets"},
    "facts": ENUMS,
    "meetings_port": ENUMS,
    "outcome": FACTS | {"meetings_port"},
    "provided": FACTS | {"meetings_port", "outcome", "presenters"},
    "blockers": FACTS | {"disclosure"},
    "disclosure": FACTS | {"blockers"},
    "access": FACTS,
    "duties": FACTS | {"access", "blockers", "disclosure"},
    "summary": FACTS | {"meetings_port"},
    "projections": FACTS | {"access", "duties", "summary"},
    "stages": FACTS | {"blockers", "meetings_port"},
    "selectors": FACTS | {"access", "blockers"},
    "reminders": FACTS | {"blockers", "duties"},
    "actions": FACTS
    | {"access", "blockers", "disclosure", "events", "meetings_port", "outcome", "stages"}
    | {"duties", "projections"},
    "receivers": ENUMS | {"models", "actions", "events", "projections"},
    "forms": ENUMS,
    "previews": FACTS | {"reminders"},
    "presenters": FACTS
    | {"blockers", "disclosure", "duties", "stages", "access"}
    | {"reminders", "selectors", "previews"},
    "tasks": {"actions", "projections", "reminders"},
    "views": FACTS
    | {"forms", "presenters", "previews", "actions", "access", "selectors", "blockers", "meetings_port"},
    "urls": {"views"},
    "apps": {"duties", "facts", "meetings_port", "provided", "receivers", "reminders"},
    # Made-up histories, for the demo and for tests: they play through the actions.
    "demo": FACTS | {"actions", "blockers"},
    "management": FACTS | {"actions", "demo", "projections", "stages"},
}
# Only from the apps below: rows of an app above are scoped by those of the app below.
BELOW: dict[str, set[str]] = {"querysets": {"models"}}
# Exceptions: a module and its import, with the reason. One that is no longer needed fails.
ROOM_EXCEPTIONS: set[tuple[str, str]] = {
    # Wording about a person, shared by forms and pages; it contains no form.
    ("referrals.presenters.safety", "referrals.forms.words"),
}

# The web: requests, URLs, templates and form widgets.
WEB = ("http", "shortcuts", "views", "urls", "template", "templatetags", "forms", "middleware", "test")
WEB_OF_ROOM = {
    "views": {"http", "shortcuts", "views", "urls"},
    "urls": {"urls"},
    "forms": {"forms"},
    "presenters": {"urls"},  # a row of a page carries the URL of the page that fixes it
    "reminders": {"urls"},  # a reminder to a worker carries a link
    "management": {"urls"},  # the demo prints the URL of a draft
}


OF_ROOMS = APPS[APPS.index("referrals") :]


def rooms_of_ours() -> list[Module]:
    """Modules of the apps that have layers."""
    return [module for module in modules() if module.app in OF_ROOMS and module.room]


def kind_of_room(name: str) -> str:
    """'presenters' for presenters_page: a layer in several modules keeps its first name."""
    return next((room for room in ROOMS if name == room or name.startswith(f"{room}_")), name)


def room_of(target: str) -> str:
    rest = target.removeprefix(app_of(target)).strip(".")
    return kind_of_room(rest.split(".")[0])


def _may_import(module: Module, target: str) -> set[str]:
    """The layers that a module may import from, in the app it imports from."""
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


def test_every_layer_is_in_the_table():
    unknown = {module.name for module in rooms_of_ours() if kind_of_room(module.room) not in ROOMS}
    assert unknown == set(), "say in ROOMS what this room may import"


def test_layers_import_only_the_layers_below_them():
    wrong = set()
    for module in rooms_of_ours():
        for found in imports(module):
            ours = app_of(found.target) in OF_ROOMS
            if ours and room_of(found.target) not in _may_import(module, found.target):
                wrong.add((module.name, found.target))
    assert wrong == ROOM_EXCEPTIONS


def test_only_views_forms_and_urls_know_the_web():
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
def test_modules_that_bypass_the_walls_are_not_used(forbidden):
    """The admin and model forms read and write rows without a scope."""
    users = [str(found) for found in all_imports() if f"{found.target}.".startswith(f"{forbidden}.")]
    assert users == []


def test_forms_are_plain_forms():
    """A form with a queryset would query by itself; our forms get their choices passed in."""
    words = ("ModelForm", "ModelChoiceField", "ModelMultipleChoiceField", "modelformset_factory")
    found = [f"{module.name}: {word}" for module in modules() for word in words if word in module.text]
    assert found == []
