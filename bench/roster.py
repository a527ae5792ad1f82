"""Sixty members of staff in four organisations, and which of them take the parts of a story when it is cloned.
The made-up cast of the demo are the first of them."""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from meetings.demo.staff import CAST, Staff
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User

# k keyworker, f facilitator, m manager, s manager and safeguarding lead, g governance, a administrator.
# These come on top of the demo's twelve.
EXTRA: dict[str, dict[str, str]] = {
    "forward-leeds": {
        "City team": "kkkf",
        "East team": "kkk",
        "North team": "kkkkffm",
        "South team": "kkkkfs",
    },
    "carers-leeds": {"Families team": "kkkkkf", "Young carers team": "kkfs", "": "ga"},
    "5-ways": {"Recovery academy": "kkfm", "Evening team": "kfs", "": "g"},
    "elsewhere": {"Only team": "kkm", "Other team": "kfs", "": "ga"},
}
ROLES = {
    "k": Role.KEYWORKER,
    "f": Role.FACILITATOR,
    "m": Role.MANAGER,
    "s": Role.MANAGER,
    "g": Role.GOVERNANCE,
    "a": Role.ADMINISTRATOR,
}
# Who may play each part: role letters, and whether in the team of the story's first worker or in another one.
PARTS: dict[str, tuple[str, str]] = {
    "asha": ("k", "home"),
    "kit": ("k", "home"),
    "mo": ("ms", "home"),
    "ben": ("k", "away"),
    "fay": ("f", "away"),
    "sal": ("s", "any"),
    "gwen": ("g", "any"),
    "adam": ("a", "any"),
    "wes": ("f", "any"),
    "carol": ("k", "home"),
    "mina": ("ms", "home"),
    "zed": ("k", "home"),
}
# Four in five referrals are led by Forward Leeds; in the others it changes places with another organisation.
HOUSES = {"forward-leeds": 80, "carers-leeds": 12, "elsewhere": 5, "5-ways": 3}


@dataclass(frozen=True)
class Worker:
    """One member of staff, as far as casting needs to know them."""

    key: UUID
    organisation: str
    organisation_key: UUID
    team: UUID | None
    letter: str


def hire(staff: Staff) -> None:
    """Make the staff that the demo does not have, with a manager and a duty worker for each new team."""
    number = 0
    for key, teams in EXTRA.items():
        organisation = Organisation.objects.get(key=key)
        for name, letters in teams.items():
            team = Team.objects.get_or_create(organisation=organisation, name=name)[0] if name else None
            made = []
            for letter in letters:
                number += 1
                made.append(_person(number, letter, organisation, team))
            if team is not None:
                _fill(team, made)


def _person(number: int, letter: str, organisation: Organisation, team: Team | None) -> User:
    return User.objects.create_user(
        email=f"worker{number}@demo.example",
        first_name=f"Worker{number}",
        last_name="Example",
        work_phone=f"0113 496 {number + 100:04}",
        organisation=organisation,
        team=team,
        role=ROLES[letter],
        safeguarding_lead=letter == "s",
    )


def _fill(team: Team, made: list[User]) -> None:
    team.manager = team.manager or next((user for user in made if user.role == Role.MANAGER), None)
    team.duty_worker = team.duty_worker or next(user for user in made if user.role == Role.KEYWORKER)
    team.save()


def workers() -> list[Worker]:
    """Everybody, the demo's cast first, then in the order in which they were made."""
    users = User.objects.select_related("organisation").order_by("created_at", "email")
    return [
        Worker(user.pk, user.organisation.key, user.organisation_id, user.team_id, _letter(user))
        for user in users
    ]


def _letter(user: User) -> str:
    if user.safeguarding_lead:
        return "s"
    return next(letter for letter, role in ROLES.items() if role == user.role)


def cast(chance: Random, staff: list[Worker], original: dict[str, Worker]) -> dict[str, str]:
    """Who and what stands in for the staff, teams and organisations of the demo in one clone, by id.

    The first of each kind are taken most often, so that some have ten times as many referrals as others.
    """
    house = chance.choices([*HOUSES], weights=[*HOUSES.values()])[0]
    goes = {"forward-leeds": house, house: "forward-leeds"}
    found: dict[str, str] = {}
    for organisation in HOUSES:
        there = [worker for worker in staff if worker.organisation == goes.get(organisation, organisation)]
        parts = {key: CAST[key] for key in PARTS if CAST[key][2] == organisation}
        stand_ins = _parts(chance, there, [*parts])
        for key, stand_in in stand_ins.items():
            old = original[key]
            found[str(old.key)] = str(stand_in.key)
            found[str(old.organisation_key)] = str(stand_in.organisation_key)
            if old.team and stand_in.team:
                found.setdefault(str(old.team), str(stand_in.team))
    return found


def _parts(chance: Random, there: list[Worker], parts: list[str]) -> dict[str, Worker]:
    """A worker of one organisation for each of these parts, no one twice."""
    home = _home(chance, there)
    taken: dict[str, Worker] = {}
    for part in parts:
        letters, where = PARTS[part]
        free = [worker for worker in there if worker.letter in letters and worker not in taken.values()]
        near = [worker for worker in free if where == "any" or (worker.team == home) == (where == "home")]
        if candidates := near or free:
            taken[part] = _skewed(chance, candidates)
    return taken


def _home(chance: Random, there: list[Worker]) -> UUID | None:
    """A team with two keyworkers and a manager besides whom there is another safeguarding lead."""
    teams = []
    for team in dict.fromkeys(worker.team for worker in there if worker.team):
        letters = [worker.letter for worker in there if worker.team == team]
        elsewhere = [worker.letter for worker in there if worker.team != team]
        if letters.count("k") > 1 and {*letters} & {"m", "s"} and "s" in elsewhere:
            teams.append(team)
    return _skewed(chance, teams) if teams else None


def _skewed(chance: Random, things: list):
    return chance.choices(things, weights=[1 / (place + 1) for place in range(len(things))])[0]
