"""The file broker: no message is lost or read half-written, with concurrent readers and writers."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest
from kombu import Connection, Queue

from restorative.celery import app  # noqa: F401 - puts the transport behind filesystem://

QUEUE = Queue("words", routing_key="words")


def connect(folder: Path) -> Connection:
    return Connection(
        "filesystem://localhost",
        transport_options={
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "processed_folder": str(folder / "taken"),
            "control_folder": str(folder / "control"),
        },
    )


def write(folder: Path, name: int, count: int) -> None:
    with connect(folder) as connection, connection.Producer() as producer:
        for number in range(count):
            producer.publish(
                {"from": name, "number": number, "padding": "x" * 5000}, routing_key="words", declare=[QUEUE]
            )


def read(folder: Path, results: Path, finished: Path) -> None:
    found = []
    with connect(folder) as connection, connection.SimpleQueue(QUEUE) as queue:
        while True:
            over = finished.exists()
            try:
                message = queue.get(block=False)
            except queue.Empty:
                if over:
                    break
                time.sleep(0.002)
                continue
            found.append(f"{message.payload['from']}-{message.payload['number']}")
            message.ack()
    (results / str(os.getpid())).write_text("\n".join(found))


def run(tmp_path: Path, writers: int, readers: int, each: int) -> list[str]:
    results, finished = tmp_path / "results", tmp_path / "finished"
    results.mkdir()
    spawn = multiprocessing.get_context("spawn")
    reading = [spawn.Process(target=read, args=(tmp_path, results, finished)) for _ in range(readers)]
    writing = [spawn.Process(target=write, args=(tmp_path, name, each)) for name in range(writers)]
    for process in [*reading, *writing]:
        process.start()
    for process in writing:
        process.join(120)
    finished.touch()
    for process in reading:
        process.join(120)
    assert [process.exitcode for process in [*reading, *writing]] == [0] * (readers + writers)
    return [line for file in results.iterdir() for line in file.read_text().split()]


def test_a_message_round_trip(tmp_path):
    write(tmp_path, 1, 3)
    with connect(tmp_path) as connection, connection.SimpleQueue(QUEUE) as queue:
        assert [queue.get(timeout=1).payload["number"] for _ in range(3)] == [0, 1, 2]
        assert queue.qsize() == 0
    assert not list((tmp_path / "taken").iterdir())


def test_a_message_being_written_is_not_seen(tmp_path):
    write(tmp_path, 1, 1)
    (tmp_path / "queue" / "00000000000000000001_half.writing").write_text('{"bo')
    with connect(tmp_path) as connection, connection.SimpleQueue(QUEUE) as queue:
        assert queue.get(timeout=1).payload["number"] == 0
        with pytest.raises(queue.Empty):
            queue.get(block=False)


def test_a_message_taken_but_not_acknowledged_returns(tmp_path):
    write(tmp_path, 1, 1)
    connection = connect(tmp_path)
    connection.SimpleQueue(QUEUE).get(timeout=1)
    connection.close()
    with connect(tmp_path) as again, again.SimpleQueue(QUEUE) as queue:
        assert queue.get(timeout=1).payload["number"] == 0


@pytest.mark.slow
def test_eight_processes_lose_none_of_4000_messages(tmp_path):
    found = run(tmp_path, writers=4, readers=4, each=1000)
    assert len(found) == len(set(found)) == 4000
