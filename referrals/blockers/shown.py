"""What one person may see of what stands in the way: everything sealed is one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from referrals.blockers.codes import BY_KEY, Blocker
from referrals.disclosure import Stood
from referrals.models import (
    Party,
)


@dataclass(frozen=True)
class ShownBlocker:
    """A row of 'What stands in the way' as one person may see it. `code` and `party` are empty for a sealed one."""

    sentence: str
    code: str = ""
    party: Party | None = None


SEALED_SENTENCE = "Something is not settled yet with {them}."
WORDS_SENTENCE = "{name} has not approved the words used to reach the other person."
# Known to all who see the shell, whichever party they hold for.
SHELL_CODES = frozenset({"records_check"})
# Shown to safeguarding leads who open only concerns and safety answers.
SAFETY_CODES = frozenset({"stop", "sign_off", "safety_not_asked"})


def sealed_open(found: Iterable[Blocker], parties: Iterable[Party], stood: Stood | None = None) -> set[UUID]:
    """Parties with something open in a compartment this person does not open; as they stood, where `stood` is given."""
    closed = {party.pk for party in parties if not party.opened}
    if stood is not None:
        return closed & stood
    return {row.party_id for row in found if row.party_id in closed and row.code not in SHELL_CODES}


def shown_to(
    found: Iterable[Blocker], parties: Iterable[Party], *, stood: Stood | None = None
) -> list[ShownBlocker]:
    """What one person may see of `found`. `parties` carry what with_opened adds for that person.

    Codes of the shell and of opened compartments are named. Everything sealed is one row that tells neither
    cause, number nor owner. With `stood` the sealed compartments are shown as they stood (see as_they_stood).
    """
    found = list(found)
    by_id = {party.pk: party for party in parties}
    others = [party for party in by_id.values() if not party.opened]
    rows: list[ShownBlocker] = []
    sealed, words_taken_back = sealed_open(found, by_id.values(), stood), False
    for blocker in found:
        code = BY_KEY[blocker.code]
        party = by_id.get(blocker.party_id) if blocker.party_id else None
        if party is None or code.key in SHELL_CODES:
            row = ShownBlocker(code.referral_sentence or code.party_sentence, code.key)
        elif code.key == "wording_not_approved" and stood is not None and party.pk in stood.words:
            # They were agreed to. What another has done with that since must not be known yet.
            continue
        elif code.key == "wording_not_approved" and (approver := _approver(party, by_id.values())):
            sealed -= {party.pk} if _only_words(party, found) else set()
            if any(row.code == "stop" and row.party_id == approver.pk for row in found):
                # Words given now would wait for the stop to be cleared: that is the row to look at.
                if not party.opened:
                    continue
                row = ShownBlocker(code.party_sentence.format(name=party.known_as), code.key, party)
            else:
                row = ShownBlocker(WORDS_SENTENCE.format(name=approver.known_as), code.key, approver)
        elif code.key == "wording_not_approved" and party.opened and party.answered_at and others:
            # They were reached long ago: that somebody takes the words back now is the other side's.
            words_taken_back = True
            continue
        elif party.opened or (party.opened_safety and code.key in SAFETY_CODES):
            row = ShownBlocker(code.party_sentence.format(name=party.known_as), code.key, party)
        else:
            continue
        if row not in rows:
            rows.append(row)
    if sealed or words_taken_back:
        them = "the other person" if len(others) == 1 else "another person"
        rows.append(ShownBlocker(SEALED_SENTENCE.format(them=them)))
    return rows


def _only_words(party: Party, found: Iterable[Blocker]) -> bool:
    """Whether nothing but the words is open with them: the approver's own row says it already."""
    return all(
        row.code == "wording_not_approved"
        for row in found
        if row.party_id == party.pk and row.code not in SHELL_CODES
    )


def _approver(approached: Party, parties: Iterable[Party]) -> Party | None:
    """Who is asked to approve the words: an opened party who asked first, and is not the one approached."""
    return next((party for party in parties if party.asked_first and party.pk != approached.pk), None)
