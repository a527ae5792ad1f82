"""Channels: files that appear complete or not at all, and email to a real server with scripted replies.
The outbox's reaction to each result is in test_outbox.py."""

import json
import socketserver
import threading
import uuid
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.core.mail import get_connection

from restorative.notify import delivery
from restorative.notify.channels import Letter, file
from restorative.notify.delivery import Became


def letter(**facts: object) -> Letter:
    given = {
        "channel": "email",
        "to": "sam@example.org",
        "subject": "A message from Asha",
        "body": "Can you ring me? ’",
    }
    return Letter(uuid.uuid4(), **{**given, **facts})


# -------------------------------------------------------------------------------------------------- files


def test_a_file_contains_the_message_and_no_other_file_is_left(settings):
    sent = letter()
    result = delivery.deliver(sent)
    assert (result.became, result.reference) == (Became.SENT, f"{sent.reference}.json")
    (path,) = Path(settings.OUTBOX_DIR).iterdir()
    content = json.loads(path.read_text())
    assert set(content) == {"id", "channel", "to", "subject", "body", "sent_at"}
    assert (content["id"], content["to"], content["body"]) == (str(sent.reference), sent.to, sent.body)


def test_a_reader_never_finds_half_a_file(settings):
    """One process writes while another reads as fast as it can."""
    folder = Path(settings.OUTBOX_DIR)
    done = threading.Event()
    broken: list[str] = []

    def read() -> None:
        while not done.is_set():
            for path in folder.glob("*.json") if folder.exists() else ():
                try:
                    json.loads(path.read_text())
                except ValueError:
                    broken.append(path.name)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(200):
        file.send(letter(body="x" * 20_000))
    done.set()
    reader.join()
    assert broken == []
    assert len(list(folder.iterdir())) == 200


# -------------------------------------------------------------------------------------------------- email


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP and has one scripted reply: a code, garbage, a closed connection or silence."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.step, self.answer = "", ""
        self.received: list[bytes] = []


class MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def say(self, step: str, usual: str) -> bool:
        answer = self.server.answer if step == self.server.step else usual
        if answer == "close":
            return False
        if answer == "silence":
            threading.Event().wait(3)
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return True

    def handle(self) -> None:
        going = self.say("hello", "220 ready")
        while going and (line := self.rfile.readline().decode().strip()):
            word = line.split()[0].upper()
            if word == "DATA":
                self.say("go on", "354 go on")
                self.server.received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                going = self.say("data", "250 taken")
            else:
                going = self.say(word.lower(), "221 bye" if word == "QUIT" else "250 good")
                going = going and word != "QUIT"


@pytest.fixture
def mail(settings) -> Iterator[MailServer]:
    settings.EMAIL_TIMEOUT = 1
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.DELIVERY = "real"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.DEFAULT_FROM_EMAIL = "Asha <no-reply@example.org>"
        yield server
        server.shutdown()


def test_an_email_carries_our_id_and_a_neutral_sender(mail):
    sent = letter()
    assert delivery.deliver(sent).became == Became.SENT
    got = message_from_bytes(mail.received[0], policy=policy.default)
    assert got["Message-ID"] == f"<{sent.reference}@example.org>"
    assert (got["From"], got["To"], got["Subject"]) == ("Asha <no-reply@example.org>", sent.to, sent.subject)
    assert got.get_content().strip() == sent.body


@pytest.mark.parametrize(
    ("step", "answer", "became"),
    [
        ("hello", "421 too many", Became.NOT_SENT),
        ("hello", "554 go away", Became.NOT_SENT),
        ("hello", "what?", Became.NOT_SENT),
        ("hello", "close", Became.NOT_SENT),
        ("hello", "silence", Became.NOT_SENT),
        ("mail", "451 later", Became.NOT_SENT),
        ("mail", "what?", Became.NOT_SENT),
        ("mail", "550 not from you", Became.REFUSED),
        ("rcpt", "450 greylisted", Became.NOT_SENT),
        ("rcpt", "550 no such person", Became.REFUSED),
        ("data", "452 disk full", Became.NOT_SENT),
        ("data", "554 looks like spam", Became.REFUSED),
        ("data", "what?", Became.UNKNOWN),
        ("data", "close", Became.UNKNOWN),
        ("data", "silence", Became.UNKNOWN),
        ("quit", "close", Became.SENT),
        ("quit", "silence", Became.SENT),
    ],
)
def test_each_server_reply_has_its_result(mail, step, answer, became):
    mail.step, mail.answer = step, answer
    assert delivery.deliver(letter()).became == became


def test_a_server_gets_ten_seconds():
    assert get_connection("django.core.mail.backends.smtp.EmailBackend").timeout == 10


def test_no_server_is_a_certain_failure(mail, settings):
    settings.EMAIL_PORT = 1
    assert delivery.deliver(letter()).became == Became.NOT_SENT


@pytest.mark.parametrize(
    "facts", [{"subject": "A\r\nBcc: x@example.org"}, {"to": "sam@example.org\nBcc: x@y.org"}]
)
def test_headers_cannot_be_injected(mail, facts):
    assert delivery.deliver(letter(**facts)).became == Became.REFUSED
    assert mail.received == []


# -------------------------------------------------------------------------------------------------- others


def test_a_text_waits_for_a_provider(settings):
    settings.DELIVERY = "real"
    assert delivery.deliver(letter(channel="text")).became == Became.NOT_YET
    assert delivery.deliver(letter(channel="pigeon")).became == Became.REFUSED
