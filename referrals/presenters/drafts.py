"""A user's unsent drafts, each with a link to continue. Everything shown is their own text.
Checks for all at once whether the page is still open to them; the page itself checks again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, resolve, reverse

from referrals import access
from referrals.models import Party, Referral
from referrals.presenters import Named, names_of, read_names
from restorative.accounts.models import User
from restorative.common import clock, drafts
from restorative.common.models import Draft
from restorative.common.references import read_reference
from restorative.common.rules import rules

NOT_YOURS = "A page you can no longer open"
UNNAMED = "Something you began to write"
SETTING_UP = ("administrator",)


@dataclass
class Begun:
    """A draft with the arguments of its page's URL."""

    draft: Draft
    href: str = ""
    policy: str = ""
    reference: str = ""
    party: UUID | None = None
    safety_only: bool = False


def rows(owner: User) -> list[dict[str, Any]]:
    """A row per draft, in at most six queries."""
    begun = [_begun(draft) for draft in drafts.of(owner)]
    found = Referral.objects.visible_to(owner).filter(reference__in={each.reference for each in begun})
    referrals = {referral.reference: referral for referral in found}
    people = read_names(owner, [referral.pk for referral in referrals.values()])
    wanted = {each.party for each in begun if each.party is not None}
    opened = Party.objects.safety_opened_by(owner).filter(pk__in=wanted).present().with_opened(owner)
    where = {party.pk: party for party in opened.select_related("referral")}
    return [_row(each, owner, referrals, where, people) for each in begun]


def _begun(draft: Draft) -> Begun:
    name, values = drafts.parts_of(draft.place)
    try:
        href = reverse(name, args=values)
        match = resolve(href)
    except (NoReverseMatch, ValueError):
        return Begun(draft)
    page = getattr(match.func, "view_class", None)
    reference = str(match.kwargs.get("reference", ""))
    if page is None or not getattr(page, "drafted", False):
        return Begun(draft)
    if reference and read_reference(reference) != reference:
        return Begun(draft)
    safety_only = getattr(page, "safety_only", False)
    return Begun(draft, href, page.policy, reference, match.kwargs.get("party"), safety_only)


def _may_open(each: Begun, owner: User, referrals: dict[str, Referral], where: dict[UUID, Party]) -> bool:
    if not each.href:
        return False
    if each.party is not None:
        party = where.get(each.party)
        opens = party is not None and (party.opened or each.safety_only)
        return opens and party.referral.reference == each.reference
    if each.reference:
        return each.reference in referrals
    capability = "set_up" if each.policy in SETTING_UP else "log"
    return access.can(owner, capability)


def _row(
    each: Begun,
    owner: User,
    referrals: dict[str, Referral],
    where: dict[UUID, Party],
    people: dict[UUID, list[Named]],
) -> dict[str, Any]:
    draft, opens = each.draft, _may_open(each, owner, referrals, where)
    referral = referrals.get(each.reference) if opens else None
    goes = draft.updated_at + timedelta(days=rules().draft_days)
    return {
        "key": draft.pk,
        "title": (draft.title or UNNAMED) if opens else NOT_YOURS,
        "about": f"{names_of(people[referral.pk], owner)} · {referral.reference}" if referral else "",
        "age": f"Kept {clock.ago(draft.updated_at)}. It goes on {clock.show_day(goes)}.",
        "href": each.href if opens else "",
        "words": drafts.words_of(draft),
        "thrown": draft.thrown_at is not None,
    }
