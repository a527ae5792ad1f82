"""Hands one claimed message to its channel and returns the result. No database access.
In demonstrations and tests every message uses the file channel."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.conf import settings

from restorative.notify.channels import Letter, NotSent, NotYet, Refused, email, file, text

log = logging.getLogger("restorative.notify")

CHANNELS: dict[str, Callable[[Letter], str]] = {"email": email.send, "text": text.send}


class Became(Enum):
    """The result of handing over a message."""

    SENT = "sent"
    NOT_SENT = "not sent; may be tried again"
    REFUSED = "refused for good"
    NOT_YET = "no such way out here yet"
    UNKNOWN = "nobody knows"


@dataclass(frozen=True)
class Result:
    """The result, with the provider's reference or the reason."""

    became: Became
    reference: str = ""
    why: str = ""


def deliver(letter: Letter) -> Result:
    """Hand over one message. A result that is neither clearly sent nor clearly refused is unknown."""
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
