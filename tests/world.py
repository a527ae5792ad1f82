"""One made-up referral with a row in every table, and the cast around it. Played through the actions.
Asha leads and supports Sam; Kit supports Jo and Nan, Jo's supporter. The words of Jo's side can carry canaries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import time_machine
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.test import Client

from meetings.demo import story as play
from meetings.demo.staff import Staff, make_staff
from meetings.demo.story import Pair, Played
from meetings.models import Meeting
from referrals.actions import concerns, facilitation, grants, notes, parties, readiness, records
from referrals.actions.concerns import OrderFacts
from referrals.actions.consent import Asked
from referrals.actions.handoff import send_handoff
from referrals.actions.packet import Asking
from referrals.actions.parties import PersonFacts
from referrals.actions.protecting import share_to_protect
from referrals.actions.reaching import RouteFacts
from referrals.enums import (
    SAFETY_QUESTIONS,
    Answer,
    CapacityResult,
    ConcernKind,
    GrantKind,
    HandoffKind,
    Hours,
    OrderKind,
    Part,
    Place,
    Purpose,
    RouteKind,
    ShareWith,
    SignOffDecision,
)
from referrals.models import (
    Bar,
    Concern,
    Grant,
    Handoff,
    Invited,
    Involvement,
    Note,
    Party,
    ProtectiveShare,
    RecordsCheck,
    Task,
)
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User
from restorative.middleware import SIGNED_IN_AT
from tests.stories import once

# A Wednesday in term, ten in the morning.
NOW = datetime(2027, 3, 10, 10, 0, tzinfo=ZoneInfo("Europe/London"))

# The users who sign in, and their relation to this referral.
PEOPLE = {
    "asha": "leads it and supports Sam",
    "kit": "supports Jo",
    "lou": "in Asha's and Kit's team, with no part in it",
    "ben": "another team",
    "fay": "facilitates",
    "mo": "manages the team",
    "sal": "manages another team of the organisation, and is a safeguarding lead",
    "ivy": "a safeguarding lead who manages nobody",
    "gwen": "governance",
    "adam": "administrator",
    "wes2": "second worker, from 5 WAYS, with whom Jo shares and Sam does not",
    "wes": "5 WAYS, with no part in it",
    "carol": "Carers Leeds",
    "mina": "Carers Leeds, manager",
    "zed": "elsewhere",
    "anon": "not signed in",
    "una": "of another team, let in for a time to cover for Kit",
    "rex": "manages Asha's and Kit's team, and is barred from it",
}
MORE = {
    "lou": ("Lou", Role.KEYWORKER, "forward-leeds", "City team", False),
    "ivy": ("Ivy", Role.KEYWORKER, "forward-leeds", "East team", True),
    "una": ("Una", Role.KEYWORKER, "forward-leeds", "East team", False),
    "rex": ("Rex", Role.MANAGER, "forward-leeds", "City team", False),
    "wes2": ("Wesley", Role.FACILITATOR, "5-ways", "Recovery academy", False),
}

NOT_YET = UUID(int=1)

Mark = Callable[[str], str]


def plain(name: str) -> str:
    """Text without a canary."""
    return f"Made up: {name.replace('_', ' ').replace('.', ', ')}."


@dataclass
class World:
    """The referral, its people, and a session for each user."""

    played: Played
    staff: Staff
    sessions: dict[str, str]
    own_concern: Concern
    concern: Concern
    task: Task
    check: RecordsCheck
    supporter: Party
    facilitation: Involvement
    invited: Invited
    note: Note
    handoff: Handoff
    grant: Grant
    bar: Bar
    share: ProtectiveShare
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def own(self) -> Party:
        return self.played.own

    @property
    def other(self) -> Party:
        return self.played.other

    @property
    def referral(self):
        return self.played.referral

    @property
    def meeting(self) -> Meeting:
        return self.played.meeting

    def client(self, who: str) -> Client:
        """A browser of one user; a new one each time, without earlier state."""
        client = Client()
        if who != "anon":
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return client

    def arguments(self, whose: str = "other") -> dict[str, Any]:
        """The arguments that URLs can need, about Sam ("own") or Jo ("other")."""
        own = whose == "own"
        return {
            "reference": self.referral.reference,
            "party": self.own.pk if own else self.other.pk,
            "concern": self.own_concern.pk if own else self.concern.pk,
            "task": self.task.pk,
            "check": self.check.pk,
            "meeting": self.meeting.pk,
            "facilitation": self.facilitation.pk,
            "invited": self.invited.pk,
            "unavailable": UUID(int=0),  # not reported in this world: see test_matrix.py
            "handoff": self.handoff.pk,
            "note": self.note.pk,
            "grant": self.grant.pk,
            "bar": self.bar.pk,
            "share": self.share.pk,
            # No rows of a meeting that has taken place; tests that play one add them to `extra`.
            "follow_up": NOT_YET,
            "action": NOT_YET,
            **self.extra,
        }


def make_people(at: datetime) -> Staff:
    """The demo's staff, and a few more users."""
    staff = make_staff(at)
    for key, (first, role, organisation, team, lead) in MORE.items():
        house = Organisation.objects.get(key=organisation)
        staff.people[key] = User.objects.create_user(
            email=f"{key}@demo.example",
            password=None,
            first_name=first,
            last_name="Example",
            work_phone="0113 496 0099",
            organisation=house,
            team=Team.objects.get(organisation=house, name=team),
            role=role,
            safeguarding_lead=lead,
        )
    return staff


def sign_in(user: User) -> str:
    """A session as signing in creates it, without the password."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SIGNED_IN_AT] = NOW.isoformat()
    session.save()
    return session.session_key


def make_world(*, mark: Mark = plain, now: datetime = NOW, booked: bool = True) -> World:
    """Play it: talks done, concerns signed off, booked for two this afternoon, and a few later events."""
    staff = make_people(now)
    play.publish_sheet(now - timedelta(days=90))
    start = now - timedelta(days=6)
    played = play.log(staff, Pair("Sam", "Jo"), now - timedelta(days=12))
    own, other = played.own, played.other
    play.give_keyworkers(played, start - timedelta(days=1))

    lapse = concerns.raise_concern(
        party=other,
        kind=ConcernKind.LAPSE,
        detail=mark("Concern.detail"),
        by=staff["kit"],
        at=start - timedelta(hours=20),
    )
    order = concerns.raise_concern(
        party=other,
        kind=ConcernKind.ORDER,
        order=OrderFacts(OrderKind.BAIL, mark("Concern.order"), seen_by="Kit"),
        by=staff["kit"],
        at=start - timedelta(hours=20),
    )
    concerns.clear(
        concern=order,
        evidence="No charge was brought.",
        seen_alone_on=start.date(),
        by=staff["sal"],
        at=start - timedelta(hours=9),
    )
    played.other.refresh_from_db()
    play.talk_all(played, start, other=marked_talk(played, mark))
    concerns.sign_off(
        concern=lapse,
        decision=SignOffDecision.GO_WITH_STEPS,
        reason=mark("SignOff.reason"),
        steps=[mark("Task.words")],
        by=staff["mo"],
        at=start + timedelta(days=2),
    )
    concerns.finish_step(
        task=Task.objects.unscoped("test").get(), by=staff["kit"], at=start + timedelta(days=3)
    )
    play.settle(played, start + timedelta(days=3))
    if booked:
        play.book_meeting(played, now.replace(hour=14), now - timedelta(days=2))

    recent = now - timedelta(days=1)
    concern = concerns.raise_concern(
        party=other,
        kind=ConcernKind.RECENT_CRISIS,
        detail=mark("Concern.detail"),
        by=staff["kit"],
        at=recent,
    )
    own_concern = concerns.raise_concern(
        party=own, kind=ConcernKind.LIVE_CASE, detail="A hearing in June.", by=staff["asha"], at=recent
    )
    concerns.sign_off(
        concern=concern,
        decision=SignOffDecision.GO_WITH_STEPS,
        reason=mark("SignOff.reason"),
        steps=[mark("Task.words")],
        by=staff["mo"],
        at=recent + timedelta(minutes=5),
    )
    share = share_to_protect(
        party=other,
        to=ShareWith.GP,
        reason=mark("ProtectiveShare.reason"),
        content=mark("ProtectiveShare.content"),
        by=staff["kit"],
        at=recent,
    )
    invited = facilitation.invite(
        party=other,
        name=mark("Invited.name"),
        organisation=mark("Invited.organisation"),
        role=mark("Invited.role"),
        by=staff["kit"],
        at=recent,
    )
    note = notes.add_note(
        referral=played.referral, party=other, text=mark("Note.text"), by=staff["kit"], at=recent
    )
    supporter = parties.add_party(
        referral=played.referral,
        facts=PersonFacts(
            given=mark("Supporter.given"), family=mark("Supporter.family"), place=Place.SUPPORTER
        ),
        beside=other,
        by=staff["kit"],
        at=recent,
    )
    check = records.ask_for_records_check(referral=played.referral, by=staff["asha"], at=recent)
    readiness.assess_capacity(
        party=other,
        help_given=mark("CapacityAssessment.help_given"),
        result=CapacityResult.ABLE,
        by=staff["kit"],
        at=recent,
    )
    facilitation.appoint(
        referral=played.referral, user=staff["wes2"], part=Part.SECOND_WORKER, by=staff["fay"], at=recent
    )
    share_with(other, staff["wes2"].organisation, by=staff["kit"], at=recent)
    share_with(supporter, staff["carol"].organisation, by=staff["kit"], at=recent)
    asked = ask_carers(played, mark, recent)
    let_in(played, "una", mark, by=staff["mo"], at=recent)
    grant = let_in(played, "lou", mark, by=staff["kit"], at=recent)  # waits to be given
    bar = grants.bar(
        referral=played.referral, user=staff["rex"], reason=mark("Bar.reason"), by=staff["mo"], at=recent
    )
    part = Involvement.objects.unscoped("test").in_meetings().get(user=staff["fay"])
    played.referral.refresh_from_db()
    return World(
        played=played,
        staff=staff,
        sessions={key: sign_in(user) for key, user in staff.people.items()},
        own_concern=own_concern,
        concern=concern,
        task=Task.objects.unscoped("test").get(done_at=None),
        check=check,
        supporter=supporter,
        facilitation=part,
        invited=invited,
        note=note,
        handoff=asked,
        grant=grant,
        bar=bar,
        share=share,
    )


def told_world() -> World:
    """The same, played once per process."""
    return once(("world",), make_world)


def let_in(played: Played, who: str, mark: Mark, *, by: User, at: datetime) -> Grant:
    """A worker covers for Kit, or asks to."""
    until = (at + timedelta(days=5)).date()
    wanted = grants.Wanted(GrantKind.COVER, played.staff[who], played.other, mark("Grant.reason"), until)
    return grants.ask_for_access(referral=played.referral, wanted=wanted, by=by, at=at)


def ask_carers(played: Played, mark: Mark, at: datetime) -> Handoff:
    """Kit asks Carers Leeds to help Jo. They have not opened the request."""
    kit, house = played.staff["kit"], played.staff["carol"].organisation
    share_with(played.other, house, by=kit, at=at)
    words = mark("Handoff.packet")
    asking = Asking(
        to_org=house,
        kind=HandoffKind.HELP,
        party=played.other,
        situation=words,
        background=words,
        needs=words,
        asked=words,
        flags=words,
        told=mark("Handoff.told"),
        reply_by=(at + timedelta(days=7)).date(),
    )
    return send_handoff(referral=played.referral, asking=asking, by=kit, at=at)


def share_with(party: Party, organisation: Organisation, *, by: User, at: datetime) -> None:
    """Their consent to sharing with an organisation."""
    from referrals.actions.consent import record_consent

    record_consent(
        party=party, purpose=Purpose.SHARE, recipient=organisation.pk, answer=Answer.YES, by=by, at=at
    )


def marked_talk(played: Played, mark: Mark):
    """Jo's talk with Kit, with every possible field filled and without blockers."""
    other = played.other
    talk = play.talk_for(played, other)
    return replace(
        talk,
        asked=Asked(language=mark("Consent.language")),
        safety={**dict.fromkeys(SAFETY_QUESTIONS, Answer.NO)},
        safety_details={"afraid": mark("SafetyAnswers.answers")},
        route=RouteFacts(
            kind=RouteKind.TEXT,
            value="+447700900777",
            allowed=True,
            read_by_others=False,
            screen_private=True,
            hours=Hours.ANY,
            cover=mark("ContactRoute.cover"),
        ),
        said=tuple(replace(said, wording=mark("Consent.wording")) for said in talk.said),
        preparation=dict.fromkeys(("hopes", "fears", "limits"), mark("Preparation.answers")),
        may_carry=mark("Preparation.may_carry"),
        readiness_notes={"own_idea": mark("ReadinessCheck.notes")},
    )


@contextmanager
def at_ten() -> Iterator[None]:
    """The clock is frozen at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield


@contextmanager
def undone() -> Iterator[None]:
    """Rolls back all changes made inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
