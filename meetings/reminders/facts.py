"""What the messages about the meetings of one referral are planned from, read once for all of them.
Nothing is decided here; whether somebody can be reached is referrals/reminders's."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from uuid import UUID

from meetings.duties import OVER
from meetings.enums import MeetingStatus
from meetings.models import Attendance, CallOff, FollowUp, Meeting
from referrals.enums import Answer, Purpose
from referrals.models import Consent, Referral
from referrals.querysets_involvement import worker_ids
from referrals.reminders import Ways, barred_from, managers_there, ways_to_reach
from restorative.accounts.models import User
from restorative.common import clock
from restorative.notify.registry import Planned

WHY = "planning messages"
# With whoever is named in what is sent: who it is for, their worker, and the worker's team for who is told next.
PARTY = ("person", "keyworker__team__manager", "referral__lead__team__manager")


@dataclass
class Facts:
    """A referral with meetings. What only some messages need is read when the first of them asks."""

    group: UUID
    at: datetime
    meetings: list[Meeting]

    @property
    def referral(self) -> Referral:
        return self.meetings[0].referral

    @property
    def over(self) -> bool:
        """Closed or paused: nobody is rung and nothing agreed is asked about."""
        return self.referral.stage in OVER

    def those(self, *statuses: MeetingStatus) -> list[Meeting]:
        """Meetings that stand so."""
        return [meeting for meeting in self.meetings if meeting.status in statuses]

    def expected(self, meeting: Meeting) -> list[Attendance]:
        """Who is expected at one that is booked, or was when it was called off."""
        return self._expected.get(meeting.pk, [])

    @cached_property
    def _expected(self) -> dict[UUID, list[Attendance]]:
        meetings = self.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF)
        rows = (
            Attendance.objects.unscoped(WHY)
            .filter(meeting__in=meetings)
            .order_by("meeting", "arrives_at", "pk")
        )
        rows = rows.select_related(*(f"party__{name}" for name in PARTY)) if meetings else rows.none()
        return {key: list(found) for key, found in groupby(rows, key=lambda row: row.meeting_id)}

    @cached_property
    def ways(self) -> dict[UUID, Ways]:
        """How those expected at a meeting that is booked may be written to."""
        booked = self.those(MeetingStatus.BOOKED)
        return ways_to_reach([row.party for meeting in booked for row in self.expected(meeting)])

    @cached_property
    def call_offs(self) -> list[CallOff]:
        meetings = self.those(MeetingStatus.CALLED_OFF)
        rows = CallOff.objects.unscoped(WHY).filter(meeting__in=meetings)
        return list(rows.select_related("meeting")) if meetings else []

    @cached_property
    def unheard(self) -> list[Meeting]:
        """Meetings called off, of which the others have not heard yet."""
        told = {row.meeting_id for row in self.call_offs if row.party_id is None or row.released_at}
        return [row for row in self.those(MeetingStatus.CALLED_OFF) if row.pk not in told]

    @cached_property
    def waiting(self) -> list[CallOff]:
        """What waits to be released."""
        return [row for row in self.call_offs if row.meeting in self.unheard]

    @cached_property
    def workers(self) -> list[User]:
        """The lead, the facilitators and the keyworkers, each once."""
        return workers_on(self.group)

    @cached_property
    def barred(self) -> frozenset[UUID]:
        """Who is told nothing of this referral."""
        return barred_from(self.group)

    def managers_of(self, user: User) -> list[User]:
        """Who hears what the manager of a worker's team is to hear: other managers where that one is barred."""
        manager = user.team.manager if user.team else None
        if manager is not None and manager.pk in self.barred:
            return list(managers_there(manager.organisation_id, self.barred))
        return [manager] if manager is not None and manager.is_active else []

    @property
    def met(self) -> list[Meeting]:
        """Meetings that took place, while what follows them is still asked about."""
        return [] if self.over else self.those(MeetingStatus.TOOK_PLACE)

    @cached_property
    def calls(self) -> list[FollowUp]:
        """Calls still to be made."""
        if not self.met:
            return []
        rows = FollowUp.objects.unscoped(WHY).filter(
            meeting__in=self.met,
            done_at__isnull=True,
            party__left_at__isnull=True,
            party__person__died_on__isnull=True,
        )
        return list(rows.select_related("meeting", *(f"party__{name}" for name in PARTY)))

    @cached_property
    def willing(self) -> list[FollowUp]:
        """Calls still to be made to those who may be written to, each person asked about once."""
        wanted = {key: wants_word(key, self.at) for key in {row.party_id for row in self.calls}}
        return [row for row in self.calls if wanted[row.party_id]]


def read(group: UUID, at: datetime) -> Facts | None:
    """The facts of a referral, or None where it never had a meeting: then nothing is planned."""
    rows = Meeting.objects.unscoped(WHY).filter(referral=group)
    meetings = list(rows.select_related("referral__lead__team__manager"))
    return Facts(group, at, meetings) if meetings else None


def planned(
    kind: str,
    thing: UUID,
    to: UUID,
    *,
    due: datetime,
    until: datetime,
    version: int = 1,
    to_worker: bool = True,
    urgent: bool = False,
) -> Planned:
    """One message: to a worker, where nothing else is said."""
    return Planned(
        kind=kind,
        thing_id=thing,
        version=version,
        recipient_id=to,
        due_at=due,
        useless_after=until,
        to_worker=to_worker,
        urgent=urgent,
    )


def workers_on(referral: UUID) -> list[User]:
    """The lead, the facilitators and the keyworkers of a referral, each once."""
    keys = worker_ids(referral, clock.now())
    return list(User.objects.filter(pk__in=keys, is_active=True).order_by("pk"))


def wants_word(party: UUID, at: datetime) -> bool:
    """Whether somebody said yes to being sent what was agreed, and has not stopped taking part."""
    consents = Consent.objects.unscoped("messages").filter(party=party)
    sight = consents.filter(purpose=Purpose.SIGHT, answer=Answer.YES).current(at)
    stopped = consents.newest().filter(purpose=Purpose.TAKE_PART, answer__in=[Answer.NO, Answer.WITHDRAWN])
    return sight.exists() and not stopped.exists()
