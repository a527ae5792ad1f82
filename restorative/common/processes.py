"""Supervises child processes: restarts them and stops them together. The caller chooses the commands."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

STEADY_AFTER = 60.0
LONGEST_WAIT = 30.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One command in its own process group; its output is appended to a file."""

    name: str
    command: Sequence[str]
    log: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait: float = 1.0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the command. If this process is killed, Linux ends the child too."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.started_at = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the process, or to its whole group."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, number)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Starts children, restarts those that stop, and stops all of them within a few seconds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self.say = say
        self.asked_to_stop = 0

    def start(self, child: Child) -> None:
        self.children.append(child)
        child.start()

    def tend(self) -> None:
        """Restart stopped children; wait longer after each run that was short."""
        now = time.monotonic()
        for child in self.children:
            if child.running:
                continue
            if child.process is not None:
                lasted = now - child.started_at
                child.wait = 1.0 if lasted > STEADY_AFTER else min(child.wait * 2, LONGEST_WAIT)
                child.start_at = now + child.wait
                self.say(
                    f"{child.name} stopped ({child.process.returncode}); starting again in {child.wait:.0f} s. "
                    f"See {child.log}"
                )
                child.process = None
            elif now >= child.start_at:
                child.start()

    def stop(self, *, within: float = 5.0) -> None:
        """Ask each child to finish, then kill what is left of their process groups."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        end = time.monotonic() + within
        while (
            any(child.running for child in self.children)
            and time.monotonic() < end
            and self.asked_to_stop < 2
        ):
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL, group=True)
            if child.process is not None:
                child.process.wait()
