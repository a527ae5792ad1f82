"""The whole suite on SQLite and then, where TEST_DATABASE_URL names one, on PostgreSQL. `make test` calls it.
With DATABASE_URL set, on that database alone. Where both are run, what leans on neither's own ways is run on
PostgreSQL only (conftest.py names it). Arguments go to pytest."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


def databases() -> list[tuple[str, str]]:
    """The name and address of each database to run on; an empty address is this run's own SQLite file."""
    if url := os.environ.get("DATABASE_URL"):
        return [(urlsplit(url).scheme, url)]
    found = [("SQLite", "")]
    if url := os.environ.get("TEST_DATABASE_URL"):
        found.append(("PostgreSQL", url))
    return found


def main() -> int:
    """Run pytest once for each database and answer with the worst result."""
    worst = 0
    if not os.environ.keys() & {"DATABASE_URL", "TEST_DATABASE_URL"}:
        print("(TEST_DATABASE_URL=postgres://… runs the suite on PostgreSQL too.)")
    found = databases()
    for name, url in found:
        print(f"== {name}", flush=True)
        env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "DATA_DIR"}}
        if url:
            env["DATABASE_URL"] = url
        if len(found) > 1:
            env["ALSO_ON_POSTGRESQL"] = "1"
        result = subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=BASE_DIR, env=env)
        worst = max(worst, result.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
