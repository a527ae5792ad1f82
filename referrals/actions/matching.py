"""Phonetic keys of names, and the records check's matching against the people of every organisation.
records.py handles the hits; nothing here decides that two records are one person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from referrals.enums import Likeness
from referrals.models import NameKey, Party, Person, RecordsCheck, RecordsHit
from restorative.audit.ledger import record
from restorative.common.names import name_key
from restorative.common.rules import rules
from restorative.common.short_names import other_forms
from restorative.common.sounds import sound_keys

WHY = "records check"


def keep_name_keys(person: Person, *also_known_as: str) -> None:
    """Store the phonetic keys of a person who was created or renamed. Keys of earlier names stay searchable."""
    sounds = {key for name in (person.given, person.family, *also_known_as) for key in sound_keys(name)}
    NameKey.objects.bulk_create(
        [NameKey(person=person, sounds=each) for each in sorted(sounds)], ignore_conflicts=True
    )


@dataclass(frozen=True)
class _Sought:
    """A person of the referral, as search criteria: the sounds of their first names with the short and long forms of
    these, the sounds of their family name, and the whole names as written."""

    party: Party
    given: frozenset[str]
    family: frozenset[str]
    written: frozenset[str]

    @property
    def births(self) -> set[date]:
        """Their date of birth, also with day and month swapped."""
        born = self.party.person.born_on
        return {born, *_swapped(born)} if born else set()


def _swapped(born: date) -> Iterator[date]:
    if born.day <= 12:
        yield date(born.year, born.day, born.month)


def _sought(party: Party) -> _Sought:
    person = party.person
    given = {person.given, party.known_as}
    given |= {form for name in given for form in other_forms(name)}
    names = [(person.given, person.family), (person.family, person.given), (party.known_as, person.family)]
    return _Sought(
        party=party,
        given=frozenset(key for name in given for key in sound_keys(name)),
        family=frozenset(sound_keys(person.family)),
        written=frozenset(name_key(given, family) for given, family in names if given),
    )


def match_names(*, check: RecordsCheck, at: datetime) -> None:
    """Search every organisation's records for the people of the referral, and store the possible matches.

    May be repeated: existing hits stay, new ones are added. The ledger row is the same with and without hits.
    """
    with transaction.atomic():
        parties = (
            Party.objects.unscoped(WHY).filter(referral=check.referral_id).present().select_related("person")
        )
        hits = [
            RecordsHit(
                records_check=check,
                party=sought.party,
                matched=person,
                organisation_id=person.organisation_id,
                likeness=likeness,
                created_at=at,
            )
            for sought, found in _found(check.referral_id, [_sought(party) for party in parties])
            for likeness, person in found[: rules().records_hits_a_person]
        ]
        RecordsHit.objects.bulk_create(hits, ignore_conflicts=True)
        RecordsCheck.objects.unscoped(WHY).filter(pk=check.pk).update(matched_at=at)
        record("records_check_matched", by=None, thing=check, referral_id=check.referral_id, at=at)


def left_to_look_at(check: RecordsCheck) -> bool:
    """Whether there is a hit that no safeguarding lead has judged yet."""
    return RecordsHit.objects.unscoped(WHY).filter(records_check=check, verdict="").exists()


def _found(referral: UUID, people: list[_Sought]) -> Iterator[tuple[_Sought, list[tuple[Likeness, Person]]]]:
    """Possible matches for each of them, most likely first."""
    sounds = _sounding_like(referral, people)
    candidates = _candidates(people, sounds)
    for sought in people:
        liked = ((_likeness(sought, person, sounds[person.pk]), person) for person in candidates)
        found = [(likeness, person) for likeness, person in liked if likeness is not None]
        yield sought, sorted(found, key=lambda row: (-row[0], row[1].name_key, str(row[1].pk)))


def _sounding_like(referral: UUID, people: list[_Sought]) -> dict[UUID, set[str]]:
    """The phonetic keys that a record shares with any person sought, by its id."""
    wanted = {key for sought in people for key in sought.given | sought.family}
    own = Party.objects.filter(referral=referral).values("person")
    rows = NameKey.objects.unscoped(WHY).filter(sounds__in=wanted).exclude(person__in=own)
    found: dict[UUID, set[str]] = {}
    for person, key in rows.values_list("person_id", "sounds"):
        found.setdefault(person, set()).add(key)
    return found


def _candidates(people: list[_Sought], sounds: dict[UUID, set[str]]) -> list[Person]:
    """The records worth comparing: alike in both names; or in one, with the same birthday or only a first name
    known; or in the family name alone, where a concern is open. Annotates `concern_open`."""
    both, first, family, births = set(), set(), set(), set()
    nameless = any(not sought.family for sought in people)
    for sought in people:
        births |= sought.births
        first |= {person for person, keys in sounds.items() if keys & sought.given}
        both |= {person for person in first if sounds[person] & sought.family}
        family |= {person for person, keys in sounds.items() if keys & sought.family}
    alone = Q(pk__in=first) if nameless else Q(pk__in=first, family="")
    wanted = Q(pk__in=both) | Q(pk__in=list(sounds), born_on__in=births) | alone
    records = Person.objects.unscoped(WHY).with_concern_open()
    return list(records.filter(wanted | Q(pk__in=family, concern_open=True)))


def _likeness(sought: _Sought, person: Person, sounds: Iterable[str]) -> Likeness | None:
    """How similar a record is to one person sought; None if it is not similar or the dates of birth differ."""
    given, family = sought.given.intersection(sounds), sought.family.intersection(sounds)
    born, known = sought.party.person.born_on, person.born_on
    if not (given or family) or (born and known and known not in sought.births):
        return None
    unborn = not (born and known)
    if given and family:
        if born == known and not unborn:
            return Likeness.STRONG
        return Likeness.LIKELY if not unborn or person.name_key in sought.written else Likeness.POSSIBLE
    if given and not (sought.family and person.family):
        if unborn:
            return Likeness.SLIGHT
        return Likeness.LIKELY if born == known else Likeness.POSSIBLE
    if not unborn:
        return Likeness.POSSIBLE
    return Likeness.FAMILY if family and person.concern_open else None
