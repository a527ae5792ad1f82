"""Stages, places, purposes, answers, kinds of concern, reasons: the codes and their labels.
Their effects are in stages.py, blockers.py and the actions."""

from uuid import UUID

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _

# The recipient of a consent without one. Not null, so that the unique key works on every database.
NOBODY = UUID(int=0)


class Stage(TextChoices):
    LOGGED = "logged", _("Logged")
    PREPARING = "preparing", _("Preparing")
    BOOKED = "booked", _("Booked")
    FOLLOW_UP = "follow_up", _("Follow-up")
    CLOSED = "closed", _("Closed")
    PAUSED = "paused", _("Not now")


class Kind(TextChoices):
    CONVERSATION = "conversation", _("Restorative conversation")
    FAMILY = "family", _("Family meeting")
    NOT_SURE = "not_sure", _("Not sure yet")


class Source(TextChoices):
    KEYWORKER = "keyworker", _("Their keyworker suggested it")
    PERSON = "person", _("They asked for it themselves")
    FAMILY = "family", _("A family member asked")
    CARERS = "carers", _("Carers Leeds asked")


class Place(TextChoices):
    IN_TREATMENT = "in_treatment", _("person in treatment")
    IN_RECOVERY = "in_recovery", _("person in recovery")
    PARTNER = "partner", _("partner")
    EX_PARTNER = "ex_partner", _("ex-partner")
    CO_PARENT = "co_parent", _("co-parent")
    PARENT = "parent", _("parent")
    CHILD = "child", _("child")
    SIBLING = "sibling", _("sibling")
    OTHER_FAMILY = "other_family", _("other family")
    FRIEND = "friend", _("friend")
    SUPPORTER = "supporter", _("supporter")


OWN_PLACES = (Place.IN_TREATMENT, Place.IN_RECOVERY)
OTHER_PLACES = tuple(place for place in Place if place not in (*OWN_PLACES, Place.SUPPORTER))


class Answer(TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    NOT_SURE = "not_sure", _("Not sure")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Purpose(TextChoices):
    TAKE_PART = "take_part", _("Taking part")
    WORDS = "words", _("The words used to reach the other person")
    SHARE = "share", _("Sharing with a named organisation")
    PROFESSIONAL = "professional", _("An invited professional being there")
    SIGHT = "sight", _("Being sent what was agreed")
    EVALUATION = "evaluation", _("Answers used to make the service better")
    CARRY = "carry", _("Carrying these words to the other person")
    SECOND_WORKER = "second_worker", _("A second worker, or a stand-in")
    SHOW_WORKER = "show_worker", _("The others knowing my worker and organisation")


class How(TextChoices):
    IN_PERSON = "in_person", _("In person")
    READ_ALOUD = "read_aloud", _("Read aloud and explained back")
    PHONE = "phone", _("By phone")
    PAPER = "paper", _("On signed paper")
    LINK = "link", _("By link")


class Capacity(TextChoices):
    CLEAR = "clear", _("No doubt")
    DOUBT = "doubt", _("There is a doubt")


class CapacityResult(TextChoices):
    ABLE = "able", _("Can decide this for themselves")
    NOT_ABLE = "not_able", _("Cannot decide this at present")


class GrantKind(TextChoices):
    """The ground for access that a user does not have by their role."""

    EMERGENCY = "emergency", _("Emergency")
    COVER = "cover", _("Covering for a colleague")
    READING = "reading", _("Reading for governance")


class RouteKind(TextChoices):
    TEXT = "text", _("Text")
    PHONE = "phone", _("Phone call")
    EMAIL = "email", _("Email")
    POST = "post", _("Post")
    IN_PERSON = "in_person", _("In person, at a named appointment")
    THROUGH = "through", _("Through an agreed worker or supporter")


WRITTEN_ROUTES = (RouteKind.TEXT, RouteKind.EMAIL, RouteKind.POST)
SENT_ROUTES = (RouteKind.TEXT, RouteKind.EMAIL)


class Hours(TextChoices):
    ANY = "any", _("Any time in the day")
    MORNING = "morning", _("Mornings, before 12")
    AFTERNOON = "afternoon", _("Afternoons, 12 to 5pm")
    EVENING = "evening", _("After 5pm")


class Days(TextChoices):
    ANY = "any", _("Any day")
    WEEKDAYS = "weekdays", _("Monday to Friday")
    WEEKEND = "weekend", _("Saturday and Sunday")
    MONDAY = "monday", _("Mondays only")
    TUESDAY = "tuesday", _("Tuesdays only")
    WEDNESDAY = "wednesday", _("Wednesdays only")
    THURSDAY = "thursday", _("Thursdays only")
    FRIDAY = "friday", _("Fridays only")
    SATURDAY = "saturday", _("Saturdays only")
    SUNDAY = "sunday", _("Sundays only")


class Voicemail(TextChoices):
    NO = "no", _("No message")
    FIRST_NAME = "first_name", _("First name and number only")


class ApproachResult(TextChoices):
    NOT_YET = "not_yet", _("Not approached yet")
    WAITING = "waiting", _("Waiting for an answer")
    COULD_NOT_REACH = "could_not_reach", _("Could not reach")
    ANSWERED = "answered", _("Answered")
    DO_NOT_APPROACH = "do_not_approach", _("Said no, do not approach")


class ReadinessKind(TextChoices):
    FULL = "full", _("Full check")
    CHECK_IN = "check_in", _("Check-in")
    DAY = "day", _("Day-of check")


class Ready(TextChoices):
    READY = "ready", _("Ready")
    NOT_YET = "not_yet", _("Not yet")


class Format(TextChoices):
    IN_PERSON = "in_person", _("In person")
    PHONE = "phone", _("By phone")
    VIDEO = "video", _("By video")


class ConcernKind(TextChoices):
    # Stops
    ORDER = "order", _("An order, bail or licence bars contact")
    COERCIVE_CONTROL = "coercive_control", _("Coercive control now")
    HIGH_RISK = "high_risk", _("High DASH, or live at MARAC")
    THREATS = "threats", _("Threats or pressure to attend")
    SAYS_NOT_SAFE = "says_not_safe", _("They say it is not safe")
    NO_CAPACITY = "no_capacity", _("Cannot decide this for themselves")
    NOTHING_TO_PUT_RIGHT = "nothing_to_put_right", _("Sees nothing to put right")
    ACUTE_CRISIS = "acute_crisis", _("Acute mental-health crisis")
    UNDER_16 = "under_16", _("Under 16, without competence or authority")
    ON_THE_DAY = "on_the_day", _("On the day: intoxicated, in withdrawal, weapon, or an extra person")
    # Sign-offs
    PAST_ABUSE = "past_abuse", _("Abuse in the past")
    CHILD = "child", _("A child taking part, or open safeguarding")
    LAPSE = "lapse", _("Lapse, overdose, detox or an unplanned change in the last 28 days")
    RECENT_CRISIS = "recent_crisis", _("A recent crisis")
    LIVE_CASE = "live_case", _("A live family or criminal case")
    DEPENDENCE = "dependence", _("Depends on the other for money, home or care, and fears losing it")
    ATTORNEY = "attorney", _("Somebody in this holds power of attorney for another")
    WENT_BADLY = "went_badly", _("An earlier meeting went badly")
    CONFLICT = "conflict", _("A conflict of interest for the facilitator")


STOPS = (
    ConcernKind.ORDER,
    ConcernKind.COERCIVE_CONTROL,
    ConcernKind.HIGH_RISK,
    ConcernKind.THREATS,
    ConcernKind.SAYS_NOT_SAFE,
    ConcernKind.NO_CAPACITY,
    ConcernKind.NOTHING_TO_PUT_RIGHT,
    ConcernKind.ACUTE_CRISIS,
    ConcernKind.UNDER_16,
    ConcernKind.ON_THE_DAY,
)
SIGN_OFFS = tuple(kind for kind in ConcernKind if kind not in STOPS)
TWO_FACILITATORS = (ConcernKind.PAST_ABUSE, ConcernKind.CHILD)


class OrderKind(TextChoices):
    """The kind of order that bars contact, or may."""

    RESTRAINING = "restraining", _("Restraining order")
    NON_MOLESTATION = "non_molestation", _("Non-molestation order")
    PROTECTION = "protection", _("Domestic violence or abuse protection notice or order")
    FAMILY_COURT = "family_court", _("Another order of a family court")
    BAIL = "bail", _("Bail conditions")
    LICENCE = "licence", _("Licence conditions")
    OTHER = "other", _("Something else, or not known yet")


class ChildResult(TextChoices):
    """Whether a person under 16 can decide about this, and who else says that they may."""

    COMPETENT = "competent", _("They understand enough to decide for themselves")
    PARENT = "parent", _("They do not, and a parent who takes no part in this gives authority")
    NEITHER = "neither", _("They do not, and no such parent gives authority")


class ShareWith(TextChoices):
    """The recipient of a protective share. Used in the middle of a sentence."""

    POLICE = "police", _("the police")
    FRONT_DOOR = "front_door", _("the Front Door Safeguarding Hub")
    MARAC = "marac", _("MARAC")
    GP = "gp", _("a GP")
    AMBULANCE = "ambulance", _("the ambulance service")


class SignOffDecision(TextChoices):
    GO = "go", _("Go")
    GO_WITH_STEPS = "go_with_steps", _("Go, with steps first")
    DO_NOT_GO = "do_not_go", _("Do not go")


class Likeness(IntegerChoices):
    """How similar another record is to one of a referral's people, most similar first."""

    FAMILY = 0, _("A family name alone, where a concern is open")
    SLIGHT = 1, _("A first name alone")
    POSSIBLE = 2, _("Possible")
    LIKELY = 3, _("Likely")
    STRONG = 4, _("Very likely")


class Verdict(TextChoices):
    SAME = "same", _("The same person")
    NOT_SAME = "not_same", _("Not the same person")
    CANNOT_TELL = "cannot_tell", _("Cannot tell")


class Suitable(TextChoices):
    YES = "yes", _("Suitable now")
    NOT_NOW = "not_now", _("Not now")
    NO = "no", _("Not suitable")


class Part(TextChoices):
    """A worker's part in a referral."""

    LEAD = "lead", _("Lead")
    KEYWORKER = "keyworker", _("Keyworker")
    FACILITATOR = "facilitator", _("Facilitator")
    SECOND_WORKER = "second_worker", _("Second worker")
    STAND_IN = "stand_in", _("Stand-in")
    RECEIVER = "receiver", _("Receiver of a handoff")
    COVER = "cover", _("Opened by a grant")


# Parts in the meetings: known to every user who sees the referral.
MEETING_PARTS = (Part.FACILITATOR, Part.SECOND_WORKER, Part.STAND_IN)
# Parts for one party: the worker knows that party's side from then on.
PARTY_PARTS = (Part.KEYWORKER, Part.RECEIVER, Part.COVER)


class AccessLevel(TextChoices):
    """What a row of access gives."""

    SHELL = "shell", _("Sees the referral")
    OPEN = "open", _("Opens a compartment")
    SAFETY = "safety", _("Opens concerns and safety answers")
    # A safeguarding lead of another side: the organisation's rows do not count for them.
    EXCLUDED = "excluded", _("Of another side")


class RatingPoint(TextChoices):
    BEFORE = "before", _("Before")
    SIX_WEEKS = "six_weeks", _("After 6 weeks")
    TWELVE_WEEKS = "twelve_weeks", _("After 12 weeks")


class TaskKind(TextChoices):
    STEP = "step", _("A step before the meeting")
    CHECK_IN = "check_in", _("A check-in")
    TRY_AGAIN = "try_again", _("Try again")
    ASK_SAFETY = "ask_safety", _("Ask the safety questions")
    WORRY = "worry", _("Record a worry")
    RING = "ring", _("Ring a colleague")


class Audience(TextChoices):
    """Who may read a note."""

    SIDE = "side", _("One person’s side")
    ALL = "all", _("Everyone who works on this referral")


class NoteKind(TextChoices):
    NOTE = "note", _("Note")
    CALL = "call", _("Phone call")
    SEEN = "seen", _("Seen in person")
    WRITTEN = "written", _("Text, email or letter")
    COLLEAGUE = "colleague", _("Talked with a colleague")


class Outcome(TextChoices):
    MET_KEPT = "met_kept", _("Met, agreement kept")
    MET_PARTLY_KEPT = "met_partly_kept", _("Met, agreement partly kept")
    MET_NOT_KEPT = "met_not_kept", _("Met, agreement not kept")
    MET_HELPED = "met_helped", _("Met, no agreement but it helped")
    MET = "met", _("Met")
    INDIRECT_DONE = "indirect_done", _("Indirect exchange done")
    NOT_GOING_AHEAD = "not_going_ahead", _("Not going ahead")


class Reason(TextChoices):
    """Why it did not go ahead."""

    DID_NOT_WANT = "did_not_want", _("Someone did not want to")
    WITHDREW = "withdrew", _("Someone withdrew")
    COULD_NOT_REACH = "could_not_reach", _("Could not reach someone")
    NOT_THE_TIME = "not_the_time", _("Not the right time")
    NOT_SAFE = "not_safe", _("Not safe")
    NOT_SUITABLE = "not_suitable", _("Not suitable")
    NOBODY_AVAILABLE = "nobody_available", _("Nobody or no place available")
    OTHER_HELP = "other_help", _("Other help chosen")
    MOVED = "moved", _("Moved to another organisation")
    DIED = "died", _("Died")
    DUPLICATE = "duplicate", _("Duplicate")


class HandoffKind(TextChoices):
    LEAD = "lead", _("Lead")
    HELP = "help", _("Help one person")


class HandoffState(TextChoices):
    SENT = "sent", _("Not opened yet")
    SEEN = "seen", _("Opened, not answered yet")
    QUESTION = "question", _("They asked a question")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    RETURNED = "returned", _("Given back")
    COMPLETED = "completed", _("Completed")


# Waits for the other organisation's answer.
UNANSWERED = (HandoffState.SENT, HandoffState.SEEN, HandoffState.QUESTION)


class DeclineCode(TextChoices):
    NO_CAPACITY = "no_capacity", _("No capacity")
    OUT_OF_SCOPE = "out_of_scope", _("Not what we do")
    NOT_SAFE = "not_safe", _("Not safe")
    NO_CONSENT = "no_consent", _("No consent")
    DUPLICATE = "duplicate", _("We already have this")
    CONFLICT = "conflict", _("A conflict of interest")


class Gate(TextChoices):
    BOOK = "book", _("book")
    START = "start", _("start")


# The questions of a talk with their scripts. Here because forms, pages and rules all read them; "yes" is always the
# answer that permits the meeting.
READINESS_QUESTIONS: dict[str, str] = {
    "own_idea": _("Is it their own idea, and do they mean it?"),
    "if_refused": _("Can they cope if the other person says no?"),
    "no_apology": _("Can they cope if there is no apology?"),
    "will_listen": _("Are they willing to listen?"),
    "wants_better": _("Do they want things between them to be better?"),
    "knows_voluntary": _("Do they know it is their own choice?"),
    "no_pressure": _("Is it free of pressure from anyone?"),
    "feels_safe": _("Do they feel safe about it?"),
    "steady": _("Are they steady enough just now?"),
    "well": _("Are they well enough?"),
    "needs_met": _("Have they what they need to come (access, language, childcare)?"),
}
# A no to one of these is a stop, and not sure is not ready: the worker's judgement changes neither.
READINESS_STOPS: dict[str, ConcernKind] = {
    "knows_voluntary": ConcernKind.THREATS,
    "no_pressure": ConcernKind.THREATS,
    "feels_safe": ConcernKind.SAYS_NOT_SAFE,
}
DAY_QUESTIONS: dict[str, str] = {
    "well": _("Well enough today?"),
    "safe": _("Safe to go ahead?"),
    "still_yes": _("Still yes?"),
    "decides": _("Able to decide this for themselves today?"),
}
# Here "yes" is the answer that needs action: see actions/readiness.py for the concern it raises.
SAFETY_QUESTIONS: dict[str, str] = {
    "afraid": _("Is there anything about the two of them that makes them afraid?"),
    "controlled": _("Does anyone control what they do, who they see, or their money?"),
    "harmed": _("Has the other person ever hurt or threatened them?"),
    "has_harmed": _("Have they ever hurt or threatened the other person?"),
    "order": _("Does a court order, bail or licence say who they may be in touch with?"),
    "shares_home": _("Do they share a home with anyone in this?"),
}
