"""Which clones there are: of which story, how long ago, with whose staff and under which name. Clone number n is the
same at every size, so that a larger database holds everything a smaller one does."""

import io
import json
from dataclasses import dataclass
from itertools import product
from random import Random

from django.db import connection

from bench import roster
from meetings.demo.staff import CAST, email_of
from referrals.models import InformationSheet
from restorative.accounts.models import Team, User
from restorative.common.references import ALPHABET
from restorative.common.sounds import sound_keys

# What goes on now: the first 400, and two in a hundred of the rest. The others are past, nearly all closed.
CURRENT, ALSO_CURRENT_EVERY = 400, 50
# In a hundred referrals of the past, so many were left lying open.
LEFT_LYING = 1
YEARS = 3
CASTS = 400
# The family name of everybody in the demo, which each clone has replaced.
FAMILY = "Example"
STARTS = (
    "Al",
    "Bar",
    "Cor",
    "Dun",
    "El",
    "Far",
    "Gal",
    "Hol",
    "In",
    "Jar",
    "Kel",
    "Lan",
    "Mor",
    "Nor",
    "Pen",
    "Sel",
    "Tor",
    "Wal",
)
ENDS = (
    "aby",
    "bert",
    "combe",
    "den",
    "ford",
    "gate",
    "ham",
    "kirk",
    "land",
    "mere",
    "port",
    "ridge",
    "stone",
    "ton",
    "worth",
)
FAMILIES = [f"{start}{middle}{end}" for start, middle, end in product(STARTS, ("", "en", "ing"), ENDS)]


@dataclass(frozen=True)
class Unit:
    """One clone of one story's referral, moved back in time by whole weeks and some minutes."""

    n: int
    story: str
    referral: str
    days: int
    minutes: int
    cast: int
    reference: str
    family: str
    sound: str


def unit(n: int, stories: list[tuple[str, str, bool]]) -> Unit:
    """Clone number n. Nothing about it depends on how many there are."""
    chance = Random(n)
    current = n <= CURRENT or n % ALSO_CURRENT_EVERY == 0
    weeks = (
        chance.choice((0, 0, 0, 1, 1, 2, 3))
        if current
        else 4 + int((YEARS * 52 - 4) * chance.random() ** 1.3)
    )
    wanted = [row for row in stories if current or row[2] == (chance.random() * 100 >= LEFT_LYING)] or stories
    name, referral, _ = chance.choice(wanted)
    family = chance.choice(FAMILIES)
    return Unit(
        n=n,
        story=name,
        referral=str(referral),
        days=7 * weeks,
        minutes=n % 50,
        cast=chance.randrange(CASTS),
        reference=reference(n),
        family=family,
        sound=min(sound_keys(family)),
    )


def reference(n: int) -> str:
    """The reference of clone number n: each number has one of its own, and they look random."""
    most = len(ALPHABET) ** 6
    left, letters = (n * 77_777_777 + 12_345_679) % most, ""
    for _ in range(6):
        left, place = divmod(left, len(ALPHABET))
        letters += ALPHABET[place]
    return f"RP-{letters[:4]}-{letters[4:]}"


def write_casts() -> None:
    """Draw who stands in for whom, some hundred times, once for all sizes."""
    staff = roster.workers()
    of_key = {worker.key: worker for worker in staff}
    original = {key: of_key[User.objects.get(email=email_of(key)).pk] for key in CAST}
    there = (
        *_shared(),
        *(key for worker in original.values() for key in (worker.key, worker.organisation_key)),
        *Team.objects.values_list("pk", flat=True),
    )
    same = {str(key): str(key) for key in there}
    with connection.cursor() as cursor:
        for number in range(CASTS):
            found = {**same, **roster.cast(Random(number), staff, original)}
            cursor.execute("INSERT INTO bench.casts VALUES (%s, %s)", [number, json.dumps(found)])


def _shared() -> list:
    """Ids that stay what they are in every clone."""
    from meetings.models import Venue

    nobody = "00000000-0000-0000-0000-000000000000"
    return [
        nobody,
        *Venue.objects.values_list("pk", flat=True),
        *InformationSheet.objects.values_list("pk", flat=True),
    ]


def write_units(first: int, last: int) -> None:
    """Note the clones from number `first` to `last`."""
    columns = ("n", "story", "referral", "days", "minutes", "cast", "reference", "family", "sound")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, referral, closed FROM bench.stories ORDER BY name")
        stories = cursor.fetchall()
        rows = (vars(unit(n, stories)) for n in range(first, last + 1))
        text = "".join("\t".join(str(row[column]) for column in columns) + "\n" for row in rows)
        cursor.execute("SET search_path TO bench, public")
        cursor.copy_from(io.StringIO(text), "units", columns=columns)
        cursor.execute("RESET search_path")
