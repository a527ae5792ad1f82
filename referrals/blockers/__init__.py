"""What stands in the way of booking and of starting: rules over facts, never stored, one entry per code.
access.py says whether a user may; stages.py moves stages."""

from referrals.blockers.codes import (
    BY_KEY,
    CODES,
    RENEWED_CODES,
    SHELL_CODES,
    START,
    TALK_CODES,
    BlockerCode,
    wording_of,
)
from referrals.blockers.find import Blocker, blockers, find_blockers, party_codes
from referrals.blockers.shown import SEALED_SENTENCE, WORDS_SENTENCE, ShownBlocker, sealed_open, shown_to

__all__ = [
    "BY_KEY",
    "CODES",
    "RENEWED_CODES",
    "SEALED_SENTENCE",
    "SHELL_CODES",
    "START",
    "TALK_CODES",
    "WORDS_SENTENCE",
    "Blocker",
    "BlockerCode",
    "ShownBlocker",
    "blockers",
    "find_blockers",
    "party_codes",
    "sealed_open",
    "shown_to",
    "wording_of",
]
