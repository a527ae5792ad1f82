"""Many writers and two sealers in concurrent processes: one chain, nothing left out.
Tampering is tested in test_sealer.py."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Window
from django.db.models.functions import Lag

from restorative.audit.models import AuditEntry, AuditLink
from restorative.audit.sealer import seal
from restorative.audit.verifier import verify
from tests.depth import DEPTH

pytestmark = [pytest.mark.slow, pytest.mark.deep, pytest.mark.django_db(transaction=True)]


def test_eight_writers_and_two_sealers_make_one_chain(service_env: dict[str, str], tmp_path: Path):
    stop = tmp_path / "stop"

    def start(*args: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "restorative.audit.tests.racer", *args]
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=service_env, stdout=subprocess.PIPE, text=True
        )

    sealers = [start("seal", str(stop)) for _ in range(2)]
    writers = [start("write", str(DEPTH.ledger_changes)) for _ in range(8)]
    assert [writer.wait(200) for writer in writers] == [0] * 8
    stop.touch()
    said = [int(sealer.communicate(timeout=60)[0]) for sealer in sealers]
    assert all(sealer.returncode == 0 for sealer in sealers)
    rest = seal()

    entries = AuditEntry.objects.count()
    assert entries > 8 * DEPTH.ledger_changes * 0.9
    assert AuditLink.objects.count() == sum(said) + rest == entries
    report = verify()
    assert (report.links, report.unsealed, report.findings) == (entries, 0, [])
    if (
        connection.vendor == "postgresql"
    ):  # if ids can be committed out of order on this database, the race must have produced that
        links = AuditLink.objects.annotate(before=Window(Lag("entry_id"), order_by="seq")).order_by("seq")
        assert any(link.entry_id < (link.before or 0) for link in links)
