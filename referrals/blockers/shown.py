"""What one user may see of what stands in the way: everything sealed is one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from referrals.blockers.codes import SAFETY_CODES, SHELL_CODES, wording_of
from referrals.blockers.find import Blocker
from referrals.models import Party

if TYPE_CHECKING:
    from referrals.disclosure import BeforeStep

SEALED_SENTENCE = "Something is not settled yet with {them}."
WORDS_SENTENCE = "{name} has not approved the words used to reach the other person."
WORDS = "wording_not_approved"


@dataclass(frozen=True)
class ShownBlocker:
    """A row of 'What stands in the way' for one user. `code` and `party` are empty for the sealed one."""

    sentence: str
    code: str = ""
    party: Party | None = None

    @property
    def party_id(self) -> UUID | None:
        return self.party.pk if self.party else None


def sealed_open(
    found: Iterable[Blocker], parties: Iterable[Party], before: "BeforeStep | None" = None
) -> set[UUID]:
    """Parties with a blocker whose compartment this user does not open; with `before`, as of that step."""
    closed = {party.pk for party in parties if not party.opened}
    if before is not None:
        return closed & before.open
    return {row.party_id for row in found if row.party_id in closed and row.code not in SHELL_CODES}


def shown_to(
    found: Iterable[Blocker], parties: Iterable[Party], *, before: "BeforeStep | None" = None
) -> list[ShownBlocker]:
    """What one user may see of `found`. `parties` carry the annotations of with_opened for that user.

    Blockers of the shell and of opened compartments are named. All sealed ones are one row that reveals neither
    cause, number nor owner. With `before` the sealed compartments are shown as before a step that is hidden.
    """
    found, by_id = list(found), {party.pk: party for party in parties}
    others = [party for party in by_id.values() if not party.opened]
    sealed = sealed_open(found, by_id.values(), before)
    rows: list[ShownBlocker] = []
    for blocker in found:
        party = by_id.get(blocker.party_id) if blocker.party_id else None
        if blocker.code == WORDS and party is not None:
            row = _words_row(party, found, list(by_id.values()), before, sealed)
        else:
            row = _row(blocker, party)
        if row is not None and row not in rows:
            rows.append(row)
    if sealed or _words_taken_back(found, by_id, before):
        them = "the other person" if len(others) == 1 else "another person"
        rows.append(ShownBlocker(SEALED_SENTENCE.format(them=them)))
    return rows


def _row(blocker: Blocker, party: Party | None) -> ShownBlocker | None:
    """The row of one blocker, if this user may see it by name."""
    if party is None or blocker.code in SHELL_CODES:
        return ShownBlocker(wording_of(blocker.code, of_party=party is not None).sentence, blocker.code)
    if party.opened or (party.opened_safety and blocker.code in SAFETY_CODES):
        return _named(blocker.code, party)
    return None


def _named(code: str, party: Party) -> ShownBlocker:
    return ShownBlocker(wording_of(code, of_party=True).sentence.format(name=party.known_as), code, party)


def _words_row(
    party: Party,
    found: list[Blocker],
    parties: list[Party],
    before: "BeforeStep | None",
    sealed: set[UUID],
) -> ShownBlocker | None:
    """The row for words that are not approved: the approver must answer it, if this user opens them."""
    if before is not None and party.pk in before.words:
        return None  # They were approved. What the other party has changed since must not be known yet.
    approver = next((each for each in parties if each.asked_first and each.pk != party.pk), None)
    if approver is None:
        return None if _reached_long_ago(party, parties) else _row(Blocker(WORDS, party.pk), party)
    if _only_words(party, found):
        sealed.discard(party.pk)
    if not any(row.code == "stop" and row.party_id == approver.pk for row in found):
        return ShownBlocker(WORDS_SENTENCE.format(name=approver.known_as), WORDS, approver)
    # Words approved now would not count until the stop is cleared, so that row comes first.
    return _named(WORDS, party) if party.opened else None


def _reached_long_ago(party: Party, parties: list[Party]) -> bool:
    """Whether they answered already, so that withdrawn words concern only the other side."""
    return bool(party.opened and party.answered_at and any(not each.opened for each in parties))


def _words_taken_back(found: list[Blocker], by_id: dict[UUID, Party], before: "BeforeStep | None") -> bool:
    """Whether words that reached an opened party were withdrawn: shown only as something sealed."""
    parties = list(by_id.values())
    for row in found:
        party = by_id.get(row.party_id) if row.party_id else None
        if row.code != WORDS or party is None or (before is not None and party.pk in before.words):
            continue
        has_approver = any(each.asked_first and each.pk != party.pk for each in parties)
        if not has_approver and _reached_long_ago(party, parties):
            return True
    return False


def _only_words(party: Party, found: Iterable[Blocker]) -> bool:
    """Whether the words are their only blocker: the approver's row says so already."""
    return all(row.code == WORDS for row in found if row.party_id == party.pk and row.code not in SHELL_CODES)
