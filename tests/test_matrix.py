"""Every route × GET and POST × the cast, each cell stated in tests/matrix.txt (docs/domain.md).
A route without a row fails, and so does a row without a route."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse

from meetings.actions.agreeing import answer_agreement
from meetings.actions.calling_off import call_off, say_safe
from meetings.actions.recording import record_meeting
from meetings.actions.standing_in import say_unavailable
from meetings.demo import story as play
from meetings.enums import Agreed, Came, Offered
from meetings.models import Action, Agreement, CallOff, FollowUp, Meeting
from referrals.actions import concerns, facilitation, lifecycle, parties
from referrals.actions.consent import withdraw
from referrals.actions.death import record_death
from referrals.actions.handed_over import first_contact
from referrals.actions.handoff import accept, decline, send_handoff
from referrals.actions.packet import Asking
from referrals.enums import ConcernKind, DeclineCode, HandoffKind, Part, Purpose, Reason, Suitable, TaskKind
from referrals.models import Involvement, Party, Referral, Task
from restorative.accounts.models import User
from tests.routes import routes
from tests.world import NOW, PEOPLE, World, share_with, undone
from tests.written import reproject_all

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

# --- The table ------------------------------------------------------------------------------------------------

Row = dict[str, str]


def read_table() -> dict[str, dict[str, Row]]:
    """matrix.txt: route[@variant], method, a cell for each user."""
    table: dict[str, dict[str, Row]] = {}
    heads: list[str] = []
    for line in (Path(__file__).parent / "matrix.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["address"]:
            heads = words[2:]
        elif words:
            name, method, *cells = words
            assert len(cells) == len(heads), line
            assert method not in table.setdefault(name, {}), line
            table[name][method] = dict(zip(heads, cells, strict=True))
    return table


TABLE = read_table()


def test_every_route_has_its_rows_and_every_row_its_route():
    needed = set()
    for route in routes():
        needed |= {f"{route.name}@own", f"{route.name}@other"} if "party" in route.needs else {route.name}
    assert {name for name in TABLE if name.split("@")[-1] not in VARIANTS} == needed


def test_every_row_states_get_and_post_for_all_users():
    for name, methods in TABLE.items():
        assert list(methods) == ["GET", "POST"], name
        for cells in methods.values():
            assert list(cells) == list(PEOPLE), name


# --- Events, for rows about more than the meeting that is booked for today -------------------------------------


def withdrawn(world: World) -> dict:
    """Kit has recorded that Jo withdrew; the others have not been told."""
    withdraw(party=world.other, by=world.staff["kit"])
    return {}


def said_safe(world: World) -> dict:
    """Kit has also recorded that it is safe if the others hear today."""
    withdrawn(world)
    say_safe(call_off=CallOff.objects.unscoped("test").get(), by=world.staff["kit"])
    return {}


def started(world: World) -> dict:
    Meeting.objects.unscoped("test").filter(pk=world.meeting.pk).update(
        status="started", started_at=NOW, started_by=world.staff["fay"]
    )
    return {}


def stop(world: World) -> dict:
    found = concerns.raise_concern(party=world.other, kind=ConcernKind.THREATS, by=world.staff["kit"])
    return {"concern": found.pk}


def ordered(world: World) -> dict:
    """Kit has recorded an order about Jo, without its terms."""
    found = concerns.raise_concern(party=world.other, kind=ConcernKind.ORDER, by=world.staff["kit"])
    return {"concern": found.pk}


def closed(world: World) -> dict:
    """Mo called it off and closed it."""
    call_off(meeting=Meeting.objects.unscoped("test").get(pk=world.meeting.pk), by=world.staff["mo"])
    lifecycle.close(
        referral=Referral.objects.unscoped("test").get(pk=world.referral.pk),
        reason=Reason.NOT_THE_TIME,
        why_open_items="Said so.",
        by=world.staff["mo"],
    )
    return {}


def paused(world: World) -> dict:
    """Asha paused it until next month."""
    lifecycle.decide(
        referral=world.referral,
        party=world.own,
        decision=Suitable.NOT_NOW,
        reason="Not before the move.",
        review_on=(NOW + timedelta(days=30)).date(),
        by=world.staff["asha"],
    )
    return {}


def away(world: World) -> dict:
    """Fay reported that she cannot come."""
    fay = world.staff["fay"]
    return {"unavailable": say_unavailable(meeting=world.meeting, user=fay, by=fay).pk}


def died(world: World) -> dict:
    """Kit recorded that Jo has died; Asha is asked to ring Kit."""
    record_death(party=world.other, died_on=NOW.date(), by=world.staff["kit"])
    task = Task.objects.unscoped("test").get(kind=TaskKind.RING, assignee=world.staff["asha"])
    return {"task": task.pk}


def supporter(world: World) -> dict:
    """About Nan, Jo's supporter, who did not consent to sharing with 5 WAYS."""
    return {"party": world.supporter.pk}


def forged(world: World) -> dict:
    """Ids that exist, of another referral or of the other party."""
    played = play.log(world.staff, play.Pair("Ann", "Bob"), NOW)
    return {"reference": played.referral.reference, "concern": world.own_concern.pk}


def taken(world: World) -> dict:
    """Carol has accepted to help Jo, and has not spoken with them yet."""
    accept(
        handoff=world.handoff,
        worker=world.staff["carol"],
        kind=HandoffKind.HELP,
        starts_on=NOW.date(),
        version=0,
        by=world.staff["carol"],
    )
    return {}


def helped(world: World) -> dict:
    """Carol has also spoken with them."""
    taken(world)
    first_contact(handoff=world.handoff, version=1, by=world.staff["carol"])
    return {}


def declined(world: World) -> dict:
    """Mina has declined to help Jo."""
    decline(handoff=world.handoff, code=DeclineCode.NO_CAPACITY, version=0, by=world.staff["mina"])
    return {}


def led(world: World) -> dict:
    """Carers Leeds was asked to lead too; Mina accepted, and has made first contact."""
    house, asha, mina = world.staff["carol"].organisation, world.staff["asha"], world.staff["mina"]
    share_with(world.own, house, by=asha, at=NOW)
    asking = Asking(
        to_org=house,
        kind=HandoffKind.LEAD,
        party=None,
        situation="-",
        asked="-",
        told="-",
        reply_by=(NOW + timedelta(days=7)).date(),
    )
    sent = send_handoff(referral=world.referral, asking=asking, by=asha)
    accept(handoff=sent, worker=mina, kind=HandoffKind.LEAD, starts_on=NOW.date(), version=0, by=mina)
    first_contact(handoff=sent, version=1, by=mina)
    return {"handoff": sent.pk}


def recorded(world: World) -> dict:
    """They met this afternoon, and Fay has recorded it. The call is Jo's."""
    started(world)
    came = dict.fromkeys((world.own, world.other), Came.CAME)
    record_meeting(meeting=world.meeting, came=came, answers={}, helped=Offered.YES, by=world.staff["fay"])
    call = FollowUp.objects.unscoped("test").get(party=world.other, kind="debrief")
    return {"party": world.other.pk, "follow_up": call.pk}


def agreed(world: World) -> dict:
    """Fay has also written the agreement; both said yes in the room."""
    found = recorded(world)
    play.agree(world.played, NOW, due_on=NOW.date())
    action = Action.objects.unscoped("test").get(owner=world.other)
    return found | {"action": action.pk}


def taken_back(world: World) -> dict:
    """Jo has also told Kit that the answer is no after all."""
    found = agreed(world)
    agreement = Agreement.objects.unscoped("test").get()
    answer_agreement(agreement=agreement, party=world.other, answer=Agreed.NO, by=world.staff["kit"])
    return found


def nothing(world: World) -> dict:
    """Ids that never existed."""
    ids = (
        "party",
        "concern",
        "task",
        "check",
        "meeting",
        "facilitation",
        "invited",
        "handoff",
        "note",
        "share",
    )
    return dict.fromkeys(ids, uuid4()) | {"reference": "RP-7K3M-9Q"}


VARIANTS = {
    function.__name__: function
    for function in (
        withdrawn,
        said_safe,
        started,
        stop,
        ordered,
        closed,
        paused,
        away,
        died,
        supporter,
        forged,
        taken,
        helped,
        declined,
        led,
        recorded,
        agreed,
        taken_back,
        nothing,
    )
}


# --- The cells ------------------------------------------------------------------------------------------------


# Every cell once: on the second database test_canaries.py asks for every page, and test_querysets.py reads the rules.
@pytest.mark.sqlite
@pytest.mark.parametrize("name", TABLE)
def test_each_person_gets_what_the_table_says(world, name):
    address, _, variant = name.partition("@")
    arguments = world.arguments(variant) | (VARIANTS[variant](world) if variant in VARIANTS else {})
    needs = next(route.needs for route in routes() if route.name == address)
    href = reverse(address, kwargs={key: arguments[key] for key in needs})
    for method, stated in TABLE[name].items():
        answered: Row = {}
        for who in PEOPLE:
            with undone():
                answered[who] = str(world.client(who).generic(method, href).status_code)
        assert answered == stated, method


@pytest.mark.sqlite
@pytest.mark.parametrize("route", [route for route in routes() if route.policy != "public"], ids=str)
def test_other_methods_are_not_allowed(world, route):
    arguments = {key: world.arguments("own")[key] for key in route.needs}
    href = reverse(route.name, kwargs=arguments)
    assert [
        world.client("asha").generic(method, href).status_code for method in ("PUT", "DELETE", "PATCH")
    ] == [
        405,
        405,
        405,
    ]


# --- Rights change with the next request ----------------------------------------------------------------------


def opens(world: World, who: str, name: str = "casework:party", whose: str = "other") -> int:
    needs = next(route.needs for route in routes() if route.name == name)
    arguments = {key: world.arguments(whose)[key] for key in needs}
    return world.client(who).get(reverse(name, kwargs=arguments)).status_code


def test_a_compartment_moves_with_its_keyworker(world):
    assert (opens(world, "kit"), opens(world, "ben")) == (200, 404)
    parties.set_keyworker(party=world.other, keyworker=world.staff["ben"], by=world.staff["kit"])
    assert (opens(world, "kit"), opens(world, "ben")) == (404, 200)


def test_a_compartment_closes_when_its_share_ends(world):
    assert opens(world, "wes2") == 200
    withdraw(
        party=world.other,
        purpose=Purpose.SHARE,
        recipient=world.staff["wes2"].organisation_id,
        by=world.staff["kit"],
    )
    assert opens(world, "wes2") == 404


def test_a_referral_closes_to_a_worker_whose_part_ends(world):
    part = Involvement.objects.unscoped("test").in_meetings().get(user=world.staff["wes2"])
    facilitation.stand_down(part=part, by=world.staff["asha"])
    assert opens(world, "wes2", "casework:show") == 404


def test_a_safeguarding_lead_sees_it_only_while_a_concern_is_open(world):
    assert opens(world, "ivy", "referrals:safety") == 200
    for concern in world.other.concerns.unscoped("test").filter(cleared_at=None):
        concerns.clear(concern=concern, evidence="It is over.", seen_alone_on=None, by=world.staff["mo"])
    assert opens(world, "ivy", "referrals:safety") == 404


def test_an_inactive_user_is_signed_out_at_once(world):
    User.objects.filter(pk=world.staff["asha"].pk).update(is_active=False)
    assert opens(world, "asha", "casework:show") == 302


def test_another_role_is_another_view_at_once(world):
    User.objects.filter(pk=world.staff["asha"].pk).update(role="administrator")
    assert opens(world, "asha", "casework:show") == 404


def test_a_facilitator_who_supports_a_party_opens_no_other(world):
    facilitation.appoint(
        referral=world.referral, user=world.staff["asha"], part=Part.FACILITATOR, by=world.staff["fay"]
    )
    assert opens(world, "asha") == 404


def test_hidden_is_the_same_page_as_absent(world):
    """A 404 reveals nothing about what exists: it is the same, byte for byte."""
    absent = reverse("casework:party", kwargs={"reference": "RP-7K3M-9Q", "party": uuid4()})
    hidden = reverse(
        "casework:party", kwargs={"reference": world.referral.reference, "party": world.other.pk}
    )
    for who in ("asha", "ben", "zed", "gwen", "adam"):
        answers = [world.client(who).get(href) for href in (absent, hidden)]
        bodies = [answer.content.replace(answer.headers["X-Request-ID"].encode(), b"") for answer in answers]
        assert bodies[0] == bodies[1], who


def test_a_party_who_left_has_no_page(world):
    Party.objects.unscoped("test").filter(pk=world.supporter.pk).update(
        left_at=NOW, left_by=world.staff["kit"]
    )
    reproject_all()
    world.extra["party"] = world.supporter.pk
    try:
        assert opens(world, "kit") == 404
    finally:
        world.extra.clear()
