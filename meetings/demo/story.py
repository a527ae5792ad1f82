"""Plays one referral's history: each function does what a worker does, at the given time.
situations.py combines them into situations."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from meetings.actions.agreeing import ActionFacts, set_status, write_agreement
from meetings.actions.following_up import hold_follow_up
from meetings.actions.planning import Plan
from meetings.actions.recording import record_meeting
from meetings.actions.scheduling import book, start
from meetings.demo.staff import Staff
from meetings.enums import ActionStatus, Agreed, Came, FollowUpKind, MeetingKind, Offered
from meetings.models import Action, Agreement, FollowUp, Meeting, Venue
from referrals.actions.consent import Asked, record_consent
from referrals.actions.facilitation import appoint
from referrals.actions.intake import log_referral
from referrals.actions.lifecycle import decide
from referrals.actions.parties import PersonFacts, add_party, set_keyworker
from referrals.actions.reaching import RouteFacts
from referrals.actions.readiness import check_on_the_day
from referrals.actions.records import (
    Judged,
    ask_for_records_check,
    finish_records_check,
    release_by_phone,
    release_records_check,
)
from referrals.actions.talk import Said, Talk, save_talk
from referrals.enums import (
    DAY_QUESTIONS,
    READINESS_QUESTIONS,
    SAFETY_QUESTIONS,
    Answer,
    Hours,
    Kind,
    Part,
    Place,
    Purpose,
    Ready,
    RouteKind,
    Source,
    Suitable,
    Verdict,
)
from referrals.models import InformationSheet, Party, RecordsCheck, RecordsHit, Referral
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

SAFE = {**dict.fromkeys(SAFETY_QUESTIONS, Answer.NO)}
ALL_READY = dict.fromkeys(READINESS_QUESTIONS, Answer.YES)
DAY_FINE = dict.fromkeys(DAY_QUESTIONS, Answer.YES)
SHEET = (
    "You can say no, and you can change your mind at any time. It makes no difference to the help you get. "
    "Nothing you tell us is passed on unless you agree, except to keep somebody safe."
)


@dataclass
class Pair:
    """Made-up first names, and their relation."""

    own: str
    other: str
    relation: Place = Place.PARTNER
    family: str = "Example"


@dataclass
class Played:
    """A referral that was played, with its people by name and the current time of the story."""

    referral: Referral
    own: Party
    others: list[Party]
    at: datetime
    meeting: Meeting | None = None
    staff: Staff = field(default=None)  # type: ignore[assignment]

    @property
    def other(self) -> Party:
        return self.others[0]

    @property
    def parties(self) -> list[Party]:
        return [self.own, *self.others]


def publish_sheet(at: datetime) -> InformationSheet:
    """Publish the first information sheet, if there is none."""
    return InformationSheet.objects.get_or_create(
        version=1, defaults={"words": SHEET, "published_at": at, "created_at": at}
    )[0]


def open_rooms(staff: Staff, at: datetime) -> list[Venue]:
    """Create two made-up rooms."""
    rooms = [
        ("Room 2, Armley", "12 Made Up Street, Leeds", 6),
        ("Seacroft hall", "3 Nowhere Lane, Leeds", 12),
    ]
    return [
        Venue.objects.get_or_create(
            organisation=staff["asha"].organisation,
            name=name,
            defaults={"address": address, "capacity": capacity, "step_free": True, "created_at": at},
        )[0]
        for name, address, capacity in rooms
    ]


def log(
    staff: Staff,
    pair: Pair,
    at: datetime,
    *,
    kind: Kind = Kind.CONVERSATION,
    more: tuple[PersonFacts, ...] = (),
    lead: str = "asha",
    source: Source = Source.KEYWORKER,
) -> Played:
    """Asha logs the referral: the person in treatment, and the other."""
    referral = log_referral(
        person=PersonFacts(given=pair.own, family=pair.family, place=Place.IN_TREATMENT),
        others=[PersonFacts(given=pair.other, family=pair.family, place=pair.relation), *more],
        kind=kind,
        source=source,
        hoped_for=f"{pair.own} hopes to say sorry and be heard.",
        lead=staff[lead],
        by=staff[lead],
        at=at,
    )
    own, *others = Party.objects.unscoped("demo").filter(referral=referral).order_by("created_at", "pk")
    by_place = sorted([own, *others], key=lambda party: not party.is_own_place)
    return Played(referral=referral, own=by_place[0], others=by_place[1:], at=at, staff=staff)


def _phone(index: int) -> str:
    """A number reserved for fiction (07700 900000 to 900999), different for each person of one story."""
    so_far = Referral.objects.unscoped("demo").count()
    return f"+447700900{(so_far * 4 + index) % 1000:03}"


def talk_for(story: Played, party: Party, **changes: object) -> Talk:
    """A talk without problems. `changes` replace its parts."""
    index = story.parties.index(party)
    said = [
        Said(Purpose.TAKE_PART, Answer.YES),
        Said(Purpose.SIGHT, Answer.YES),
        Said(Purpose.EVALUATION, Answer.YES),
    ]
    if party == story.own:
        said += [
            Said(
                Purpose.WORDS,
                Answer.YES,
                recipient=other.pk,
                wording=f"Hello {other.known_as}, it’s Kit. {party.known_as} asked me to ring you about having a talk "
                "together. You don’t have to say yes.",
            )
            for other in story.others
        ]
    talk = Talk(
        asked=Asked(),
        safety=dict(SAFE),
        route=RouteFacts(
            kind=RouteKind.TEXT,
            value=_phone(index),
            allowed=True,
            read_by_others=False,
            screen_private=True,
            hours=Hours.ANY,
            cover=f"Say: “It’s {'Asha' if index == 0 else 'Kit'}, about Thursday.”",
        ),
        said=tuple(said),
        preparation={
            "hopes": f"{party.known_as} hopes things can be calmer at home.",
            "fears": f"{party.known_as} is worried about shouting.",
            "limits": f"{party.known_as} does not want to talk about money.",
        },
        readiness=dict(ALL_READY),
        judgement=Ready.READY,
        ratings={"relationship": 4, "safe": 8, "hope": 6},
    )
    return replace(talk, **changes)


def without(talk: Talk, purpose: Purpose) -> Talk:
    return replace(talk, said=tuple(said for said in talk.said if said.purpose != purpose))


def answering(talk: Talk, purpose: Purpose, answer: Answer) -> Talk:
    return replace(
        talk,
        said=tuple(replace(said, answer=answer) if said.purpose == purpose else said for said in talk.said),
    )


def give_keyworkers(story: Played, at: datetime, other: str = "kit") -> None:
    """Each of the others gets a keyworker of their own: nobody supports two sides."""
    for party, worker in zip(story.others, (other, "ben"), strict=False):
        if party.keyworker is None:
            set_keyworker(party=party, keyworker=story.staff[worker], by=story.staff["asha"], at=at)
            party.refresh_from_db()


def talk_all(story: Played, at: datetime, *, own: Talk | None = None, other: Talk | None = None) -> None:
    """Asha talks with the person, then the others are approached and Kit talks with each."""
    staff = story.staff
    save_talk(party=story.own, talk=own or talk_for(story, story.own), by=staff["asha"], at=at)
    give_keyworkers(story, at + timedelta(hours=1))
    for index, party in enumerate(story.others):
        when = at + timedelta(days=1, hours=index)
        talk = other if other is not None and index == 0 else talk_for(story, party)
        save_talk(party=party, talk=talk, by=worker_of(story, party), at=when)


def settle(
    story: Played,
    at: datetime,
    *,
    facilitators: tuple[str, ...] = ("fay",),
    suitable: bool = True,
    records: bool = True,
) -> None:
    """Appoint a facilitator, decide, and request and release the records check."""
    staff, referral = story.staff, story.referral
    for key in facilitators:
        appoint(referral=referral, user=staff[key], by=staff["asha"], at=at)
    if suitable:
        decide(
            referral=referral,
            party=story.own,
            decision=Suitable.YES,
            reason="Both want this, and it is calm just now.",
            by=staff["asha"],
            at=at + timedelta(minutes=5),
        )
    check = ask_for_records_check(referral=referral, by=staff["asha"], at=at + timedelta(minutes=6))
    if records:
        match_and_release(story, check, at + timedelta(hours=3))


def look_at_all(check: RecordsCheck, by: User, at: datetime) -> None:
    """A safeguarding lead judges every hit to be another person, until none is left."""
    hits = RecordsHit.objects.unscoped("demo").filter(records_check=check)
    while not finish_records_check(
        check=check, said={hit.pk: Judged(Verdict.NOT_SAME) for hit in hits.all()}, by=by, at=at
    ):
        pass


def match_and_release(story: Played, check: RecordsCheck, by_then: datetime) -> None:
    """Sal reviews the hits at once. The check is released at the next fixed time, or by phone if that is too late."""
    sal = story.staff["sal"]
    done_at = check.asked_at + timedelta(minutes=10)
    look_at_all(check, sal, done_at)
    fixed = clock.next_of(done_at, rules().records_release_minutes)
    if fixed <= by_then:
        release_records_check(check=check, by=sal, at=fixed)
    else:
        release_by_phone(check=check, by=sal, at=by_then)


def make_ready(
    story: Played, at: datetime, *, own: Talk | None = None, other: Talk | None = None, **kwargs
) -> Played:
    """Everything up to the point where nothing stands in the way of booking, except for what the talks leave out."""
    talk_all(story, at, own=own, other=other)
    settle(story, at + timedelta(days=2), **kwargs)
    return story


def ready(staff: Staff, pair: Pair, now: datetime, *, days: int = 6, **kwargs) -> Played:
    """Logged, and ready for this many days."""
    made = log(staff, pair, now - timedelta(days=days + 6))
    return make_ready(made, now - timedelta(days=days), **kwargs)


def book_meeting(
    story: Played,
    starts_at: datetime,
    at: datetime,
    *,
    room: int = 0,
    kind: MeetingKind = MeetingKind.CONVERSATION,
) -> Meeting:
    """Fay books a room for an hour and a half."""
    rooms = open_rooms(story.staff, at)
    story.meeting = book(
        referral=story.referral,
        plan=Plan(
            kind=kind,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=90),
            venue=rooms[room],
        ),
        by=story.staff["fay"],
        at=at,
    )
    return story.meeting


def check_the_day(story: Played, at: datetime) -> None:
    """Each person is asked on the day, by their own worker."""
    for party in story.parties:
        check_on_the_day(party=party, answers=dict(DAY_FINE), by=worker_of(story, party), at=at)


def start_meeting(story: Played) -> None:
    """Make the day-of checks, and Fay starts the meeting on time."""
    meeting = story.meeting
    check_the_day(story, meeting.starts_at - timedelta(hours=1))
    start(meeting=meeting, by=story.staff["fay"], at=meeting.starts_at)


def record_it(story: Played, at: datetime) -> None:
    """Fay writes the record: all came, and it helped."""
    record_meeting(
        meeting=story.meeting,
        came=dict.fromkeys(story.parties, Came.CAME),
        answers={
            "ground_rules": "One at a time. Anybody may ask for a break.",
            "happened": "They talked about the summer.",
            "closing": "Both said it was hard and worth it.",
        },
        apology_offered=Offered.YES,
        apology_accepted=Offered.YES,
        helped=Offered.YES,
        by=story.staff["fay"],
        at=at,
    )


AGREED = "We eat together on Sundays, and ring before coming round."


def agree(story: Played, at: datetime, *, due_on: date, answers: Agreed = Agreed.YES) -> Agreement:
    """Fay writes the agreement, with an action each, and each person's answer in the room."""
    actions = [
        ActionFacts(owner=story.own, what="Cook on Sunday", due_on=due_on, sign="Sunday tea happens"),
        ActionFacts(owner=story.other, what="Ring before coming round", due_on=due_on, helper="Their sister"),
    ]
    return write_agreement(
        meeting=story.meeting,
        words=AGREED,
        if_difficult="Anybody can ring their worker.",
        actions=actions,
        answers=dict.fromkeys(story.parties, answers),
        by=story.staff["fay"],
        at=at,
    )


def worker_of(story: Played, party: Party) -> User:
    """Asha for the person, Kit for the others."""
    if party == story.own:
        return story.staff["asha"]
    return story.staff["ben" if party in story.others[1:] else "kit"]


def share_with(story: Played, party: Party, key: str, at: datetime) -> None:
    """This person consents to sharing with the organisation of a member of staff."""
    record_consent(
        party=party,
        purpose=Purpose.SHARE,
        recipient=story.staff[key].organisation_id,
        answer=Answer.YES,
        by=worker_of(story, party),
        at=at,
    )


def become(story: Played, status: ActionStatus, at: datetime) -> None:
    """Record the result of every action, told by each owner's worker."""
    for action in (
        Action.objects.unscoped("demo").filter(agreement__meeting=story.meeting).select_related("owner")
    ):
        by = worker_of(story, action.owner)
        set_status(action=action, status=status, by=by, at=at)


ALL_WELL = {"better": "yes", "kept": "yes", "feels_safe": "yes", "worries": "no"}


def follow_up_all(story: Played, *kinds: FollowUpKind, until: datetime) -> None:
    """Each person's worker rings them on the due date, for dates up to now."""
    rows = FollowUp.objects.unscoped("demo").filter(meeting=story.meeting, done_at__isnull=True)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    for index, row in enumerate(rows.select_related("party").order_by("due_on", "party")):
        at = clock.moment(row.due_on, 11, index % 4 * 10)
        if at < until:
            hold_follow_up(
                follow_up=row,
                answers=dict(ALL_WELL),
                notes=f"{row.party.known_as} said it is calmer.",
                ratings={"relationship": 7, "safe": 9, "hope": 8},
                by=worker_of(story, row.party),
                at=at,
            )


def day_at(days: int, hour: int, minute: int = 0, *, now: datetime | None = None) -> datetime:
    """That London time, so many days from today."""
    return clock.moment(clock.today(now) + timedelta(days=days), hour, minute)


def add_somebody(story: Played, name: str) -> Party:
    """Asha adds another person."""
    facts = PersonFacts(given=name, place=Place.FRIEND)
    return add_party(referral=story.referral, facts=facts, by=story.staff["asha"])


def appoint_second(story: Played, key: str) -> None:
    appoint(referral=story.referral, user=story.staff[key], part=Part.SECOND_WORKER, by=story.staff["asha"])
