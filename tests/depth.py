"""How long searches and races run: small numbers by default, large ones with DEEP=1 (`make deep`).
Tests that read these numbers are marked `deep`."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Depth:
    """The numbers for one kind of run."""

    race_rounds: int
    """Times that two threads do two things at the same moment."""
    raced_messages: int
    """Messages that a sweep and a cancellation race for."""
    ledger_changes: int
    """Changes that each of eight processes writes into the ledger."""
    worlds: int
    """Made-up worlds in which two readings of a rule are compared."""
    every_hour: bool
    """Whether each situation of the demo is played at every awkward hour, or at one of them."""
    machine_runs: int
    """Histories that the state machine makes up."""
    machine_steps: int
    """Steps in each of them."""


SMALL = Depth(
    race_rounds=25,
    raced_messages=80,
    ledger_changes=40,
    worlds=30,
    every_hour=False,
    machine_runs=5,
    machine_steps=15,
)
LARGE = Depth(
    race_rounds=200,
    raced_messages=400,
    ledger_changes=240,
    worlds=500,
    every_hour=True,
    machine_runs=60,
    machine_steps=40,
)

DEPTH = LARGE if os.environ.get("DEEP") == "1" else SMALL
