"""The three organisations that deliver Restorative Practice together, and a first team each.
Staff are added by `manage.py add_staff`, made-up ones by `manage.py demo`."""

from datetime import time
from typing import Any

# key, name, phone, teams. A phone that is not known here is filled in at set-up.
ORGANISATIONS = [
    ("forward-leeds", "Forward Leeds", "", ["City team", "East team"]),
    ("5-ways", "5 WAYS", "", ["Recovery academy"]),
    ("carers-leeds", "Carers Leeds", "0113 380 4300", ["Families team"]),
]


def seed(organisation_model: Any, team_model: Any) -> None:
    """Make what is missing and leave the rest as it is. Takes the models, so that a migration can call it."""
    for key, name, phone, teams in ORGANISATIONS:
        organisation, _ = organisation_model.objects.get_or_create(
            key=key, defaults={"name": name, "phone": phone, "opens_at": time(9), "closes_at": time(17)}
        )
        for team in teams:
            team_model.objects.get_or_create(organisation=organisation, name=team)
