"""A person's age: under 16 a stop unless they can decide or a parent gives authority; under 18 a sign-off."""

from datetime import date

import pytest
import time_machine
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from meetings.models import Meeting
from referrals.actions import concerns
from referrals.actions.personal import OF_A_PARTY, ChildFacts, record_age
from referrals.actions.readiness import assess_capacity
from referrals.enums import CapacityResult, ChildResult, ConcernKind
from referrals.models import Concern, Person
from referrals.tests.talking import client_of, errors_of, path, rows, send
from restorative.common.decisions import NotPossible
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
# On 2 March 2027 the first is 15 until tomorrow, the second 16 since today, the third 18 since today.
FIFTEEN, SIXTEEN, SEVENTEEN, ADULT = (
    date(2011, 3, 3),
    date(2011, 3, 2),
    date(2009, 3, 3),
    date(2009, 3, 2),
)
U16, CHILD = ConcernKind.UNDER_16, ConcernKind.CHILD
ABLE = ChildFacts(ChildResult.COMPETENT, "Explained it back in their own words.")
PARENT = ChildFacts(ChildResult.PARENT, "Could not explain it back.", parent="Their father, by phone.")
NEITHER = ChildFacts(ChildResult.NEITHER, "Could not explain it back.")


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller


def born(made: Played, day: date, child: ChildFacts | None = None) -> list[ConcernKind]:
    return record_age(party=made.other, born_on=day, child=child, by=made.staff["kit"])


def where(made: Played) -> str:
    return path(made, made.other, "age")


@pytest.mark.parametrize(
    ("day", "child", "raised"),
    [
        (FIFTEEN, None, [U16, CHILD]),
        (FIFTEEN, NEITHER, [U16, CHILD]),
        (FIFTEEN, ABLE, [CHILD]),
        (FIFTEEN, PARENT, [CHILD]),
        (SIXTEEN, None, [CHILD]),
        (SEVENTEEN, None, [CHILD]),
        (ADULT, None, []),
    ],
)
def test_what_an_age_raises_is_raised_once(
    day: date, child: ChildFacts | None, raised: list, staff: Staff
) -> None:
    made = tell("ready", staff, timezone.now())
    assert born(made, day, child) == raised
    assert born(made, day, child) == []
    assert sorted(rows(Concern, made.other).values_list("kind", flat=True)) == sorted(raised)


def test_a_child_who_cannot_decide_calls_a_booked_meeting_off(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    typed = {"born_on": "3 March 2011"}
    assert send(client_of(staff["kit"]), where(made), typed).status_code == 303
    assert Meeting.objects.unscoped("test").get().status == "called_off"


def test_a_later_record_does_not_clear_the_stop_but_allows_clearing_it(staff: Staff, frozen) -> None:
    made = tell("ready", staff, timezone.now())
    born(made, FIFTEEN)
    frozen.shift(3600)
    assert born(made, FIFTEEN, ABLE) == []
    stop = rows(Concern, made.other).select_related("party__referral").get(kind=U16)
    assert stop.cleared_at is None

    page = client_of(staff["sal"]).get(path(made, made.other, "safety", f"{stop.pk}/clear/"))
    assert ABLE.how_known in page.content.decode()
    concerns.clear(
        concern=stop, evidence="They can decide.", seen_alone_on=timezone.localdate(), by=staff["sal"]
    )
    assert born(made, FIFTEEN) == []
    assert born(made, FIFTEEN, NEITHER) == [U16]


def clears(made, staff: Staff, kind: ConcernKind) -> None:
    stop = rows(Concern, made.other).select_related("party__referral").get(kind=kind)
    seen = {"seen_alone_on": timezone.localdate(), "by": staff["sal"]}
    concerns.clear(concern=stop, evidence="A talk with their worker.", **seen)


def test_the_stop_of_a_child_is_not_cleared_against_the_record(staff: Staff, frozen) -> None:
    made = tell("ready", staff, timezone.now())
    for child in (None, NEITHER):
        born(made, FIFTEEN, child)
        frozen.shift(60)
        with pytest.raises(NotPossible, match="understands enough"):
            clears(made, staff, U16)
    # In fact they were born a year earlier.
    born(made, date(2010, 3, 2))
    clears(made, staff, U16)


def test_a_stop_over_capacity_is_not_cleared_against_the_newest_assessment(staff: Staff, frozen) -> None:
    made = tell("ready", staff, timezone.now())
    asked = {"party": made.other, "help_given": "Pictures, twice.", "by": staff["kit"]}
    assess_capacity(result=CapacityResult.NOT_ABLE, **asked)
    frozen.shift(60)
    with pytest.raises(NotPossible, match="newest assessment"):
        clears(made, staff, ConcernKind.NO_CAPACITY)
    assess_capacity(result=CapacityResult.ABLE, **asked)
    clears(made, staff, ConcernKind.NO_CAPACITY)


def test_a_parent_who_takes_no_part_gives_authority_and_only_under_16(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    client = client_of(staff["kit"])
    typed = {"born_on": "3 March 2011", "result": "parent"}
    assert set(errors_of(send(client, where(made), typed))) == {"how_known", "parent", "takes_part"}
    typed |= {"how_known": "Asked them.", "parent": "Their mother.", "takes_part": "yes"}
    assert errors_of(send(client, where(made), typed)) == {"takes_part": [OF_A_PARTY]}

    older = send(client, where(made), typed | {"takes_part": "no", "born_on": "2 March 2011"})
    assert set(errors_of(older)) == {"result"}
    assert Person.objects.unscoped("test").get(pk=made.other.person_id).born_on is None
    assert send(client, where(made), typed | {"takes_part": "no"}).status_code == 303
    assert "Their mother." in client.get(where(made)).content.decode()


def test_no_age_is_kept_before_they_answer_unless_they_came_to_us(just_logged: Played, staff: Staff) -> None:
    with pytest.raises(NotPossible) as refused:
        record_age(party=just_logged.other, born_on=FIFTEEN, by=staff["asha"])
    assert refused.value.field == "born_on"
    assert record_age(party=just_logged.own, born_on=SEVENTEEN, by=staff["asha"]) == [CHILD]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (FIFTEEN, "Nobody meets before it is recorded that"),
        (SEVENTEEN, "their parents are not contacted. Offer an advocate"),
        (ADULT, ""),
    ],
)
def test_a_talk_begins_with_what_their_age_requires(day: date, words: str, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    born(made, day, ABLE if day == FIFTEEN else None)
    page = client_of(staff["kit"]).get(path(made, made.other, "talk"))
    assert words in page.context.get("intro", "") if words else not page.context.get("intro")


def test_the_other_side_does_not_see_their_age(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    born(made, FIFTEEN, ABLE)
    assert client_of(staff["asha"]).get(where(made)).status_code == 404
    shown = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/").content.decode()
    assert "child" not in shown.lower()
