"""What lists, search and reports need of a referral, computed from its facts; and how it is kept.
Pure Python first, without queries or clock; what is stored is read and written at the end."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from referrals.enums import SIGN_OFFS, STOPS, Stage
from referrals.facts import Facts, rows
from referrals.meetings_port import meetings
from referrals.models import NameWord, Summary
from restorative.common.names import name_words

WHY = "projection"


# The columns of a Summary, without its referral.
Columns = dict[str, Any]


@dataclass(frozen=True)
class WordRow:
    """One row of NameWord, without its referral."""

    party_id: UUID
    named_by_id: UUID | None
    word: str


# --- Computed -----------------------------------------------------------------------------------------------------


def summary_of(facts: Facts) -> Columns:
    """A referral as a row of lists."""
    referral, steps = facts.referral, facts.rows(rows.StageChangeRow)
    stage = facts.stage_shown(())
    kinds = {concern.kind for party in facts.present for concern in party.open_concerns}
    meeting = meetings().dates(facts)
    contacts = [when for party in facts.parties.values() for when in party.contacts]
    return {
        "reference": referral.reference,
        "kind": referral.kind,
        "lead_id": referral.lead_id,
        "lead_organisation_id": referral.lead_organisation_id,
        "stage_known": stage,
        "hidden": bool(steps) and steps[-1].waits_for_release,
        "participants": len(facts.participants),
        "logged_at": referral.logged_at,
        "waiting_since": None if stage == Stage.CLOSED else _known_since(facts),
        "first_contact_at": min(contacts, default=None),
        "first_ready_at": referral.first_ready_at,
        "next_meeting_at": meeting.coming,
        "met_at": meeting.held,
        "closed_at": referral.closed_at,
        "sign_off_open": not kinds.isdisjoint(SIGN_OFFS),
        "stop_open": not kinds.isdisjoint(STOPS),
    }


def _known_since(facts: Facts) -> datetime:
    """When everybody came to know the stage they know now."""
    known = [step for step in facts.rows(rows.StageChangeRow) if not step.waits_for_release]
    return (known[-1].released_at or known[-1].created_at) if known else facts.referral.logged_at


def words_of(facts: Facts) -> set[WordRow]:
    """The words of the names of those who are part of it. A supporter is named only to users who open them."""
    return {
        WordRow(party.id, None if party.is_supporter else party.row.named_by_id, word)
        for party in facts.present
        for word in name_words(party.row.given, party.row.family, party.row.known_as)
    }


# --- Stored -------------------------------------------------------------------------------------------------------


@dataclass
class Stored:
    """What is stored of one referral: its row, and each of its words with their ids."""

    row: Columns | None = None
    words: dict[WordRow, list[int]] = field(default_factory=dict)

    def matches(self, facts: Facts) -> bool:
        """Whether this is what the facts say."""
        return self.row == summary_of(facts) and self.words.keys() == words_of(facts)

    def bring_in_line(self, facts: Facts) -> None:
        referral, row, words = facts.referral.id, summary_of(facts), words_of(facts)
        if self.row is None:
            Summary.objects.create(referral_id=referral, **row)
        elif self.row != row:
            Summary.objects.unscoped(WHY).filter(pk=referral).update(**row)
        gone = [key for word, keys in self.words.items() if word not in words for key in keys]
        if gone:
            NameWord.objects.unscoped(WHY).filter(pk__in=gone).delete()
        added = sorted(words - self.words.keys(), key=lambda each: (str(each.party_id), each.word))
        NameWord.objects.bulk_create(NameWord(referral_id=referral, **asdict(each)) for each in added)


def stored(referrals: Collection[UUID]) -> dict[UUID, Stored]:
    """What is stored of each of these. Two queries."""
    found: dict[UUID, Stored] = defaultdict(Stored)
    for row in Summary.objects.unscoped(WHY).filter(pk__in=referrals).values():
        found[row.pop("referral_id")].row = row
    words = NameWord.objects.unscoped(WHY).filter(referral__in=referrals)
    for pk, key, *values in words.values_list("pk", "referral", *(each.name for each in fields(WordRow))):
        found[key].words.setdefault(WordRow(*values), []).append(pk)
    return found
