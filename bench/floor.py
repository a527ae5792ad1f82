"""The floor: what a page costs that only signs in, runs SQL written by hand and shows the rows.
The statements find what a page shows by the shortest way; they ask for none of the rules of who may see it."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags

ROW = """
SELECT r.reference, r.stage, r.kind, w.first_name, to_char(r.logged_at, 'DD Month YYYY'),
       (SELECT string_agg(p.known_as, ', ') FROM referrals_party p WHERE p.referral_id = r.id AND p.left_at IS NULL)
FROM referrals_referral r JOIN accounts_user w ON w.id = r.lead_id
"""
HEADS = ["Reference", "Stage", "Kind", "Lead", "Logged", "People"]
NEWEST = "ORDER BY r.logged_at DESC, r.id LIMIT 25 OFFSET (%(page)s::int - 1) * 25"
MINE = """ARRAY(SELECT id FROM referrals_referral WHERE lead_id = %(user)s UNION
SELECT referral_id FROM referrals_party WHERE keyworker_id = %(user)s AND left_at IS NULL)"""
TEAM = """ARRAY(SELECT id FROM referrals_referral
WHERE lead_id IN (SELECT id FROM accounts_user WHERE team_id = %(team)s)
UNION SELECT referral_id FROM referrals_party
WHERE keyworker_id IN (SELECT id FROM accounts_user WHERE team_id = %(team)s) AND left_at IS NULL)"""
NAMED = """ARRAY(SELECT p.referral_id FROM referrals_party p JOIN referrals_person n ON n.id = p.person_id
WHERE n.organisation_id = %(organisation)s AND (n.family = %(q)s OR n.given = %(q)s) AND p.left_at IS NULL)"""


@dataclass(frozen=True)
class Floor:
    """The statements of one page. The first gives the rows of its table; the others are shown below it."""

    statements: tuple[str, ...]
    heads: tuple[str, ...] = tuple(HEADS)


def _list(where: str) -> Floor:
    """A page of a list, with its count up to the cap."""
    counted = f"SELECT count(*) FROM (SELECT 1 FROM referrals_referral r WHERE {where} LIMIT 1001) found"
    return Floor((f"{ROW} WHERE {where} {NEWEST}", counted))


def _party(table: str, at: str) -> str:
    """The rows of one compartment's table."""
    return f"SELECT * FROM {table} WHERE party_id = %(party)s ORDER BY {at} DESC LIMIT 20"


ONE = "(SELECT id FROM referrals_referral WHERE reference = %(reference)s)"
PEOPLE = f"""
SELECT p.known_as, p.place, n.given, n.family, o.name, k.first_name FROM referrals_party p
JOIN referrals_person n ON n.id = p.person_id JOIN accounts_organisation o ON o.id = p.organisation_id
LEFT JOIN accounts_user k ON k.id = p.keyworker_id WHERE p.referral_id = {ONE} ORDER BY p.created_at
"""


def _parties(table: str, at: str) -> str:
    """The rows of every compartment of one referral."""
    parties = f"SELECT id FROM referrals_party WHERE referral_id = {ONE}"
    return f"SELECT * FROM {table} WHERE party_id IN ({parties}) ORDER BY {at} DESC LIMIT 20"


COMPARTMENT = {
    "referrals_contactroute": "created_at",
    "referrals_consent": "taken_at",
    "referrals_safetyanswers": "asked_at",
    "referrals_readinesscheck": "completed_at",
    "referrals_preparation": "held_at",
    "referrals_concern": "raised_at",
    "referrals_approach": "created_at",
}
OPEN_MINE = f"WHERE r.id = ANY({MINE}) AND r.stage <> 'closed' ORDER BY r.last_activity_at LIMIT 40"
MEETINGS = f"""SELECT m.starts_at, m.status, r.reference, v.name FROM meetings_meeting m
JOIN referrals_referral r ON r.id = m.referral_id LEFT JOIN meetings_venue v ON v.id = m.venue_id
WHERE m.referral_id = ANY({MINE}) AND m.starts_at BETWEEN now() - interval '1 day' AND now() + interval '2 days'
ORDER BY m.starts_at LIMIT 10"""
FLOORS = {
    "my-work": Floor((f"{ROW} {OPEN_MINE}", MEETINGS)),
    "mine": _list(f"r.id = ANY({MINE})"),
    "team": _list(f"r.id = ANY({TEAM})"),
    "organisation": _list("r.lead_organisation_id = %(organisation)s"),
    "stage": _list("r.lead_organisation_id = %(organisation)s AND r.stage = %(stage)s"),
    "name": _list(f"r.id = ANY({NAMED})"),
    "referral": Floor(
        (
            PEOPLE,
            f"{ROW} WHERE r.reference = %(reference)s",
            f"SELECT * FROM meetings_meeting WHERE referral_id = {ONE} ORDER BY starts_at DESC LIMIT 5",
            f"SELECT * FROM referrals_stagechange WHERE referral_id = {ONE} ORDER BY id DESC LIMIT 10",
            *(_parties(table, at) for table, at in COMPARTMENT.items()),
        )
    ),
    "person": Floor(
        (
            "SELECT p.known_as, p.place, n.given, n.family, n.language, n.pronouns FROM referrals_party p "
            "JOIN referrals_person n ON n.id = p.person_id WHERE p.id = %(party)s",
            *(_party(table, at) for table, at in COMPARTMENT.items()),
        )
    ),
    "history": Floor(
        (
            PEOPLE,
            f"SELECT * FROM referrals_stagechange WHERE referral_id = {ONE} ORDER BY id DESC LIMIT 25",
            *(_parties(table, at) for table, at in COMPARTMENT.items()),
        )
    ),
    "handoffs": Floor(
        (
            "SELECT r.reference, h.state, h.kind, o.name, to_char(h.sent_at, 'DD Month YYYY'), w.first_name "
            "FROM referrals_handoff h JOIN referrals_referral r ON r.id = h.referral_id "
            "JOIN accounts_organisation o ON o.id = h.to_org_id JOIN accounts_user w ON w.id = h.sent_by_id "
            "WHERE h.to_org_id = %(organisation)s OR h.from_org_id = %(organisation)s "
            "ORDER BY h.sent_at DESC LIMIT 50",
        )
    ),
    "grants": Floor(
        (
            "SELECT r.reference, g.kind, u.first_name, to_char(g.until, 'DD Month YYYY'), a.first_name, g.given_at "
            "FROM referrals_grant g JOIN referrals_referral r ON r.id = g.referral_id "
            "JOIN accounts_user u ON u.id = g.user_id LEFT JOIN accounts_user a ON a.id = g.created_by_id "
            "WHERE g.organisation_id = %(organisation)s ORDER BY g.created_at DESC LIMIT 50",
        )
    ),
    "ledger": Floor(
        (
            "SELECT at, verb, thing_type, role, fields::text, why_code FROM audit_auditentry "
            "WHERE organisation_id = %(organisation)s ORDER BY at DESC, id DESC "
            "LIMIT 25 OFFSET (%(page)s::int - 1) * 25",
            "SELECT count(*) FROM (SELECT 1 FROM audit_auditentry "
            "WHERE organisation_id = %(organisation)s LIMIT 1001) found",
        )
    ),
    "ledger-about": Floor(
        (
            "SELECT at, verb, thing_type, role, fields::text, why_code FROM audit_auditentry "
            f"WHERE referral_id = {ONE} ORDER BY at DESC, id DESC LIMIT 25",
            f"SELECT count(*) FROM (SELECT 1 FROM audit_auditentry WHERE referral_id = {ONE} LIMIT 1001) f",
        )
    ),
}


def show(request: HttpRequest, name: str) -> HttpResponse:
    """Run the statements of one floor for the user who asks, and show their rows."""
    user, given = request.user, request.GET.dict()
    asked: dict[str, Any] = {"page": "1", "user": user.pk, "team": user.team_id, **given}
    asked["organisation"] = user.organisation_id
    found = []
    with connection.cursor() as cursor:
        for statement in FLOORS[name].statements:
            cursor.execute(statement, asked)
            found.append([[_cell(value) for value in row[:6]] for row in cursor.fetchall()])
    rows, *others = found
    context = {"title": "Floor", "rows": rows, "others": others, "heads": FLOORS[name].heads}
    return render(request, "bench/floor.html", context)


show.policy = "signed_in"  # type: ignore[attr-defined]


def _cell(value: object) -> str:
    return strip_tags(str(value))[:60] if value is not None else "–"
