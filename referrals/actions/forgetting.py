"""Deletes provisional records (of people who never answered) when their time is over. A manager may keep one
longer, once. The facts of a party say whether their record is provisional, and until when: facts/party.py."""

import logging
import re
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from referrals import access
from referrals.actions.change import Change, changing, changing_party
from referrals.enums import OWN_PLACES, Stage
from referrals.facts import Facts, PartyFacts, read_facts
from referrals.models import (
    Approach,
    Bar,
    ContactRoute,
    Grant,
    Invited,
    KeptLonger,
    NameKey,
    Note,
    Party,
    Person,
    RecordsHit,
    Suitability,
    Task,
)
from referrals.projections import BATCH
from restorative.accounts.models import User
from restorative.common import clock, drafts
from restorative.common.decisions import NotPossible, need
from restorative.common.names import fold
from restorative.common.rules import rules
from restorative.notify import outbox

WHY = "provisional records"
SOMEBODY = "Somebody"
GONE = [
    "person",
    "known_as",
    "hoped_for",
    "routes",
    "approaches",
    "notes",
    "tasks",
    "invited",
    "records_hits",
    "messages",
    "drafts",
    "bars",
    "grants",
]
# Free text about a referral as a whole, typed by its workers. It may contain names.
ABOUT_THE_WHOLE: tuple[tuple[type[Bar | Grant | Note | Suitability], str, Q], ...] = (
    (Bar, "reason", Q()),
    (Grant, "reason", Q()),
    (Note, "text", Q(party__isnull=True)),
    (Suitability, "reason", Q(party__isnull=True)),
)
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
log = logging.getLogger("restorative.task")


def forget_due(*, at: datetime | None = None) -> int:
    """Delete every provisional record whose time is over, each referral in its own transaction. Returns how many.

    One failure does not stop the others; the run then fails at the end and is repeated the next day.
    """
    at = at or clock.now()
    gone, failed = 0, None
    for key in _with_unanswered(at):
        try:
            gone += _forget_in(key, at)
        except Exception as error:
            log.error("provisional records of a referral could not be taken away", exc_info=error)
            failed = error
    if failed is not None:
        raise failed
    return gone


def _with_unanswered(at: datetime) -> list[UUID]:
    """Referrals with a provisional record whose time is over."""
    shortest = min(rules().provisional_days_after_approach, rules().provisional_days_never_approached)
    rows = Party.objects.unscoped(WHY).filter(
        answered_at__isnull=True, forgotten_at__isnull=True, created_at__lte=at - timedelta(days=shortest)
    )
    rows = rows.exclude(place__in=OWN_PLACES).exclude(referral__stage=Stage.BOOKED)
    keys = list(rows.order_by("referral").values_list("referral", flat=True).distinct())
    batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
    return [key for batch in batches for key, facts in read_facts(batch, at).items() if _due(facts)]


def _due(facts: Facts) -> list[PartyFacts]:
    """The parties whose records are deleted now: none while a meeting is booked or, so that other users see no
    change, while a call-off waits for release."""
    if facts.stage == Stage.BOOKED or facts.waiting_for_release:
        return []
    due = [party for party in facts.parties.values() if party.goes_at and party.goes_at <= facts.at]
    # A supporter cannot stay beside a party who has been deleted.
    beside = {party.id for party in due}
    others = [party for party in facts.parties.values() if party.row.beside_id in beside and party.goes_at]
    return [*due, *(party for party in others if party not in due)]


def _forget_in(key: UUID, at: datetime) -> int:
    """Delete the due records of one referral, read again under the lock: a person who has answered since is kept."""
    with changing(key, by=None, at=at) as change:
        due = _due(change.facts)
        for party in due:
            row = Party.objects.unscoped(WHY).select_related("person").get(pk=party.id)
            _forget(change, row)
        return len(due)


def _forget(change: Change, party: Party) -> None:
    """Delete all personal data in one compartment; keep only what history and counts need."""
    for model in (RecordsHit, ContactRoute, Task):
        change.remove(model.objects.unscoped(WHY).filter(party=party))
    _forget_notes(change, party)
    change.update(Approach.objects.unscoped(WHY).filter(party=party), wording="", told_us={})
    for reasons in (KeptLonger, Grant, Suitability):
        change.update(reasons.objects.unscoped(WHY).filter(party=party), reason="")
    invited = Invited.objects.unscoped(WHY).filter(party=party)
    left_out_at = Coalesce("left_out_at", change.at)
    change.update(invited, name="", organisation="", role="", left_out_at=left_out_at)
    _take_names_out(change, party)
    outbox.forget(change.referral.pk, recipient_id=party.pk, why="their record has gone")
    drafts.forget_about(party.pk)
    person = party.person
    change.set(
        party,
        person=_nobody(change, party),
        known_as=SOMEBODY,
        hoped_for="",
        left_at=party.left_at or change.at,
        forgotten_at=change.at,
    )
    change.record("party_forgotten", party, person, fields=GONE)


def _forget_notes(change: Change, party: Party) -> None:
    """Delete the notes of their side only: corrections first, newest first, before the notes they correct."""
    notes = Note.objects.unscoped(WHY).filter(party=party)
    while (last := notes.filter(~Q(pk__in=notes.filter(corrects__isnull=False).values("corrects")))).exists():
        change.remove(Note.objects.unscoped(WHY).filter(pk__in=list(last.values_list("pk", flat=True))))


def _take_names_out(change: Change, party: Party) -> None:
    """Remove their names from text about the whole referral, except names that another person there has too."""
    others = Party.objects.unscoped(WHY).filter(referral=change.referral, left_at__isnull=True)
    others = others.exclude(pk=party.pk).select_related("person")
    names = _name_words(party) - {word for other in others for word in _name_words(other)}
    for model, field, which in ABOUT_THE_WHOLE if names else ():
        for row in model._base_manager.filter(which, referral=change.referral):
            text = WORD.sub(lambda found: _unless_named(found[0], names), getattr(row, field))
            if text != getattr(row, field):
                change.set(row, **{field: text})


def _name_words(party: Party) -> set[str]:
    """Each word of their names, normalised for comparison."""
    person = party.person
    return {word for word in fold(f"{person.given} {person.family} {party.known_as}").split() if word[1:]}


def _unless_named(word: str, names: set[str]) -> str:
    """The word, or 'Somebody' if it is or contains one of these names: 'Jo’s', 'Jo-Ann'. Only capitalised words
    count as names, so that the words 'will' and 'may' stay readable where a person is called Will or May."""
    if not word[0].isupper():
        return word
    parts = re.split(r"['’]", word)
    if {*fold(word).split(), *fold(" ".join(parts)).split()}.isdisjoint(names):
        return word
    return f"{SOMEBODY}’s" if len(parts) > 1 and parts[-1].casefold() == "s" else SOMEBODY


def _nobody(change: Change, party: Party) -> Person:
    """A person row without a name for the party: the same row, emptied; or a new one if another referral uses it."""
    others = Party.objects.unscoped(WHY).filter(person=party.person_id).exclude(pk=party.pk)
    if others.exists():
        return change.add(Person, organisation_id=party.organisation_id, given="")
    change.remove(RecordsHit.objects.unscoped(WHY).filter(matched=party.person_id))
    change.remove(NameKey.objects.unscoped(WHY).filter(person=party.person_id))
    person = Person.objects.unscoped(WHY).get(pk=party.person_id)
    person.given = person.family = person.pronouns = person.language = person.access_needs = ""
    person.born_on = None
    person.save()
    return person


def keep_longer(*, party: Party, reason: str, by: User, at: datetime | None = None) -> KeptLonger:
    """Keep a provisional record for the same time again, once, with a reason that is sealed in its compartment.

    Possible from the first day of warning until the record is deleted. Raises Refused, or NotPossible naming the
    field.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        access.may_keep_longer(by, party).require()
        until = longer_until(change.facts_of(party))
        need(reason, "Say why their record is kept longer.", field="reason")
        row = change.add(KeptLonger, party=party, until=until, reason=reason)
        change.record("party_kept_longer", row, fields=["until", "reason"])
        return row


def longer_until(party: PartyFacts) -> datetime:
    """The date until which the record would be kept if extended now. Raises NotPossible if it cannot be extended."""
    goes, at = party.goes_at, party.facts.at
    if goes is None:
        raise NotPossible(f"The record of {party.name} does not go, so it cannot be kept longer.")
    if party.kept_until is not None:
        raise NotPossible(f"The record of {party.name} was kept longer once. It cannot be again.")
    opens = goes - timedelta(days=rules().provisional_warning_days)
    if at < opens:
        raise NotPossible(f"It is too early: from {clock.show_day(opens)} on it can be kept longer.")
    return max(goes, at) + party.kept_for
