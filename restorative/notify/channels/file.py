"""Writes each message to its own file instead of sending it, for demonstrations and tests.
A file appears complete or not at all."""

import json
import os
import tempfile
from pathlib import Path

from django.conf import settings

from restorative.common import clock
from restorative.notify.channels import Letter


def send(letter: Letter) -> str:
    """Write OUTBOX_DIR/<message id>.json."""
    folder = Path(settings.OUTBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "id": str(letter.reference),
        "channel": letter.channel,
        "to": letter.to,
        "subject": letter.subject,
        "body": letter.body,
        "sent_at": clock.now().isoformat(),
    }
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
    name = f"{letter.reference}.json"
    os.replace(temporary, folder / name)
    return name
