"""Plays a handoff: the people agree to it first, each with their own worker."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meetings.demo.story import Played
from referrals.actions.consent import record_consent
from referrals.actions.handoff import decline, mark_seen, send_handoff
from referrals.actions.packet import Asking
from referrals.actions.reaching import RouteFacts, record_route
from referrals.enums import Answer, Days, DeclineCode, HandoffKind, Hours, Purpose, RouteKind
from referrals.models import ContactRoute, Handoff, Party
from restorative.accounts.models import Organisation, User
from restorative.common import clock


@dataclass
class Words:
    """The text typed into a request."""

    situation: str
    background: str
    needs: str
    asked: str
    flags: str
    told: str


def words_about(name: str) -> Words:
    return Words(
        situation=f"{name} has agreed to a talk with the other person and is getting ready for it.",
        background=f"{name} has had no support for themselves so far.",
        needs=f"{name} sleeps badly and would like somebody outside the family to talk to.",
        asked="A worker of their own, from now until six weeks after the meeting.",
        flags="Text before ringing. Never leave a message.",
        told="That we would ask you, what we would say, and that they can stop it at any time.",
    )


def share_with_carers(made: Played, party: Party, at: datetime) -> None:
    """All parties consent to sharing with Carers Leeds, and confirm their contact routes."""
    worker = made.staff["asha"] if party == made.own else made.staff["kit"]
    house = made.staff["carol"].organisation
    record_consent(
        party=party, purpose=Purpose.SHARE, recipient=house.pk, answer=Answer.YES, by=worker, at=at
    )
    last = ContactRoute.objects.unscoped("demo").get(party=party, replaced_at=None)
    facts = RouteFacts(
        kind=RouteKind(last.kind),
        value=last.value,
        allowed=True,
        read_by_others=False,
        screen_private=last.screen_private,
        days=Days(last.days),
        hours=Hours(last.hours),
        cover=last.cover,
    )
    record_route(party=party, facts=facts, by=worker, at=at)


def ask_to_help(made: Played, at: datetime, *, words: Words | None = None) -> Handoff:
    """Kit asks Carers Leeds to help the other person."""
    share_with_carers(made, made.other, at - timedelta(hours=1))
    return _send(made, made.other, words or words_about(made.other.known_as), made.staff["kit"], at)


def ask_to_lead(made: Played, at: datetime) -> Handoff:
    """Asha asks Carers Leeds to lead."""
    for party in made.parties:
        share_with_carers(made, party, at - timedelta(hours=1))
    return _send(made, None, words_about(made.own.known_as), made.staff["asha"], at)


def say_no(made: Played, at: datetime) -> None:
    """Mina opens the request and declines, for lack of capacity."""
    sent = Handoff.objects.unscoped("demo").get(referral=made.referral)
    mina = made.staff["mina"]
    mark_seen(handoff=sent, by=mina, at=at - timedelta(minutes=20))
    sent.refresh_from_db(fields=["state", "version"])
    decline(handoff=sent, code=DeclineCode.NO_CAPACITY, version=sent.version, by=mina, at=at)


def _send(made: Played, party: Party | None, words: Words, by: User, at: datetime) -> Handoff:
    to_org: Organisation = made.staff["carol"].organisation
    asking = Asking(
        to_org=to_org,
        kind=HandoffKind.HELP if party else HandoffKind.LEAD,
        party=party,
        situation=words.situation,
        background=words.background,
        needs=words.needs,
        asked=words.asked,
        flags=words.flags,
        told=words.told,
        reply_by=_answer_day(at),
    )
    return send_handoff(referral=made.referral, asking=asking, by=by, at=at)


def _answer_day(at: datetime) -> date:
    return clock.add_working_days(clock.today(at), 5, frozenset())
