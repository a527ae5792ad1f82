"""The ledger as shown to governance: ids, field names and verbs in plain words, and staff of their own organisation.
Reason codes are not shown: decisions and their reasons belong to a compartment."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from referrals.models import Grant
from referrals.presenters.grants import place_of
from reports.enums import WORDS, Did
from reports.querysets import references_of
from reports.selectors import Filters
from restorative.accounts.models import Organisation, User
from restorative.audit.models import AuditEntry
from restorative.audit.watch import Standing
from restorative.common import clock
from restorative.common.references import read_reference

SERVICE = "The service itself"
ELSEWHERE = "Another organisation"
LEFT = "Somebody who has left"
SHORT = 8
SEEN_HEADS = ["When", "What", "Whose"]
BY_HAND = "manage.py verify_audit --all"


@dataclass(frozen=True)
class Link:
    """Text with a link to the ledger, filtered by what it names."""

    text: str
    href: str


@dataclass(frozen=True)
class EntryRow:
    """One entry as a row of the list; `ids` are inside a disclosure."""

    number: int
    when: str
    written: str
    who: str
    team: str
    did: str
    about: list[Link]
    fields: str
    ids: list[tuple[str, str]]


@dataclass(frozen=True)
class Alarm:
    """The alarm above the list when the ledger is broken: the first bad entry, since when, what to do."""

    title: str
    lines: list[str]


def workers_of(user: User) -> dict[UUID, User]:
    """All staff of the user's organisation, including those who can no longer sign in."""
    staff = User.objects.filter(organisation=user.organisation_id).select_related("team")
    return {worker.pk: worker for worker in staff.order_by("first_name", "last_name", "pk")}


def worker_choices(workers: dict[UUID, User]) -> list[tuple[str, str]]:
    """First name and team; the last name too where these are ambiguous."""
    names = [_with_team(worker.first_name, worker) for worker in workers.values()]
    return [
        (str(worker.pk), name if names.count(name) == 1 else _with_team(worker.full_name, worker))
        for worker, name in zip(workers.values(), names, strict=True)
    ]


def _with_team(name: str, worker: User) -> str:
    return f"{name}, {worker.team.name}" if worker.team else name


def href(filters: Filters | None = None, **changed: Any) -> str:
    """The ledger's address with these filters and some changes."""
    asked = query(filters, **changed)
    return f"{reverse('reports:ledger')}?{asked}" if asked else reverse("reports:ledger")


def query(filters: Filters | None = None, **changed: Any) -> str:
    """The filters as a query string."""
    return urlencode({key: str(value) for key, value in {**vars_of(filters), **changed}.items() if value})


def vars_of(filters: Filters | None) -> dict[str, Any]:
    """The filters by name, with dates in the format of a date input."""
    return {} if filters is None else {key: value or "" for key, value in vars(filters).items()}


def chips(filters: Filters, workers: dict[UUID, User]) -> list[Link]:
    """The active filters, each with the address that removes it."""
    words = {
        "did": lambda value: str(Did(value).label),
        "worker": lambda value: _with_team(workers[value].first_name, workers[value]),
        "about": lambda value: value if read_reference(value) else f"Person {value}",
        "since": lambda value: f"From {clock.show_day(value)}",
        "until": lambda value: f"Until {clock.show_day(value)}",
    }
    return [
        Link(words[key](value), href(filters, **{key: ""})) for key, value in vars(filters).items() if value
    ]


def entry_rows(entries: Collection[AuditEntry], user: User, workers: dict[UUID, User]) -> list[EntryRow]:
    """The entries of one page, with three look-ups for all of them."""
    references = references_of(entry.referral_id for entry in entries if entry.referral_id)
    elsewhere = {entry.organisation_id for entry in entries} - {user.organisation_id, None}
    houses = dict(Organisation.objects.filter(pk__in=elsewhere).values_list("pk", "name"))
    rows = []
    for entry in entries:
        who, team = _who(entry, user, workers, houses)
        rows.append(
            EntryRow(
                number=entry.pk,
                when=clock.show_when(entry.at),
                written=_written(entry.at, entry.written_at),
                who=who,
                team=team,
                did=said(entry),
                about=_about(entry, references),
                fields=", ".join(name.replace("_", " ") for name in entry.fields),
                ids=_ids(entry),
            )
        )
    return rows


def seen_rows(entries: Collection[AuditEntry], grant: Grant) -> list[list[Any]]:
    """What a user opened under a grant, with the time and the person's place in the referral."""
    return [
        [
            clock.show_when(entry.at),
            said(entry),
            "The referral" if entry.party_id is None else _whose(entry, grant),
        ]
        for entry in entries
    ]


def _whose(entry: AuditEntry, grant: Grant) -> str:
    return place_of(grant.party) if entry.party_id == grant.party_id else "Somebody beside them"


def said(entry: AuditEntry) -> str:
    """What was done, in plain words."""
    return WORDS.get(entry.verb, entry.verb.replace("_", " ").capitalize())


def _who(
    entry: AuditEntry, user: User, workers: dict[UUID, User], houses: dict[UUID, str]
) -> tuple[str, str]:
    """The user and their team. For other organisations, their name where they did something with a person of ours."""
    if entry.actor_id is None:
        return SERVICE, ""
    if entry.organisation_id != user.organisation_id:
        return (houses.get(entry.organisation_id, ELSEWHERE) if entry.party_id else ELSEWHERE), ""
    worker = workers.get(entry.actor_id)
    if worker is None:
        return LEFT, ""
    return worker.first_name, worker.team.name if worker.team else ""


def _written(at: datetime, written_at: datetime) -> str:
    """When the entry was written, if on a later day."""
    return clock.show_when(written_at) if clock.today(at) != clock.today(written_at) else ""


def _about(entry: AuditEntry, references: dict[UUID, str]) -> list[Link]:
    links = []
    if entry.referral_id:
        reference = references.get(entry.referral_id)
        gone = f"Referral {str(entry.referral_id)[:SHORT]}"
        links.append(Link(reference or gone, href(about=reference) if reference else ""))
    if entry.party_id:
        links.append(Link(f"Person {str(entry.party_id)[:SHORT]}", href(about=entry.party_id)))
    if not links and entry.thing_ids and entry.thing_ids != [str(entry.actor_id)]:
        links.append(Link(_things(entry.thing_type, len(entry.thing_ids)), ""))
    return links


def _things(kind: str, count: int) -> str:
    name = kind.replace("_", " ") or "thing"
    if name == "audit entry":
        name = "entry" if count == 1 else "entries"
        return f"{count:,} {name}"
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _ids(entry: AuditEntry) -> list[tuple[str, str]]:
    """All ids of an entry in full, so that they can be searched for."""
    kind = (entry.thing_type or "thing").replace("_", " ").capitalize()
    found: Iterable[tuple[str, Any]] = (
        ("Entry", entry.pk),
        ("Worker", entry.actor_id),
        ("Referral", entry.referral_id),
        ("Person", entry.party_id),
        (kind, ", ".join(str(each) for each in entry.thing_ids)),
        ("Request", entry.request_id),
    )
    return [(name, str(value)) for name, value in found if value]


def alarm(now: Standing) -> Alarm | None:
    if not now.broken:
        return None
    since = [f"Found on {clock.show_when(now.found_at)}."] if now.found_at else []
    right = [f"It was last read from first to last and found whole on {clock.show_when(now.right_at)}."]
    return Alarm(
        title="The ledger is broken: somebody changed, removed or swapped an entry, or it was damaged",
        lines=[
            f"The first bad place: {now.finding}",
            " ".join([*since, *(right if now.right_at else [])]),
            "What to do: tell your information governance lead and whoever runs the server now. Nothing is to be "
            f"mended yet. They keep a copy of the database as it is, and run “{BY_HAND}”, which names every bad "
            "entry. Until it is settled, do not rely on what stands below.",
        ],
    )


def checked(now: Standing, at: datetime) -> tuple[str, bool]:
    """When the ledger was last checked, and whether that is too long ago."""
    if now.checked_at is None:
        return "The ledger has not been checked yet. It is checked each hour.", True
    if now.is_late(at):
        words = "It should be each hour: tell whoever runs the server."
        return f"The ledger was last checked on {clock.show_when(now.checked_at)}. {words}", True
    words = f"Checked {clock.ago(now.checked_at)} and found whole."
    if now.right_at:
        words += f" Read from first to last on {clock.show_when(now.right_at)}."
    if now.mended_at and now.found_at:
        words += f" It was broken from {clock.show_when(now.found_at)} to {clock.show_when(now.mended_at)}."
    return words, False
