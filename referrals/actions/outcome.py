"""The outcome of a referral, computed from what happened, and the open items that prevent closing.
Workers do not choose an outcome."""

from dataclasses import dataclass, field
from datetime import datetime

from referrals.enums import Outcome
from referrals.meetings_port import meetings
from referrals.models import Concern, Party, Referral
from restorative.accounts.models import User
from restorative.common import clock

SOMEBODY_ELSE = "Something is still open with somebody else here."


@dataclass(frozen=True)
class Left:
    """Open items, as far as one user may know. `needs_manager` says whether only a manager may close."""

    sentences: list[str] = field(default_factory=list)
    needs_manager: bool = False

    def __bool__(self) -> bool:
        return bool(self.sentences)


def derived_outcome(referral: Referral, *, at: datetime | None = None) -> Outcome:
    """The outcome, from the referral's meetings, its agreements and their actions."""
    return meetings().outcome(referral.pk, at or clock.now())


def knows_all(referral: Referral, user: User) -> bool:
    """Whether a user opens every party's compartment, so that the outcome tells them nothing new."""
    here = Party.objects.unscoped("who is here").filter(referral=referral, beside__isnull=True).present()
    opened = Party.objects.opened_by(user).filter(referral=referral, beside__isnull=True).present()
    return here.count() == opened.count()


def open_items(referral: Referral, by: User) -> Left:
    """Open concerns and unfinished calls that prevent closing without a manager's reason, as far as `by` may know.

    If only calls are left, to a person who could not be reached three times, any worker who closes gives the
    reason.
    """
    concerns = Concern.objects.unscoped("closing").filter(party__referral=referral).open()
    known = list(
        Concern.objects.visible_to(by).filter(party__referral=referral).open().select_related("party")
    )
    names = dict.fromkeys(concern.party.known_as for concern in known)
    calls = meetings().calls_left(referral.pk, by)
    sentences = [*(f"A safety concern with {name} is still open." for name in names), *calls.sentences]
    hidden = calls.hidden or concerns.count() > len(known)
    needs_manager = bool(known) or not calls.only_tried or hidden
    return Left([*sentences, *([SOMEBODY_ELSE] if hidden else [])], needs_manager)
