"""The whole suite, on SQLite and at the same time, where TEST_DATABASE_URL names one, on PostgreSQL (`make test`).
With DATABASE_URL set, on that database alone. Where both are run, tests that do not depend on the database are run on
PostgreSQL only (conftest.py names them). Arguments go to pytest."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


@dataclass
class Run:
    """One pytest on one database. All but the first write into a file that is shown when they are done."""

    name: str
    url: str
    shown: bool
    written: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def start(self, others: int) -> None:
        # Without bytecode every process of this run would compile the project again.
        left_out = {"DATABASE_URL", "DATA_DIR", "PYTHONDONTWRITEBYTECODE"}
        env = {key: value for key, value in os.environ.items() if key not in left_out}
        if self.url:
            env["DATABASE_URL"] = self.url
        if others:
            env["ALSO_ON_POSTGRESQL"] = "1"
        out = None if self.shown else self.written
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        self.process = subprocess.Popen(command, cwd=BASE_DIR, env=env, stdout=out, stderr=out)

    def finish(self) -> int:
        """Wait, show what was not shown yet and answer with pytest's result."""
        result = self.process.wait()
        if not self.shown:
            print(f"== {self.name}", flush=True)
            self.written.seek(0)
            sys.stdout.buffer.write(self.written.read())
            sys.stdout.flush()
        return result


def databases() -> list[tuple[str, str]]:
    """The name and URL of each database to test; an empty URL is this run's own SQLite file."""
    if url := os.environ.get("DATABASE_URL"):
        return [(urlsplit(url).scheme, url)]
    found = [("SQLite", "")]
    if url := os.environ.get("TEST_DATABASE_URL"):
        found.append(("PostgreSQL", url))
    return found


def main() -> int:
    """Run pytest on each database at the same time and answer with the worst result."""
    if not os.environ.keys() & {"DATABASE_URL", "TEST_DATABASE_URL"}:
        print("(TEST_DATABASE_URL=postgres://… runs the suite on PostgreSQL too.)")
    runs = [Run(name, url, shown=number == 0) for number, (name, url) in enumerate(databases())]
    print(f"== {runs[0].name}", flush=True)
    for run in runs:
        run.start(others=len(runs) - 1)
    return max(run.finish() for run in runs)


if __name__ == "__main__":
    sys.exit(main())
