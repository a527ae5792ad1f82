"""Deletes provisional records (of people who never answered) when their time is over. A manager may keep one
longer, once. querysets_provisional.py decides which records are provisional, and until when."""

import logging
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from referrals import access
from referrals.actions.lifecycle import changing, made, waiting_for_release
from referrals.actions.parties import fresh_party
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
    Referral,
    Suitability,
    Task,
)
from referrals.querysets_provisional import days_kept, due_to_go, goes_at, provisional
from restorative.audit.ledger import record
from restorative.common import clock, drafts
from restorative.common.decisions import NotPossible
from restorative.common.names import fold
from restorative.common.rules import rules
from restorative.notify import outbox

if TYPE_CHECKING:
    from restorative.accounts.models import User

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
    rows = (
        due_to_go(Party.objects.unscoped(WHY), at)
        .order_by("referral", "pk")
        .values_list("referral", flat=True)
    )
    gone, failed = 0, None
    for key in dict.fromkeys(rows):
        try:
            gone += _forget_in(key, at)
        except Exception as error:
            log.error("provisional records of a referral could not be taken away", exc_info=error)
            failed = error
    if failed is not None:
        raise failed
    return gone


def _forget_in(key: UUID, at: datetime) -> int:
    """Delete the due records of one referral, read again under the lock: a person who has answered since is kept."""
    # While a call-off waits for release, other users must see no change: no party leaves.
    if waiting_for_release(key):
        return 0
    with changing(key, at=at) as (referral, at):
        if waiting_for_release(key):
            return 0
        here = Party.objects.unscoped(WHY).filter(referral=referral)
        due = list(due_to_go(here, at).order_by("created_at", "pk"))
        beside = (
            provisional(here.filter(beside__in=due)).filter(stays=False).exclude(pk__in=[p.pk for p in due])
        )
        # A supporter cannot stay beside a party who has been deleted.
        parties = [*due, *beside.order_by("created_at", "pk")]
        for party in parties:
            _forget(party, referral, at)
        return len(parties)


def _forget(party: Party, referral: Referral, at: datetime) -> None:
    """Delete all personal data in one compartment; keep only what history and counts need."""
    RecordsHit.objects.unscoped(WHY).filter(party=party).delete()
    for model in (ContactRoute, Task):
        model.objects.unscoped(WHY).filter(party=party).delete()
    _forget_notes(party)
    Approach.objects.unscoped(WHY).filter(party=party).update(wording="", told_us={})
    KeptLonger.objects.unscoped(WHY).filter(party=party).update(reason="")
    Grant.objects.unscoped(WHY).filter(party=party).update(reason="")
    Suitability.objects.unscoped(WHY).filter(party=party).update(reason="")
    invited = Invited.objects.unscoped(WHY).filter(party=party)
    invited.update(name="", organisation="", role="", left_out_at=Coalesce("left_out_at", at))
    _take_names_out(party, referral)
    outbox.forget(referral.pk, recipient_id=party.pk, why="their record has gone")
    drafts.forget_about(party.pk)
    Party.objects.unscoped(WHY).filter(pk=party.pk).update(
        person=_nobody(party, at),
        known_as=SOMEBODY,
        hoped_for="",
        left_at=Coalesce("left_at", at),
        forgotten_at=at,
    )
    record(
        "party_forgotten",
        by=None,
        thing=party,
        things=[party.person_id],
        referral_id=referral.pk,
        party_id=party.pk,
        fields=GONE,
        at=at,
    )


def _forget_notes(party: Party) -> None:
    """Delete the notes of their side only: corrections first, newest first, before the notes they correct."""
    notes = Note.objects.unscoped(WHY).filter(party=party)
    while (last := notes.filter(~Q(pk__in=notes.filter(corrects__isnull=False).values("corrects")))).exists():
        Note.objects.unscoped(WHY).filter(pk__in=list(last.values_list("pk", flat=True))).delete()


def _take_names_out(party: Party, referral: Referral) -> None:
    """Remove their names from text about the whole referral, except names that another person there has too."""
    others = Party.objects.unscoped(WHY).filter(referral=referral, left_at__isnull=True).exclude(pk=party.pk)
    kept = {word for other in others.select_related("person") for word in _name_words(other)}
    names = _name_words(party) - kept
    for model, field, which in ABOUT_THE_WHOLE if names else ():
        for row in model._base_manager.filter(which, referral=referral):
            text = WORD.sub(lambda found: _unless_named(found[0], names), getattr(row, field))
            if text != getattr(row, field):
                model._base_manager.filter(pk=row.pk).update(**{field: text})


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


def _nobody(party: Party, at: datetime) -> Person:
    """A person row without a name for the party: the same row, emptied; or a new one if another referral uses it."""
    others = Party.objects.unscoped(WHY).filter(person=party.person_id).exclude(pk=party.pk)
    if others.exists():
        return Person.objects.create(organisation_id=party.organisation_id, given="", **made(None, at))
    RecordsHit.objects.unscoped(WHY).filter(matched=party.person_id).delete()
    NameKey.objects.unscoped(WHY).filter(person=party.person_id).delete()
    person = Person.objects.unscoped(WHY).get(pk=party.person_id)
    person.given = person.family = person.pronouns = person.language = person.access_needs = ""
    person.born_on = None
    person.save()
    return person


def keep_longer(*, party: Party, reason: str, by: "User", at: datetime | None = None) -> KeptLonger:
    """Keep a provisional record for the same time again, once, with a reason that is sealed in its compartment.

    Possible from the first day of warning until the record is deleted. Raises Refused, or NotPossible naming the
    field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    access.may_keep_longer(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        until = longer_until(party, at)
        if not reason.strip():
            raise NotPossible("Say why their record is kept longer.", field="reason")
        row = KeptLonger.objects.create(party=party, until=until, reason=reason, **made(by, at))
        record(
            "party_kept_longer",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["until", "reason"],
            at=at,
        )
        return row


def longer_until(party: Party, at: datetime) -> datetime:
    """The date until which the record would be kept if extended now. Raises NotPossible if it cannot be extended."""
    row = provisional(Party.objects.unscoped(WHY).filter(pk=party.pk)).first()
    goes = goes_at(row) if row else None
    if row is None or goes is None:
        raise NotPossible(f"The record of {party.known_as} does not go, so it cannot be kept longer.")
    if row.kept_until is not None:
        raise NotPossible(f"The record of {party.known_as} was kept longer once. It cannot be again.")
    opens = goes - timedelta(days=rules().provisional_warning_days)
    if at < opens:
        raise NotPossible(f"It is too early: from {clock.show_day(opens)} on it can be kept longer.")
    return max(goes, at) + days_kept(row)
