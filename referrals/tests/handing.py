"""Set-up of handoffs for tests: the request and the answers."""

from datetime import datetime, timedelta
from typing import Any

from meetings.demo.story import Played
from referrals.actions.consent import record_consent
from referrals.actions.handed_over import first_contact
from referrals.actions.handoff import accept, send_handoff
from referrals.actions.packet import Asking
from referrals.actions.reaching import RouteFacts, record_route
from referrals.enums import Answer, HandoffKind, Hours, Purpose, RouteKind
from referrals.models import ContactRoute, Handoff, Party, Referral
from restorative.accounts.models import Organisation, User
from restorative.common import clock


def carers(made: Played) -> Organisation:
    return made.staff["carol"].organisation


def agree(party: Party, by: User, organisation: Organisation, answer: Answer = Answer.YES) -> None:
    """They consent to sharing with that organisation, and confirm their contact routes."""
    record_consent(party=party, purpose=Purpose.SHARE, recipient=organisation.pk, answer=answer, by=by)


def confirm(party: Party, by: User, at: datetime | None = None) -> None:
    """They confirm their contact routes."""
    last = ContactRoute.objects.unscoped("test").filter(party=party, replaced_at=None).first()
    record_route(
        party=party,
        facts=RouteFacts(
            kind=RouteKind.TEXT,
            value=last.value if last else "+447700900999",
            allowed=True,
            read_by_others=False,
            screen_private=True,
            hours=Hours.MORNING,
            cover="About Thursday.",
        ),
        by=by,
        at=at,
    )


def asking(made: Played, party: Party | None, **changes: Any) -> Asking:
    """The request to Carers Leeds: to help this person or, without one, to lead."""
    facts: dict[str, Any] = {
        "to_org": carers(made),
        "kind": HandoffKind.HELP if party else HandoffKind.LEAD,
        "party": party,
        "situation": "They want to talk again.",
        "asked": "Somebody of their own to talk to.",
        "told": "That we would ask you.",
        "needs": "Wants to be heard first.",
        "reply_by": clock.today() + timedelta(days=7),
    }
    return Asking(**(facts | changes))


def help_asked(made: Played, **changes: Any) -> Handoff:
    """Kit asks Carers Leeds to help the other person, who agreed to it."""
    kit = made.staff["kit"]
    agree(made.other, kit, carers(made))
    confirm(made.other, kit)
    return send_handoff(referral=made.referral, asking=asking(made, made.other, **changes), by=kit)


def lead_asked(made: Played, **changes: Any) -> Handoff:
    """Asha asks Carers Leeds to lead; all parties agreed to it."""
    for party in made.parties:
        by = made.staff["asha"] if party == made.own or party.keyworker is None else party.keyworker
        agree(party, by, carers(made))
        confirm(party, by)
    return send_handoff(referral=made.referral, asking=asking(made, None, **changes), by=made.staff["asha"])


def fresh(handoff: Handoff) -> Handoff:
    rows = Handoff.objects.unscoped("test").select_related("referral", "party", "from_org", "to_org")
    return rows.get(pk=handoff.pk)


def accepted(made: Played, handoff: Handoff, who: str = "carol", **changes: Any) -> Handoff:
    """Carol accepts it, from today."""
    worker = made.staff[who]
    now = fresh(handoff)
    facts: dict[str, Any] = {
        "worker": worker,
        "kind": HandoffKind(now.kind),
        "starts_on": clock.today(),
        "version": now.version,
        "by": worker,
    }
    accept(handoff=now, **(facts | changes))
    return fresh(handoff)


def started(made: Played, handoff: Handoff, who: str = "carol") -> Handoff:
    """Carol accepts it and makes first contact."""
    taken = accepted(made, handoff, who)
    first_contact(handoff=taken, version=taken.version, by=made.staff[who])
    return fresh(handoff)


def sees(user, made: Played) -> bool:
    return Referral.objects.visible_to(user).filter(pk=made.referral.pk).exists()


def opens(user, party: Party) -> bool:
    return Party.objects.opened_by(user).filter(pk=party.pk).exists()


def reads(user, handoff: Handoff) -> bool:
    return Handoff.objects.opened_by(user).filter(pk=handoff.pk).exists()


def knows(user, handoff: Handoff) -> bool:
    return Handoff.objects.visible_to(user).filter(pk=handoff.pk).exists()


def party_now(party: Party) -> Party:
    return Party.objects.unscoped("test").get(pk=party.pk)


def referral_now(made: Played) -> Referral:
    return Referral.objects.unscoped("test").get(pk=made.referral.pk)
