"""kombu's filesystem transport, made safe for several processes: a message appears complete or not at all, and only one
reader takes it. It is the broker of the embedded default; production uses Redis."""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """A queue is a directory of files. Writing ends with a rename, and so does taking."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.data_folder_out, self.processed_folder, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # kombu opens the file under its final name and then writes, so a reader can take it empty.
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}"
        writing = folder / f"{name}.writing"
        writing.write_bytes(str_to_bytes(dumps(payload)))
        writing.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        # kombu moves the file through the temporary directory; on another file system that is a copy.
        suffix = f"{queue}.msg"
        taken = Path(self.processed_folder)
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] != suffix:
                continue
            mine = taken / f"{name}.{os.getpid()}"
            try:
                os.rename(Path(self.data_folder_in) / name, mine)
            except FileNotFoundError:
                continue  # another worker took it
            payload = loads(bytes_to_str(mine.read_bytes()))
            mine.unlink()
            return payload
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        # Two workers that start together must not read a half-written table.
        table = self._exchange_file(exchange)
        with open(table.with_suffix(".lock"), "w") as lock:
            filesystem.lock(lock, filesystem.LOCK_EX)
            queues = self.get_table(exchange)
            wanted = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
            if wanted not in queues:
                writing = table.with_suffix(f".{uuid.uuid4().hex}.writing")
                writing.write_bytes(str_to_bytes(dumps([wanted, *queues])))
                writing.rename(table)


class Transport(filesystem.Transport):
    """The transport behind filesystem:// (restorative/celery.py puts it there)."""

    Channel = Channel
