"""How long the record of a person who never answered is kept: extensions, the reminder, and what is kept until they
answer."""

import pytest
import time_machine
from django.utils import timezone

from meetings.demo import story
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import (
    consent,
    reaching,
    talk,
)
from referrals.actions.forgetting import forget_due, keep_longer
from referrals.actions.reaching import RouteFacts
from referrals.enums import RouteKind
from referrals.models import (
    ContactRoute,
    KeptLonger,
)
from referrals.tests.forgetting import NOW, a_concern_was_raised, later, never_answered, spoke, try_to_reach
from referrals.tests.talking import client_of, errors_of, path, rows, send
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(staff: Staff) -> Played:
    return never_answered(staff)


# --- Extended -------------------------------------------------------------------------------------------------


def keep(made: Played, who: str = "mo", reason: str = "They are in hospital.") -> KeptLonger:
    return keep_longer(party=made.other, reason=reason, by=made.staff[who])


def test_a_manager_extends_it_by_the_same_time_and_once(made, clock):
    later(clock, 54)
    assert (keep(made).until - NOW).days == 120
    with pytest.raises(NotPossible, match="It cannot be again"):
        keep(made)

    later(clock, 119)
    assert forget_due() == 0
    later(clock, 120)
    assert forget_due() == 1
    assert KeptLonger.objects.unscoped("test").get().reason == ""


def test_after_another_approach_the_later_date_counts(made, clock):
    later(clock, 54)
    keep(made)
    later(clock, 100)
    try_to_reach(made)
    later(clock, 129)
    assert forget_due() == 0
    later(clock, 130)
    assert forget_due() == 1


def test_only_their_manager_extends_it_with_a_reason_and_near_the_end(made, staff, clock):
    later(clock, 52)
    with pytest.raises(NotPossible, match="from Sat 24 April on"):
        keep(made)
    later(clock, 53)
    for who in ("kit", "fay", "mina"):
        with pytest.raises(Refused):
            keep(made, who)
    with pytest.raises(NotPossible) as refusal:
        keep(made, reason=" ")
    assert refusal.value.field == "reason"
    spoke(made, staff)
    with pytest.raises(NotPossible, match="does not go"):
        keep(made)
    assert not KeptLonger.objects.unscoped("test").exists()


@pytest.mark.sqlite
def test_the_page_shows_the_date_and_links_a_manager_to_the_extension(made, staff, clock):
    def box(who: str) -> tuple[list[str], list[str]]:
        kept = client_of(staff[who]).get(path(made, made.other)).context["kept"]
        return kept["lines"], [link["text"] for link in kept["links"]]

    until = ["Kept until Sat 1 May unless they answer."]
    later(clock, 52)
    assert box("kit") == box("mo") == (until, [])
    later(clock, 54)
    assert box("kit") == (until, [])
    assert box("mo") == (until, ["Keep it longer, once"])

    where = path(made, made.other, "keep")
    page = client_of(staff["mo"]).get(where)
    assert ("Kept longer, until", "Wed 30 June") in {
        (row["key"], row["value"]) for row in page.context["facts"]
    }
    assert set(errors_of(send(client_of(staff["mo"]), where, {"reason": ""}))) == {"reason"}
    assert send(client_of(staff["mo"]), where, {"reason": "In hospital."}).status_code == 303
    assert box("kit") == (
        ["Kept until Wed 30 June unless they answer.", "Mo kept it longer on Sun 25 April: In hospital."],
        [],
    )
    assert client_of(staff["kit"]).get(where).status_code == 403
    # The other side sees neither the extension nor the reason, and gets 404.
    asha = client_of(staff["asha"])
    assert [asha.get(each).status_code for each in (where, path(made, made.other))] == [404, 404]
    for page in ("", "history/"):
        assert "hospital" not in asha.get(f"/r/{made.referral.reference}/{page}").content.decode()


@pytest.mark.sqlite
def test_a_person_who_answered_has_no_date_on_their_page(made, staff):
    spoke(made, staff)
    assert client_of(staff["kit"]).get(path(made, made.other)).context["kept"] is None
    shown = client_of(staff["mo"]).get(path(made, made.other, "keep"))
    assert "does not go" in shown.context["nothing"]


# --- The reminder ---------------------------------------------------------------------------------------------


def reminded() -> list[tuple[str, str]]:
    waiting = Message.objects.filter(kind="worker_record_goes", state__in=["due", "held"])
    names = dict(story.User.objects.values_list("pk", "first_name"))
    return sorted((names[row.recipient_id], f"{row.due_at:%d %B}") for row in waiting)


def test_their_worker_is_reminded_seven_days_before(made, clock, staff):
    assert reminded() == [("Kit", "24 April")]
    later(clock, 5)
    try_to_reach(made)
    assert reminded() == [("Kit", "30 March")]
    spoke(made, staff)
    assert reminded() == []


def test_after_an_extension_they_are_reminded_again(made, clock):
    later(clock, 55)
    keep(made)
    assert reminded() == [("Kit", "23 June")]


def test_no_reminder_for_records_that_are_kept(made, staff):
    a_concern_was_raised(made, staff)
    assert reminded() == []


# --- What is kept until they answer ---------------------------------------------------------------------------


def reach_by(made: Played, kind: RouteKind, value: str) -> None:
    facts = RouteFacts(kind=kind, value=value, allowed=True, read_by_others=False)
    reaching.record_route(party=made.other, facts=facts, by=made.staff["kit"], at=timezone.now())


def ways_kept(made: Played) -> set[str]:
    return set(rows(ContactRoute, made.other).filter(replaced_at__isnull=True).values_list("kind", flat=True))


def test_until_they_answer_one_contact_route_is_kept(made, clock):
    kit, where = client_of(made.staff["kit"]), path(made, made.other, "routes")
    reach_by(made, RouteKind.TEXT, "+447700900123")
    assert "one way to reach Jo are kept" in kit.get(where).context["intro"]
    reach_by(made, RouteKind.EMAIL, "jo@example.org")
    assert ways_kept(made) == {"email"}

    talk.save_talk(party=made.other, talk=talk.Talk(asked=consent.Asked()), by=made.staff["kit"])
    reach_by(made, RouteKind.TEXT, "+447700900123")
    assert ways_kept(made) == {"email", "text"}
    assert "are kept" not in kit.get(where).context["intro"]
