"""Messages about meetings: to participants, and to workers before and after. All are planned from the facts of one
referral. The outbox claims and sends them; referrals/reminders says how a person is reached."""

from meetings.duties import KINDS
from meetings.facts import MeetingsFacts
from meetings.reminders import after, people, release, workers
from referrals.facts import Facts
from referrals.reminders import work
from restorative.notify.models import Message
from restorative.notify.registry import Planned, register

TOPICS = (people, workers, release, after)


def plan(facts: Facts, messages: list[Message]) -> list[Planned]:
    """The plan that all these kinds share."""
    meetings = MeetingsFacts(facts)
    if not meetings.by_id:
        return []
    found = [planned for topic in TOPICS for rule in topic.PLANS for planned in rule(meetings)]
    return [*found, *release.changes_not_heard(meetings, messages)]


def register_kinds() -> None:
    """Register every kind of message about meetings."""
    for topic in TOPICS:
        register(*topic.kinds(plan))
    work.register_kinds(KINDS)
