"""Records checks for a safeguarding lead: waiting checks, hits, and release times.
Other users see only waiting or done. Of another organisation's record it shows only what the decision needs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from referrals.enums import Likeness, Verdict
from referrals.models import Person, RecordsCheck, RecordsHit
from referrals.presenters.decisions import checks_to_match, names_to_match
from restorative.accounts.models import Organisation, User
from restorative.common import clock
from restorative.common.rules import rules

NAME_HEADS = ["Name", "Place", "Born"]
HIT_HEADS = ["Found", "Sought", "Born", "Known to", "How alike", "Open there", "Looked at"]
DECIDED_HEADS = ["Found", "Known to", "Is it them?", "Said by", "Note"]
MOST = 100


def released_when(check: RecordsCheck) -> str:
    """'Today, 4pm', 'Mon 5 April, 11am': the fixed time of its release, or the time if it were done now."""
    fixed = clock.next_of(check.done_at or clock.now(), rules().records_release_minutes)
    if clock.today(fixed) == clock.today():
        return f"today at {clock.show_time(fixed)}"
    return f"on {clock.show_when(fixed)}"


def waiting(user: User) -> list[RecordsCheck]:
    """Checks that wait for this safeguarding lead: unreviewed ones before finished ones, oldest first."""
    return sorted(checks_to_match(user)[:MOST], key=lambda check: check.done_at is not None)


def boxes(user: User, checks: Sequence[RecordsCheck]) -> list[dict[str, Any]]:
    """Each check with its names and hits, most similar first. Four queries for any number of checks."""
    names = names_to_match(user, checks)
    found: dict[UUID, list[RecordsHit]] = {}
    for hit in hits_of(user, checks):
        found.setdefault(hit.records_check_id, []).append(hit)
    return [_box(check, names.get(check.referral_id, []), found.get(check.pk, [])) for check in checks]


def _box(check: RecordsCheck, names: list[list[str]], hits: list[RecordsHit]) -> dict[str, Any]:
    return {
        "reference": check.referral.reference,
        "asked": f"Asked for by {check.asked_by.first_name}, {clock.ago(check.asked_at)}",
        "names": names,
        "hits": [hit_row(hit) for hit in hits],
        "matched": check.matched_at is not None,
        "done": f"Done. It is released {released_when(check)}" if check.done_at else "",
        "href": reverse("referrals:records_check_release", args=[check.pk]),
    }


def hits_of(user: User, checks: Sequence[RecordsCheck]) -> list[RecordsHit]:
    """The hits, most similar first, with what the decision needs."""
    hits = RecordsHit.objects.visible_to(user).filter(records_check__in=[check.pk for check in checks])
    return list(
        hits.with_open_concerns()
        .select_related("matched", "organisation", "party", "party__person", "looked_by")
        .order_by("-likeness", "matched__name_key", "pk")
    )


def full_name(person: Person) -> str:
    return f"{person.given} {person.family}".strip()


def born(person: Person) -> str:
    return f"{person.born_on.day} {person.born_on:%B %Y}" if person.born_on else "Not known"


def open_there(hit: RecordsHit) -> str:
    """Whether the record there has an open stop or sign-off, without its kind."""
    if hit.stop_open:
        return "A stop and a sign-off" if hit.sign_off_open else "A stop"
    return "A sign-off" if hit.sign_off_open else "None recorded"


def hit_row(hit: RecordsHit) -> list[Any]:
    verdict = str(Verdict(hit.verdict).label) if hit.verdict else "Not yet"
    return [
        full_name(hit.matched),
        hit.party.known_as,
        born(hit.matched),
        hit.organisation.name,
        str(Likeness(hit.likeness).label),
        {"text": open_there(hit), "tone": "stop" if hit.stop_open else "due" if hit.sign_off_open else ""},
        verdict,
    ]


def field_of(hit: RecordsHit) -> str:
    """The name of the form's field for its verdict."""
    return f"hit_{hit.pk.hex}"


def to_decide(user: User, hits: Sequence[RecordsHit]) -> list[dict[str, str]]:
    """The hits without a verdict, for the form."""
    left = [hit for hit in hits if not hit.verdict]
    phones = leads_of(user, {hit.organisation for hit in left})
    return [
        {
            "field": field_of(hit),
            "sought": hit.party.known_as,
            "name": f"{full_name(hit.matched)}, {hit.organisation.name}",
            "about": f"{Likeness(hit.likeness).label}. Born there: {born(hit.matched)}; here: "
            f"{born(hit.party.person)}. Open there: {open_there(hit).lower()}. {phones[hit.organisation_id]}",
        }
        for hit in left
    ]


def cut_short(hits: Sequence[RecordsHit]) -> list[str]:
    """Names with so many hits that only the most similar are listed, so that the lead knows to ask for the others."""
    most = rules().records_hits_a_person
    found = Counter(hit.party_id for hit in hits)
    names = {hit.party_id: hit.party.known_as for hit in hits}
    return [
        f"Many sound like {names[key]}: only the {most} likeliest are listed. A family name, or when {names[key]} was "
        "born, would narrow it."
        for key, count in found.items()
        if count >= most
    ]


def decided(hits: Sequence[RecordsHit]) -> list[list[Any]]:
    """The hits with a verdict: name, verdict, the worker who gave it, the note."""
    return [
        [
            full_name(hit.matched),
            hit.organisation.name,
            str(Verdict(hit.verdict).label),
            hit.looked_by.first_name if hit.looked_by else "",
            hit.note or "None",
        ]
        for hit in hits
        if hit.verdict
    ]


def leads_of(user: User, houses: set[Organisation]) -> dict[UUID, str]:
    """Who to ring in each organisation: its safeguarding leads or, if it has none, the organisation."""
    leads: dict[UUID, list[str]] = {}
    found = User.objects.filter(safeguarding_lead=True, is_active=True, organisation__in=houses)
    for lead in found.exclude(pk=user.pk).order_by("first_name", "pk"):
        if lead.work_phone:
            leads.setdefault(lead.organisation_id, []).append(f"{lead.first_name} on {lead.work_phone}")
    return {house.pk: _who_to_ring(house, leads.get(house.pk, []), user) for house in houses}


def _who_to_ring(house: Organisation, leads: list[str], user: User) -> str:
    if leads:
        return f"Ring their safeguarding lead: {', or '.join(leads)}."
    if house.pk == user.organisation_id:
        return "It is your own organisation’s record."
    return f"No safeguarding lead is named there{f': ring {house.phone}' if house.phone else ''}."
