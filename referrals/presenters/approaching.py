"""Texts about a person who has not answered: until when their record is kept, and what they said.
Users who do not open their compartment see none of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from referrals import access, presenters, selectors
from referrals.enums import Stage
from referrals.facts import PartyFacts
from referrals.facts.rows import ConcernRow
from referrals.models import Approach, KeptLonger, Party
from referrals.presenters.shown_person import ShownPerson
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

Row = dict[str, Any]
# The same answer for every family member who enquires, in every case.
RECEIVED = "Received. If it can go further we will ring you."
# Shown only to users who open the compartment in which it was said.
ASKED_NOT = "Somebody with that name asked before not to be approached. Look at {reference} first."


def kept_box(page: ShownPerson) -> Row | None:
    """Until when the provisional record is kept, and a manager's link to extend it."""
    known = page.known
    if not known.is_provisional or known.died:
        return None
    goes = known.goes_at
    if goes is None:
        sealed = known.said_do_not_approach or known.rows(ConcernRow)
        lines = [f"What is recorded with {page.party.known_as} stays, sealed."]
        return {"lines": lines, "links": []} if sealed else None
    lines, links = [_until(goes, page.at)], []
    if known.kept_until is not None:
        lines.append(_kept_by(page))
    elif _may_be_kept(page, goes):
        links.append({"text": "Keep it longer, once", "href": page.href("person_keep")})
    return {"lines": lines, "links": links}


def _until(goes: datetime, at: datetime) -> str:
    if goes <= at:
        return "Its time is over. It goes once no meeting is booked, unless they answer."
    return f"Kept until {clock.show_day(goes)} unless they answer."


def _may_be_kept(page: ShownPerson, goes: datetime) -> bool:
    """Whether this user may extend it now: a manager, close enough to its end."""
    near = page.at >= goes - timedelta(days=rules().provisional_warning_days)
    still_open = page.referral.shown_stage != Stage.CLOSED
    return near and still_open and bool(access.may_keep_longer(page.user, page.party))


def _kept_by(page: ShownPerson) -> str:
    row = KeptLonger.objects.visible_to(page.within).select_related("created_by").get(party=page.party)
    who = capfirst(presenters.you_or_name(row.created_by, page.user)) if row.created_by else "A manager"
    return f"{who} kept it longer on {clock.show_day(row.created_at)}: {row.reason}"


def longer(party: PartyFacts) -> list[Row]:
    """What a manager is told before extending a record; [] if it will not be deleted."""
    goes = party.goes_at
    if goes is None:
        return []
    tried = clock.show_day(party.last_tried) if party.last_tried else "Nobody has tried yet"
    return [
        {"key": "Logged", "value": clock.show_day(party.row.created_at)},
        {"key": "Last approach", "value": tried},
        {"key": "Goes on", "value": clock.show_day(goes)},
        {"key": "Kept longer, until", "value": clock.show_day(max(goes, party.facts.at) + party.kept_for)},
    ]


def came_rows(party: Party, user: User) -> list[Row]:
    """The words with which a person came to us, when, and which worker they told."""
    found = (
        Approach.objects.visible_to(presenters.within(party.referral, user))
        .filter(party=party)
        .select_related("created_by")
    )
    return [
        {"key": "Asked first" if row.asked_first else "Told us, unprompted", "value": _told(row, user)}
        for row in found.order_by("created_at", "pk")
        if row.told_us.get("on")
    ]


def _told(row: Approach, user: User) -> str:
    day = clock.show_day(datetime.fromisoformat(row.told_us["on"]).date())
    who = f", to {presenters.you_or_name(row.created_by, user)}" if row.created_by else ""
    words = row.told_us.get("words", "")
    return f"“{words}”\n{capfirst(day)}{who}" if words else f"{day}{who}"


def asked_not(party: Party, user: User, people: Sequence[Party], routes: Sequence[str] = ()) -> list[Row]:
    """Other referrals in which a possible match of this party said "do not approach", as far as this user may know."""
    named = [
        each
        for each in people
        if each.pk != party.pk and presenters.shown_name(each, user) != presenters.OTHER
    ]
    found = selectors.asked_not_to_be(
        user,
        given=party.known_as,
        family=party.person.family,
        others=[each.known_as for each in named],
        routes=routes,
    )
    elsewhere = found.exclude(referral=party.referral_id)
    return _rows(elsewhere.values_list("referral__reference", flat=True))


def asked_not_of(user: User, people: Sequence[tuple[str, str, Sequence[str]]]) -> list[Row]:
    """The same for people about to be logged: for each the first name, the last name, and the others' first names."""
    return _rows(
        reference
        for given, family, others in people
        for reference in selectors.asked_not_to_be(
            user, given=given, family=family, others=others
        ).values_list("referral__reference", flat=True)
    )


def _rows(references: Iterable[str]) -> list[Row]:
    """A sentence and a link for each referral in which it was said."""
    return [
        {
            "text": ASKED_NOT.format(reference=reference),
            "action_text": f"Open {reference}",
            "href": reverse("casework:show", args=[reference]),
        }
        for reference in dict.fromkeys(references)
    ]
