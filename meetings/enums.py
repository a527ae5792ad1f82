"""Kinds and states of a meeting, causes of a call-off, attendance, and the prompts of the record."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MeetingKind(TextChoices):
    CONVERSATION = "conversation", _("Restorative conversation")
    FAMILY = "family", _("Family meeting")
    INDIRECT = "indirect", _("Indirect exchange")


class MeetingStatus(TextChoices):
    BOOKED = "booked", _("Booked")
    STARTED = "started", _("Started")
    CALLED_OFF = "called_off", _("Called off")
    TOOK_PLACE = "took_place", _("Took place")
    DID_NOT_HAPPEN = "did_not_happen", _("Did not happen")
    MOVED = "moved", _("Moved")


COMING = (MeetingStatus.BOOKED,)
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


class Agreed(TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    NOT_SURE = "not_sure", _("Not sure")


class ActionStatus(TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    PARTLY = "partly", _("Partly done")
    NOT_DONE = "not_done", _("Not done")
    RENEGOTIATED = "renegotiated", _("Agreed anew")
    RELEASED = "released", _("No longer needed")


class FollowUpKind(TextChoices):
    DEBRIEF = "debrief", _("Debrief")
    WEEKS_2 = "weeks_2", _("2 weeks after")
    WEEKS_6 = "weeks_6", _("6 weeks after")
    WEEKS_12 = "weeks_12", _("12 weeks after")


class FollowUpResult(TextChoices):
    TALKED = "talked", _("Talked")
    RATHER_NOT = "rather_not", _("Would rather not")
    NOT_REACHED = "not_reached", _("Could not be reached")
    LATER_MEETING = "later_meeting", _("Taken up with a later meeting")


class AttemptResult(TextChoices):
    NO_ANSWER = "no_answer", _("No answer")
    NOT_ALONE = "not_alone", _("Not alone, or not a good moment")
    CHANGED = "changed", _("The number or address has changed")


# The questions of a follow-up call. "Yes" is good except in the last, where it leads to a concern.
FOLLOW_UP_QUESTIONS: dict[str, str] = {
    "better": _("Are things better between them?"),
    "kept": _("Is what was agreed being kept?"),
    "feels_safe": _("Do they feel safe?"),
    "worries": _("Is there a new worry?"),
}


# Only what each person agrees may be noted. Never a transcript, blame, or a person's preparation.
RECORD_PROMPTS: dict[str, str] = {
    "ground_rules": _("Ground rules that were agreed"),
    "happened": _("What happened, as each person agrees it may be noted"),
    "touched": _("Who was touched by it, and how"),
    "needs": _("What each person needs"),
    "offers": _("What each person can offer"),
    "heard": _("Were things explained, and heard?"),
    "closing": _("Closing words"),
}
