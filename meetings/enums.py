"""Kinds and states of a meeting, why one is called off, who came, and the prompts of its record."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MeetingKind(TextChoices):
    CONVERSATION = "conversation", _("Restorative conversation")
    FAMILY = "family", _("Family meeting")
    INDIRECT = "indirect", _("Indirect exchange")


class MeetingStatus(TextChoices):
    BOOKED = "booked", _("Booked")
    ON_HOLD = "on_hold", _("On hold")
    STARTED = "started", _("Started")
    CALLED_OFF = "called_off", _("Called off")
    TOOK_PLACE = "took_place", _("Took place")
    DID_NOT_HAPPEN = "did_not_happen", _("Did not happen")


COMING = (MeetingStatus.BOOKED, MeetingStatus.ON_HOLD)
PENDING = (*COMING, MeetingStatus.STARTED)


class CallOffReason(TextChoices):
    WITHDREW = "withdrew", _("Someone no longer says yes")
    STOP = "stop", _("A stop was recorded")
    CAPACITY = "capacity", _("A doubt whether someone can decide this")
    FACILITATOR = "facilitator", _("No facilitator")
    NOT_NOW = "not_now", _("Not now")
    CLOSED = "closed", _("The referral was closed")
    BY_WORKER = "by_worker", _("Called off by a worker")


class Came(TextChoices):
    EXPECTED = "expected", _("Expected")
    CAME = "came", _("Came")
    LEFT_EARLY = "left_early", _("Came, and left early")
    DID_NOT_COME = "did_not_come", _("Did not come")


class Offered(TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    NOT_SURE = "not_sure", _("Not sure")


# Only what each person agrees may be noted. Never a transcript, blame, or anybody's preparation.
RECORD_PROMPTS: dict[str, str] = {
    "ground_rules": _("Ground rules that were agreed"),
    "happened": _("What happened, as each person agrees it may be noted"),
    "touched": _("Who was touched by it, and how"),
    "needs": _("What each person needs"),
    "offers": _("What each person can offer"),
    "heard": _("Were things explained, and heard?"),
    "closing": _("Closing words"),
}
