"""Takes one claimed message to its way out and says what became of it. No database here.
In demonstrations and tests every way out is the file channel."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.conf import settings

from restorative.notify.channels import Letter, NotSent, NotYet, Refused, email, file, text

log = logging.getLogger("restorative.notify")

CHANNELS: dict[str, Callable[[Letter], str]] = {"email": email.send, "text": text.send}


class Became(Enum):
    """What became of a message that was handed over."""

    SENT = "sent"
    NOT_SENT = "not sent; may be tried again"
    REFUSED = "refused for good"
    NOT_YET = "no such way out here yet"
    UNKNOWN = "nobody knows"


@dataclass(frozen=True)
class Result:
    """What became of it, with the provider's reference or the reason."""

    became: Became
    reference: str = ""
    why: str = ""


def deliver(letter: Letter) -> Result:
    """Hand one message over. Whatever is not plainly a yes or a no counts as not known."""
    try:
        return Result(Became.SENT, reference=_way_out(letter.channel)(letter)[:120])
    except NotYet as error:
        return Result(Became.NOT_YET, why=str(error))
    except NotSent as error:
        return Result(Became.NOT_SENT, why=str(error))
    except Refused as error:
        return Result(Became.REFUSED, why=str(error))
    except Exception as error:
        log.error("message %s may or may not have gone", letter.reference, exc_info=error)
        return Result(Became.UNKNOWN, why="the answer did not say whether it went")


def _way_out(channel: str) -> Callable[[Letter], str]:
    if settings.DELIVERY == "file":
        return file.send
    if channel not in CHANNELS:
        raise Refused(f"there is no way out called {channel}")
    return CHANNELS[channel]
