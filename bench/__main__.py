"""The command line: `make bench ARGS="--sizes 1000,10000 --only caseload"`.
It finds a PostgreSQL and sets up Django; the work itself is in run.py."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench import server


def arguments() -> argparse.Namespace:
    """What was asked for. README.md explains each option."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--sizes", default="1000,10000,100000", help="how many referrals, from small to large"
    )
    parser.add_argument(
        "--only", default="", help="measure only pages whose name contains one of these words"
    )
    parser.add_argument("--rounds", type=int, default=40, help="at most so many timed requests for each page")
    parser.add_argument("--seconds", type=float, default=20, help="at most so much CPU time for each page")
    parser.add_argument("--fresh", action="store_true", help="make the data again")
    parser.add_argument("--reuse", action="store_true", help="keep data that older code made")
    parser.add_argument("--fill", action="store_true", help="make the data and measure nothing")
    parser.add_argument("--before", type=Path, help="a pages.json of an earlier run, shown beside this one")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results", help="where results go"
    )
    options = parser.parse_args()
    options.sizes = sorted({int(size) for size in options.sizes.split(",")})
    options.only = [word.strip().lower() for word in options.only.split(",") if word.strip()]
    return options


def main() -> int:
    """Run the benchmark, or say what is missing."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, server.running() as url:
        if not url:
            print(server.MISSING, file=sys.stderr)
            return 1
        os.environ |= {
            "DATA_DIR": folder,
            "RESTORATIVE_ENV": "test",
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
        }
        import django

        django.setup()
        from bench.run import run

        run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
