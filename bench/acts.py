"""The actions that are measured: log, talk, book, withdraw, each on clones that stand where it is possible.
Each runs in a transaction of its own, with every deferred check made, that is then rolled back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bench.cases import Clone, clones
from meetings.actions.planning import Plan
from meetings.actions.scheduling import book
from meetings.demo import story as play
from meetings.demo.staff import CAST, Staff
from meetings.demo.story import Pair, Played
from meetings.enums import MeetingKind
from meetings.models import Venue
from referrals.actions.consent import withdraw
from referrals.actions.talk import save_talk
from referrals.models import Party, Referral
from restorative.common import clock

CLONES = 8


@dataclass
class Act:
    """One line of the table: each call is the action on the next clone."""

    name: str
    calls: list[Callable[[], object]]


def played(clone: Clone) -> Played:
    """A clone as the demo's stories know a referral: with its people and staff by their parts."""
    referral = Referral.objects.unscoped("bench").get(reference=clone.reference)
    parties = list(Party.objects.unscoped("bench").select_related("keyworker").filter(referral=referral))
    parties.sort(key=lambda party: (not party.is_own_place, party.created_at, party.pk))
    staff = Staff({key: clone.user(key) for key in CAST if key != "adam"})
    return Played(referral, parties[0], parties[1:], clock.now(), staff=staff)


def all_acts(only: list[str]) -> Iterator[Act]:
    """Every action, or those whose name contains one of these words."""
    made = {
        "Action: log a referral": ("ready", _log),
        "Action: talk with a person": ("logged", _talk),
        "Action: book a meeting": ("ready", _book),
        "Action: withdraw": ("booked_tomorrow", _withdraw),
    }
    for name, (story, act) in made.items():
        if not only or any(word in name.lower() for word in only):
            found = [played(clone) for clone in clones((story,), CLONES, most_days=0)]
            yield Act(name, [_with(act, each, number) for number, each in enumerate(found)])


def _with(act: Callable[[Played, int], object], each: Played, number: int) -> Callable[[], object]:
    return lambda: act(each, number)


def _log(made: Played, number: int) -> object:
    return play.log(made.staff, Pair(f"Own{number}", f"Other{number}"), clock.now())


def _talk(made: Played, number: int) -> object:
    return save_talk(party=made.own, talk=play.talk_for(made, made.own), by=made.staff["asha"])


def _book(made: Played, number: int) -> object:
    """By video, at a time that no story uses."""
    day = clock.add_working_days(clock.today(), 3, frozenset())
    start = clock.moment(day, 17, 5 * number)
    return book(
        referral=made.referral,
        plan=Plan(
            kind=MeetingKind.CONVERSATION,
            starts_at=start,
            ends_at=start + timedelta(minutes=50),
            venue=Venue.objects.order_by("pk").first(),
        ),
        by=made.staff["fay"],
    )


def _withdraw(made: Played, number: int) -> object:
    return withdraw(party=made.other, by=made.staff["kit"])
