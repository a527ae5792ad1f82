"""The three organisations that provide Restorative Practice together, with one team each.
`manage.py add_staff` adds staff; `manage.py demo` adds made-up staff."""

from datetime import time
from typing import Any

# key, name, phone, teams. An administrator adds a missing phone.
ORGANISATIONS = [
    ("forward-leeds", "Forward Leeds", "", ["City team", "East team"]),
    ("5-ways", "5 WAYS", "", ["Recovery academy"]),
    ("carers-leeds", "Carers Leeds", "0113 380 4300", ["Families team"]),
]


def seed(organisation_model: Any, team_model: Any) -> None:
    """Create what is missing and change nothing else. Takes the models, so that a migration can call it."""
    for key, name, phone, teams in ORGANISATIONS:
        organisation, _ = organisation_model.objects.get_or_create(
            key=key, defaults={"name": name, "phone": phone, "opens_at": time(9), "closes_at": time(17)}
        )
        for team in teams:
            team_model.objects.get_or_create(organisation=organisation, name=team)
