"""The PostgreSQL that is measured: the one of BENCH_DATABASE_URL, or a cluster made for this run and thrown away.
Which databases stand on it is in databases.py."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MISSING = (
    "bench needs PostgreSQL. Set BENCH_DATABASE_URL (postgres://user:password@host:port/name, a user who may create "
    "databases), or install the server so that /usr/lib/postgresql/*/bin has initdb and pg_ctl."
)
# A cluster that lives for one run: nothing is kept through a crash, and PostgreSQL's housekeeping is done by hand.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "512MB",
    "maintenance_work_mem": "256MB",
}


@contextmanager
def running() -> Iterator[str]:
    """The address of a PostgreSQL, or an empty one where there is none to be had."""
    if given := os.environ.get("BENCH_DATABASE_URL"):
        yield given
        return
    binaries = _binaries()
    if binaries is None:
        yield ""
        return
    with _cluster(binaries) as url:
        yield url


def _binaries() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


@contextmanager
def _cluster(binaries: Path) -> Iterator[str]:
    """A cluster in a temporary folder. PostgreSQL refuses to run as root, so root starts it as user postgres."""
    folder = Path(tempfile.mkdtemp(prefix="bench-postgresql-"))
    who: dict[str, Any] = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        who |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    data, port = folder / "data", _free_port()
    options = " ".join(f"-c {name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items())
    try:
        initdb = [binaries / "initdb", "-D", data, "-U", "bench", "--auth=trust", "--encoding=UTF8"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], **who)
        start = [binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", f"{options} -k {folder}"]
        subprocess.run([*start, "start"], **who)
        yield f"postgres://bench:bench@127.0.0.1:{port}/bench"
    finally:
        if (data / "postmaster.pid").exists():
            subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **who)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
