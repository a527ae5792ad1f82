"""Names as they sound, and the records check's matching of them with everybody known to any organisation.
What is done with what was found is in records.py; nothing here decides that two people are one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from referrals.actions.lifecycle import made
from referrals.enums import Likeness
from referrals.models import NameKey, Party, Person, RecordsCheck, RecordsHit
from restorative.audit.ledger import record
from restorative.common.names import name_key
from restorative.common.rules import rules
from restorative.common.sounds import sound_keys

WHY = "records check"


def keep_name_keys(person: Person, *also_known_as: str) -> None:
    """Note how a person's names sound, after they were made or renamed. What it sounded like before stays findable."""
    sounds = {key for name in (person.given, person.family, *also_known_as) for key in sound_keys(name)}
    NameKey.objects.bulk_create(
        [NameKey(person=person, sounds=each) for each in sorted(sounds)], ignore_conflicts=True
    )


@dataclass(frozen=True)
class _Sought:
    """One of the referral's people as they are looked for."""

    party: Party
    given: frozenset[str]
    family: frozenset[str]
    written: frozenset[str]

    @property
    def births(self) -> set[date]:
        """Their date of birth, and the same with day and month the other way round."""
        born = self.party.person.born_on
        return {born, *_swapped(born)} if born else set()


def _swapped(born: date) -> Iterator[date]:
    if born.day <= 12:
        yield date(born.year, born.day, born.month)


def _sought(party: Party) -> _Sought:
    person = party.person
    names = [(person.given, person.family), (person.family, person.given), (party.known_as, person.family)]
    return _Sought(
        party=party,
        given=frozenset(sound_keys(person.given) | sound_keys(party.known_as)),
        family=frozenset(sound_keys(person.family)),
        written=frozenset(name_key(given, family) for given, family in names if given),
    )


def match_names(*, check: RecordsCheck, at: datetime) -> None:
    """Look for everybody of the referral among the people of every organisation, and keep who may be them.

    It may be repeated: what was found stays, what is new is added. The ledger notes the same whether or not anybody
    was found.
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
                **made(None, at),
            )
            for sought, found in _found(check.referral_id, [_sought(party) for party in parties])
            for likeness, person in found[: rules().records_hits_a_person]
        ]
        RecordsHit.objects.bulk_create(hits, ignore_conflicts=True)
        RecordsCheck.objects.unscoped(WHY).filter(pk=check.pk).update(matched_at=at)
        record("records_check_matched", by=None, thing=check, referral_id=check.referral_id, at=at)


def left_to_look_at(check: RecordsCheck) -> bool:
    """Whether somebody was found of whom no lead has said yet whether it is them."""
    return RecordsHit.objects.unscoped(WHY).filter(records_check=check, verdict="").exists()


def _found(referral: UUID, people: list[_Sought]) -> Iterator[tuple[_Sought, list[tuple[Likeness, Person]]]]:
    """For each of them who is like them, the likeliest first."""
    sounds = _sounding_like(referral, people)
    candidates = _candidates(people, sounds)
    for sought in people:
        liked = ((_likeness(sought, person, sounds[person.pk]), person) for person in candidates)
        found = [(likeness, person) for likeness, person in liked if likeness is not None]
        yield sought, sorted(found, key=lambda row: (-row[0], row[1].name_key, str(row[1].pk)))


def _sounding_like(referral: UUID, people: list[_Sought]) -> dict[UUID, set[str]]:
    """The sounds that somebody shares with any of those sought, by their id."""
    wanted = {key for sought in people for key in sought.given | sought.family}
    own = Party.objects.filter(referral=referral).values("person")
    rows = NameKey.objects.unscoped(WHY).filter(sounds__in=wanted).exclude(person__in=own)
    found: dict[UUID, set[str]] = {}
    for person, key in rows.values_list("person_id", "sounds"):
        found.setdefault(person, set()).add(key)
    return found


def _candidates(people: list[_Sought], sounds: dict[UUID, set[str]]) -> list[Person]:
    """Those worth reading: alike in both names; or in one, and born the same day or known by a first name alone."""
    both, first, births = set(), set(), set()
    nameless = any(not sought.family for sought in people)
    for sought in people:
        births |= sought.births
        first |= {person for person, keys in sounds.items() if keys & sought.given}
        both |= {person for person in first if sounds[person] & sought.family}
    alone = Q(pk__in=first) if nameless else Q(pk__in=first, family="")
    wanted = Q(pk__in=both) | Q(pk__in=list(sounds), born_on__in=births) | alone
    return list(Person.objects.unscoped(WHY).filter(wanted))


def _likeness(sought: _Sought, person: Person, sounds: Iterable[str]) -> Likeness | None:
    """How much somebody is like one of those sought; None when not at all, or born on another day."""
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
    return None if unborn else Likeness.POSSIBLE
