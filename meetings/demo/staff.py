"""The made-up staff of the three organisations and of one other."""

from dataclasses import dataclass
from datetime import datetime, time

from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User
from restorative.accounts.seed import seed

PASSWORD = "only-made-up-people-here"  # noqa: S105 - shown to all; never in production

# key: first name, role, organisation, team, safeguarding lead
CAST: dict[str, tuple[str, Role, str, str, bool]] = {
    "asha": ("Asha", Role.KEYWORKER, "forward-leeds", "City team", False),
    "kit": ("Kit", Role.KEYWORKER, "forward-leeds", "City team", False),
    "ben": ("Ben", Role.KEYWORKER, "forward-leeds", "East team", False),
    "fay": ("Fay", Role.FACILITATOR, "forward-leeds", "East team", False),
    "mo": ("Mo", Role.MANAGER, "forward-leeds", "City team", False),
    "sal": ("Sal", Role.MANAGER, "forward-leeds", "East team", True),
    "gwen": ("Gwen", Role.GOVERNANCE, "forward-leeds", "", False),
    "adam": ("Adam", Role.ADMINISTRATOR, "forward-leeds", "", False),
    "wes": ("Wes", Role.FACILITATOR, "5-ways", "Recovery academy", False),
    "carol": ("Carol", Role.KEYWORKER, "carers-leeds", "Families team", False),
    "mina": ("Mina", Role.MANAGER, "carers-leeds", "Families team", False),
    "zed": ("Zed", Role.KEYWORKER, "elsewhere", "Only team", False),
}


@dataclass
class Staff:
    """The staff by key: staff["asha"]."""

    people: dict[str, User]

    def __getitem__(self, key: str) -> User:
        return self.people[key]


def email_of(key: str) -> str:
    return f"{key}@demo.example"


def make_staff(at: datetime) -> Staff:
    """Create the staff, with their organisations and teams if these are missing."""
    seed(Organisation, Team)
    people: dict[str, User] = {}
    for number, (key, (first, role, organisation_key, team_name, lead)) in enumerate(CAST.items()):
        organisation, _ = Organisation.objects.get_or_create(
            key=organisation_key,
            defaults={"name": organisation_key.title(), "opens_at": time(9), "closes_at": time(17)},
        )
        team = None
        if team_name:
            team, _ = Team.objects.get_or_create(organisation=organisation, name=team_name)
        people[key] = User.objects.create_user(
            email=email_of(key),
            password=PASSWORD,
            first_name=first,
            last_name="Example",
            # Numbers reserved for fiction, 0113 496 0000 to 0999: not in service.
            work_phone=f"0113 496 {number:04}",
            organisation=organisation,
            team=team,
            role=role,
            safeguarding_lead=lead,
        )
    Team.objects.filter(organisation__key="forward-leeds", name="City team").update(
        manager=people["mo"], duty_worker=people["kit"]
    )
    Team.objects.filter(organisation__key="forward-leeds", name="East team").update(
        manager=people["sal"], duty_worker=people["ben"]
    )
    Team.objects.filter(organisation__key="carers-leeds").update(
        manager=people["mina"], duty_worker=people["carol"]
    )
    return Staff(
        {
            key: User.objects.select_related("organisation", "team").get(pk=user.pk)
            for key, user in people.items()
        }
    )
