"""Further actions for the state machine: grants, bars, passing work to a colleague, protective shares, and age."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import grants
from referrals.actions.facilitation import change_lead
from referrals.actions.parties import set_keyworker
from referrals.actions.personal import ChildFacts, record_age
from referrals.actions.protecting import look_at_share, share_to_protect
from referrals.enums import ChildResult, GrantKind, ShareWith
from referrals.models import Bar, Grant, ProtectiveShare
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from restorative.common import clock
from tests.acts import Pressed, fresh, newest, side, supports, worker

# What exists at the start, so that not every history has to reach it first.
BEFORE = ("", "", "let in", "let in", "shut out", "a child")

# For one of them or, without a party, only for the shell.
WHOSE = st.sampled_from(["own", "other", "other", ""])
KINDS = st.sampled_from([GrantKind.EMERGENCY, GrantKind.COVER, GrantKind.COVER, GrantKind.READING])
LET_IN = st.sampled_from([*["ben"] * 6, "fay", "kit", "asha", "sal", "carol"])
COLLEAGUES = st.sampled_from(["ben", "ben", "kit", "asha", "fay", "mo"])
OUT = st.sampled_from(["ben", "ben", "fay", "kit", "asha", "mo", "sal", "wes", "carol", "gwen"])

# Age in years and days, and the decision recorded with it.
ABLE = ChildFacts(ChildResult.COMPETENT, "Explained it back.")
PARENT = ChildFacts(ChildResult.PARENT, "Could not explain it back.", parent="Their father, by phone.")
OF_A_PARTY = ChildFacts(ChildResult.PARENT, "Could not.", parent="Their mother.", parent_takes_part=True)
NEITHER = ChildFacts(ChildResult.NEITHER, "Could not explain it back.")
AGES: dict[str, tuple[int, ChildFacts | None]] = {
    "a child": (14 * 366, None),
    "a child who can decide": (14 * 366, ABLE),
    "a child with a parent": (14 * 366, PARENT),
    "a child with a parent here": (14 * 366, OF_A_PARTY),
    "a child who cannot": (14 * 366, NEITHER),
    "soon sixteen": (16 * 365, None),
    "seventeen": (17 * 366, None),
    "grown": (40 * 366, None),
    "grown, and asked like a child": (40 * 366, ABLE),
    "not born": (-1, None),
}


def lead_who_manages_nobody(staff: Staff) -> User:
    """Ivy, of Ben's team, may ask for access for others, and may not give it afterwards."""
    ben = staff["ben"]
    return User.objects.create_user(
        email="ivy@demo.example",
        password=None,
        first_name="Ivy",
        organisation=ben.organisation,
        team=ben.team,
        role=Role.KEYWORKER,
        safeguarding_lead=True,
    )


def manager(user: User) -> str:
    """A manager of their organisation; for Sal herself, another one."""
    house = {"carers-leeds": "mina"}.get(user.organisation.key, "mo")
    return "sal" if user.first_name == "Mo" else house


def second(made: Played, who: str, usual: str, *, mine: User, asked: User) -> User:
    """The worker who answers: the usual one, another worker, or one who may not."""
    return {"themselves": mine, "who asked": asked}.get(who) or worker(made, who, usual)


# --- Grants and bars --------------------------------------------------------------------------------------------


def asked_to_be_let_in(
    made: Played, which: str, kind: GrantKind, whom: str, days: int, who: str
) -> Pressed | None:
    """Emergency and reading access are asked for oneself; cover is asked for by the keyworker."""
    party = side(made, which) if which else None
    user = made.staff["gwen" if kind == GrantKind.READING else whom]
    alone = kind in (GrantKind.EMERGENCY, GrantKind.READING)
    by = user if alone else worker(made, who, supports(party) if party else "asha")
    until = None if kind == GrantKind.EMERGENCY else clock.today() + timedelta(days=days)
    wanted = grants.Wanted(kind, user, party, "They are away.", until)
    return Pressed(
        lambda: grants.ask_for_access(referral=fresh(made), wanted=wanted, by=by), party, secret=True
    )


def answered_access(made: Played, how: str, who: str) -> Pressed | None:
    """Give or end a grant: by a second person, by the asker, or by its holder."""
    row: Grant | None = newest(Grant, referral=made.referral, ended_at=None, **_waiting(how))
    if row is None:
        return None
    by = second(made, who, manager(row.user), mine=row.user, asked=row.created_by)
    act = grants.give if how == "give" else grants.end_access
    return Pressed(lambda: act(grant=row, by=by), row.party, secret=True)


def _waiting(how: str) -> dict[str, Any]:
    return {"given_at": None} if how == "give" else {}


def shut_out(made: Played, whom: str, who: str) -> Pressed:
    user = made.staff[whom]
    by = worker(made, who, manager(user))
    return Pressed(
        lambda: grants.bar(referral=fresh(made), user=user, reason="Their cousin.", by=by),
    )


def let_back(made: Played, who: str) -> Pressed | None:
    """Lift a bar: by a manager, or by the barred worker."""
    row: Bar | None = newest(Bar, referral=made.referral, lifted_at=None)
    if row is None:
        return None
    by = second(made, who, manager(row.user), mine=row.user, asked=row.created_by)
    return Pressed(lambda: grants.lift_bar(bar=row, by=by))


def passed_on(made: Played, what: str, whom: str, who: str) -> Pressed:
    """A new keyworker or lead, which shows to all workers of the referral."""
    user = made.staff[whom]
    if what == "lead":
        by = worker(made, who, fresh(made).lead)
        return Pressed(lambda: change_lead(referral=fresh(made), lead=user, by=by))
    party = side(made, what)
    by = worker(made, who, supports(party))
    return Pressed(lambda: set_keyworker(party=party, keyworker=user, by=by), party, shows=True)


def parts_of(made: Played, user: User) -> list[str]:
    """What a worker would have to pass on before they can be barred."""
    parts = ["lead"] if fresh(made).lead_id == user.pk else []
    return parts + [which for which in ("own", "other") if side(made, which).keyworker_id == user.pk]


# --- Protective shares ------------------------------------------------------------------------------------------


def shared_to_protect(made: Played, which: str, who: str) -> Pressed:
    party = side(made, which)
    by = worker(made, who, supports(party))
    return Pressed(
        lambda: share_to_protect(party=party, to=ShareWith.GP, reason="Hurt.", content="Where.", by=by),
        party,
        secret=True,
    )


def looked_at_share(made: Played, who: str) -> Pressed | None:
    row: ProtectiveShare | None = newest(
        ProtectiveShare, "shared_at", party__referral=made.referral, looked_at=None
    )
    if row is None:
        return None
    by = second(made, who, "sal", mine=row.shared_by, asked=row.created_by)
    return Pressed(lambda: look_at_share(share=row, by=by), row.party, secret=True)


# --- Age --------------------------------------------------------------------------------------------------------


def born(made: Played, which: str, age: str, who: str) -> Pressed:
    party = side(made, which)
    days, child = AGES[age]
    day = clock.today() - timedelta(days=days)
    by = worker(made, who, supports(party))
    return Pressed(lambda: record_age(party=party, born_on=day, child=child, by=by), party)
