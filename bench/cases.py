"""The pages that are measured: for each, several workers who open it, on several referrals, and its floor.
Only clones that stand in every size are opened, so that all sizes answer for the same rows."""

import json
from dataclasses import dataclass, field

from django.db import connection
from django.urls import reverse

from bench import plan, roster
from meetings.demo.staff import email_of
from restorative.accounts.models import User

CHANGELIST = "/bench/admin/referrals/referral/"
ROWS = 10
# Stories in which there is a good deal to show, and some that are over.
SHOWN = (
    "ready",
    "booked_tomorrow",
    "record_overdue",
    "withdrawn",
    "agreement_open",
    "family_meeting",
    "on_hold",
    "blocked_stop",
    "blocked_sign_off",
    "closed_kept",
)


@dataclass(frozen=True)
class Visit:
    """One user opening one address, and the address of the floor of the same rows."""

    user: User
    path: str
    floor: str


@dataclass
class Case:
    """One line of the table."""

    name: str
    kind: str  # "list" or "page": what the budget asks differs
    visits: list[Visit] = field(default_factory=list)
    changelist: str = ""


@dataclass(frozen=True)
class Clone:
    """A clone that is opened: its reference, the person in treatment, and who plays which part."""

    n: int
    story: str
    reference: str
    party: str
    map: dict[str, str]

    def user(self, part: str) -> User:
        """Who plays the part of this member of the demo's cast."""
        return User.objects.get(pk=self.map[str(_original(part).pk)])


def clones(stories: tuple[str, ...], count: int = ROWS, *, most_days: int = 14) -> list[Clone]:
    """Clones of these stories among what goes on now; each story in turn."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n, story, reference, party, map FROM ("
            "  SELECT u.n, u.story, u.reference, md5(p.id::text || u.n)::uuid::text AS party, c.map,"
            "         row_number() OVER (PARTITION BY u.story ORDER BY u.days, u.n) AS place"
            '  FROM bench.units u JOIN bench.casts c ON c.id = u."cast"'
            "  JOIN bench.referrals_party p ON p.referral_id = u.referral AND p.place = 'in_treatment'"
            "  WHERE u.story = ANY(%s) AND u.n <= %s AND u.days <= %s) found ORDER BY place, story LIMIT %s",
            [[*stories], plan.CURRENT, most_days, count],
        )
        return [Clone(*row, json.loads(found)) for *row, found in cursor.fetchall()]


def _original(part: str) -> User:
    return User.objects.get(email=email_of(part))


def staff(letters: str, organisation: str = "forward-leeds", count: int = 4) -> list[User]:
    """Some workers of a kind, from the one with most work to the one with least."""
    found = [
        row.key for row in roster.workers() if row.letter in letters and row.organisation == organisation
    ]
    places = sorted({round(place * (len(found) - 1) / max(count - 1, 1)) for place in range(count)})
    users = User.objects.in_bulk(found)
    return [users[found[place]] for place in places]


def all_cases(only: list[str]) -> list[Case]:
    """Every page, or those whose name contains one of these words."""
    cases = [*_my_work(), *_lists(), *_pages(), *_others()]
    return [case for case in cases if not only or any(word in case.name.lower() for word in only)]


def _case(
    name: str, kind: str, users: list[User], path: str, floor: str, query: str = "", **more: str
) -> Case:
    """A list, as several users open it. `query` goes to the page, `more` to floor and changelist."""
    changelist = more.pop("changelist", "")
    asked = "&".join(f"{key}={value}" for key, value in more.items())
    at = f"/bench/floor/{floor}/?{asked}"
    return Case(name, kind, [Visit(user, path + query, at) for user in users], changelist)


def _my_work() -> list[Case]:
    home = reverse("home")
    who = {
        "keyworker": staff("k"),
        "facilitator": staff("f"),
        "manager": staff("m"),
        "safeguarding lead": staff("s"),
        "Carers Leeds": [*staff("k", "carers-leeds", 3), *staff("m", "carers-leeds", 1)],
    }
    return [_case(f"My work, {role}", "page", users, home, "my-work") for role, users in who.items()]


def _lists() -> list[Case]:
    path, search = reverse("casework:list"), reverse("casework:search")
    workers, managers = staff("k", count=6), staff("ms")
    given, family = GIVEN, _family()
    whole = "?whose=organisation"
    found = [
        _case("Caseload, mine", "list", workers, path, "mine", changelist=CHANGELIST),
        _case("Caseload, team", "list", workers, path, "team", "?whose=team", changelist=CHANGELIST),
        _case("Caseload, organisation", "list", managers, path, "organisation", whole, changelist=CHANGELIST),
        _case(
            "Caseload, by stage",
            "list",
            managers,
            path,
            "stage",
            f"{whole}&stage=preparing",
            stage="preparing",
            changelist=f"{CHANGELIST}?stage__exact=preparing",
        ),
        _case(
            "Caseload, by name",
            "list",
            managers,
            path,
            "name",
            f"{whole}&q={given}",
            q=given,
            changelist=f"{CHANGELIST}?q={given}",
        ),
        _case(
            "Caseload, page 40",
            "list",
            managers,
            path,
            "organisation",
            f"{whole}&page=40",
            page="40",
            changelist=f"{CHANGELIST}?p=40",
        ),
    ]
    for words, name in ((given, "first name"), (family, "family name")):
        case = _case(f"Search, {name}", "list", workers, search, "name", f"?q={words}", q=words)
        case.changelist = f"{CHANGELIST}?q={words}"
        found.append(case)
    return found


# A first name of the demo: it is that of one referral in 36.
GIVEN = "Ravi"


def _family() -> str:
    """The family name of one clone that stands in every size."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT family FROM bench.units WHERE n = 1")
        return str(cursor.fetchone()[0])


def _pages() -> list[Case]:
    """Pages of one referral, as its lead opens them and as its facilitator does."""
    shown = clones(SHOWN)
    referral, person, history = (Case(name, "page") for name in ("Referral page", "Person", "History"))
    for clone in shown:
        asked = f"?reference={clone.reference}&party={clone.party}"
        for part in ("asha", "fay"):
            user = clone.user(part)
            for case, name, floor, args in (
                (referral, "show", "referral", [clone.reference]),
                (person, "party", "person", [clone.reference, clone.party]),
                (history, "history", "history", [clone.reference]),
            ):
                path = reverse(f"casework:{name}", args=args)
                case.visits.append(Visit(user, path, f"/bench/floor/{floor}/{asked}"))
    return [referral, person, history]


def _others() -> list[Case]:
    handoffs, grants, ledger = (
        reverse(name) for name in ("referrals:handoffs", "referrals:grants", "reports:ledger")
    )
    gwen = staff("g")
    receivers = staff("km", "carers-leeds", 3)
    about = clones(("ready",), 1)[0].reference
    return [
        _case("Handoffs", "list", [*receivers, *staff("k", count=3)], handoffs, "handoffs"),
        _case("Grants", "list", [*staff("ms"), *staff("k", count=2)], grants, "grants"),
        _case("Ledger", "list", gwen, ledger, "ledger"),
        _case("Ledger, page 40", "list", gwen, ledger, "ledger", "?page=40", page="40"),
        _case(
            "Ledger, one referral", "list", gwen, ledger, "ledger-about", f"?about={about}", reference=about
        ),
    ]
