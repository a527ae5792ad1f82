"""A request between organisations and its answers, for one user."""

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from referrals import access
from referrals.blockers.handing_over import CONTACT, ShownMissing
from referrals.duties.referral import due_by
from referrals.enums import UNANSWERED, DeclineCode, HandoffKind, HandoffState
from referrals.models import Handoff, HandoffMessage, Party, Referral
from referrals.presenters import lower_first, within, you_or_name
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import Organisation, User

MOST = 50


def what(handoff: Handoff, user: "User") -> str:
    """'Forward Leeds asks you to help one person', without a name."""
    asks = "to lead" if handoff.kind == HandoffKind.LEAD else "to help one person"
    if user.organisation_id == handoff.to_org_id:
        return f"{handoff.from_org.name} asks you {asks}"
    return f"{handoff.to_org.name} is asked {asks}"


def time_left(row: Handoff, at: datetime, closures: frozenset) -> dict[str, Any]:
    """'Open it within 6 hours', 'Answer within 21 hours', in opening hours; 'Late' after that."""
    seen = row.shown_state == HandoffState.SENT
    days = rules().handoff_seen_working_days if seen else rules().handoff_decided_working_days
    due = due_by(row.sent_at, days, row.to_org.closes_at, closures)
    if due <= at:
        return {"text": "Late: open it today" if seen else "Late: answer it today", "tone": "due"}
    left = clock.open_hours_between(at, due, row.to_org.opens_at, row.to_org.closes_at, closures)
    hours = max(1, ceil(left / timedelta(hours=1)))
    verb = "Open it" if seen else "Answer"
    return {"text": f"{verb} within {hours} hour{'' if hours == 1 else 's'}"}


def stands(row: Handoff, user: "User") -> str:
    """The state of a request, for either side: who answered it, and when."""
    label = str(HandoffState(row.shown_state).label)
    if row.shown_state == HandoffState.ACCEPTED and row.receiver and row.starts_on:
        taken = "started" if row.moved_at else f"starting {clock.show_day(row.starts_on)}"
        kind = ", to help only" if row.kind != row.decided_kind else ""
        return f"Accepted{kind}: {you_or_name(row.receiver, user)}, {taken}"
    if row.shown_state == HandoffState.DECLINED and row.decided_by and row.decided_at:
        return f"Declined by {you_or_name(row.decided_by, user)}, {clock.show_day(row.decided_at)}"
    if row.shown_ended_at:
        # It may have been ended by another party, or by their worker.
        known = row.ended_by and row.shown_state in (HandoffState.RETURNED, HandoffState.COMPLETED)
        ours = known and row.ended_by.organisation_id == row.to_org_id
        who = f" by {you_or_name(row.ended_by, user)}" if ours else ""
        return f"{label}{who}, {clock.show_day(row.shown_ended_at)}"
    return label


def facts(row: Handoff, user: "User") -> list[dict[str, str]]:
    """What both sides may know of it, in every state."""
    sent = f"{row.sent_by.first_name}, {row.from_org.name}, {clock.show_when(row.sent_at)}"
    found = [("Sent by", sent), ("To", row.to_org.name), ("Where it stands", stands(row, user))]
    if row.sent_by_us and row.decline_code:
        found.append(("Why not", str(DeclineCode(row.decline_code).label)))
    return [{"key": key, "value": value} for key, value in found]


def outcome(row: Handoff) -> list[dict[str, str]]:
    """The result, for the sender's side. The row carries its sealed words."""
    found = [
        ("What was done", row.outcome_done),
        ("How it went", row.outcome_went),
        ("What next", row.outcome_next),
        ("Why it came back", row.why_returned),
    ]
    return [{"key": key, "value": value} for key, value in found if value]


def thread(row: Handoff, user: "User") -> list[dict[str, str]]:
    """Questions and answers, oldest first."""
    messages = HandoffMessage.objects.visible_to(user).filter(handoff=row)
    return [
        {
            "when": clock.show_when(message.created_at),
            "title": _speaks(message, row),
            "text": message.words,
            "who": you_or_name(message.created_by, user),
        }
        for message in messages.select_related("created_by").order_by("created_at", "pk")
        if message.created_by
    ]


def _speaks(message: HandoffMessage, row: Handoff) -> str:
    asked = message.created_by is not None and message.created_by.organisation_id == row.to_org_id
    return f"{row.to_org.name} asked" if asked else f"{row.from_org.name} answered"


def links(row: Handoff, user: "User") -> list[dict[str, str]]:
    """This user's further actions on it now."""
    found = []
    if row.shown_state in UNANSWERED:
        if access.may_answer(user, row):
            found += [("Ask a question first", "handoff_ask"), ("Decline", "handoff_decline")]
        elif row.sent_by_us:
            if row.shown_state == HandoffState.QUESTION:
                found.append(("Answer their question", "handoff_ask"))
            found.append(("Withdraw this request", "handoff_withdraw"))
    elif row.shown_state == HandoffState.ACCEPTED and access.may_carry_out(user, row):
        started = [("Complete, and say what came of it", "handoff_complete")]
        found += started if row.moved_at else [("First contact made", "handoff_contact")]
        found.append(("Give it back", "handoff_return"))
    shown = [{"text": text, "href": reverse(f"referrals:{name}", args=[row.pk])} for text, name in found]
    if access.may_see(user, row.referral):
        href = reverse("casework:show", args=[row.referral.reference])
        shown.append({"text": f"Open {row.referral.reference}", "href": href})
    return shown


def asked_of_others(referral: Referral, user: "User") -> dict[str, Any] | None:
    """A box on the referral page: requests to other organisations, as far as this user may know. None without any."""
    if not referral.has_handoffs:
        return None
    rows = (
        Handoff.objects.visible_to(within(referral, user))
        .filter(referral=referral)
        .select_related("from_org", "to_org", "receiver", "decided_by", "ended_by")
    )
    links = [
        {
            "text": f"{what(row, user)}: {lower_first(stands(row, user))}",
            "href": reverse("referrals:handoff", args=[row.pk]),
        }
        for row in rows.order_by("-sent_at", "-pk")[:MOST]
    ]
    return {"title": "Asked of other organisations", "links": links} if links else None


def may_ask(parties: list[Party], referral: Referral, user: "User") -> bool:
    """Whether this user may send any handoff here. `parties` carry `opened`."""
    if access.may_ask_to_lead(user, referral):
        return True
    for party in parties:
        party.referral = referral
    return any(
        party.opened
        and not party.is_supporter
        and party.organisation_id == user.organisation_id
        and access.may_set_keyworker(user, party)
        for party in parties
    )


def missing_rows(
    rows: list[ShownMissing], referral: Referral, to_org: "Organisation"
) -> list[dict[str, str]]:
    """What stands in the way of sending, each with a link to the page that fixes it, if this user may fix it."""
    shown = []
    for row in rows:
        if row.party is None:
            shown.append({"sentence": row.sentence, "whose": "Somebody else’s turn"})
            continue
        args = [referral.reference, row.party.id]
        contact = row.code == CONTACT
        href = reverse("referrals:routes" if contact else "referrals:consent", args=args)
        shown.append(
            {
                "sentence": row.sentence,
                "whose": "Your turn",
                "action_text": "Confirm it" if contact else f"Ask {row.party.name}",
                "action_href": href if contact else f"{href}?share={to_org.key}",
            }
        )
    return shown
