"""Plays a handoff: the people agree to it first, each with their own worker."""

from datetime import datetime, timedelta

from meetings.demo.story import Played, share_with, worker_of
from referrals.actions.handoff import decline, mark_seen, send_handoff
from referrals.actions.packet import Asking
from referrals.actions.reaching import RouteFacts, record_route
from referrals.enums import DeclineCode, HandoffKind
from referrals.models import ContactRoute, Handoff, Party
from restorative.accounts.models import User
from restorative.common import clock


def words_about(name: str) -> dict[str, str]:
    """The text typed into a request."""
    return {
        "situation": f"{name} has agreed to a talk with the other person and is getting ready for it.",
        "background": f"{name} has had no support for themselves so far.",
        "needs": f"{name} sleeps badly and would like somebody outside the family to talk to.",
        "asked": "A worker of their own, from now until six weeks after the meeting.",
        "flags": "Text before ringing. Never leave a message.",
        "told": "That we would ask you, what we would say, and that they can stop it at any time.",
    }


def share_with_carers(made: Played, party: Party, at: datetime) -> None:
    """All parties consent to sharing with Carers Leeds, and confirm their contact routes."""
    share_with(made, party, "carol", at)
    last = ContactRoute.objects.unscoped("demo").get(party=party, replaced_at=None)
    facts = RouteFacts.of(last, allowed=True, read_by_others=False)
    record_route(party=party, facts=facts, by=worker_of(made, party), at=at)


def ask_to_help(made: Played, at: datetime, *, words: dict[str, str] | None = None) -> Handoff:
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


def _send(made: Played, party: Party | None, words: dict[str, str], by: User, at: datetime) -> Handoff:
    asking = Asking(
        to_org=made.staff["carol"].organisation,
        kind=HandoffKind.HELP if party else HandoffKind.LEAD,
        party=party,
        reply_by=clock.add_working_days(clock.today(at), 5, frozenset()),
        **words,
    )
    return send_handoff(referral=made.referral, asking=asking, by=by, at=at)
