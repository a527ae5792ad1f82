"""'My work': everything that needs one worker, put together from their referrals, their meetings and what they oversee.
Rows only, as this user may know them; how meetings themselves are shown is in presenters.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.text import capfirst

from meetings import presenters_work_due
from meetings.enums import COMING, MeetingStatus
from meetings.models import CallOff, Meeting, Unavailable
from referrals.enums import Part, Stage
from referrals.models import Referral
from referrals.presenters import names_of, parties_for, work, work_facts, work_oversight
from referrals.presenters.blocker_rows import way_rows
from referrals.presenters.shown_referral import ShownReferral
from referrals.presenters.work import NEXT, TODAY, WAITING, Item
from referrals.presenters.work_facts import Work
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

SHOWN = 10
# So many rows that say the same are one.
FOLDED = 3
# Meetings of an organisation that are looked at for what holds them.
MOST_MEETINGS = 40
RUNS_ON_THE_DAY = (Part.FACILITATOR, Part.STAND_IN, Part.SECOND_WORKER)


@dataclass(frozen=True)
class Section:
    """One part of the page: at most ten rows, and where the rest is."""

    title: str
    rows: list[dict[str, Any]]
    more_href: str = ""
    empty: str = ""

    @property
    def shown(self) -> list[dict[str, Any]]:
        return self.rows[:SHOWN]

    @property
    def more(self) -> bool:
        return len(self.rows) > SHOWN


def read_meetings(user: "User", mine: Iterable[UUID], at: datetime) -> list[Meeting]:
    """Meetings of these referrals that are near, to be recorded or released; and those to come that a manager oversees.

    One query; `to_release` says that a call-off waits that this user knows of, `away` who cannot be there.
    """
    midnight = clock.moment(clock.today(at), 0)
    later = clock.moment(clock.today(at) + timedelta(days=2), 0)
    near = Q(shown_status__in=COMING, starts_at__gte=midnight, starts_at__lt=later)
    wanted = Q(near | Q(status=MeetingStatus.STARTED) | Q(to_release=True), referral__in=list(mine))
    if user.is_manager:
        wanted |= Q(shown_status__in=COMING, starts_at__gte=at)
    call_offs = CallOff.objects.visible_to(user).waiting().filter(meeting=OuterRef("pk"), party__isnull=False)
    away = Unavailable.objects.visible_to(user).away(at, user).filter(meeting=OuterRef("pk"))
    found: QuerySet[Meeting] = (
        Meeting.objects.visible_to(user)
        .annotate(to_release=Exists(call_offs), away=Subquery(away.values("user__first_name")[:1]))
        .filter(wanted)
        .select_related("referral", "referral__lead", "venue")
        .order_by("starts_at", "id")
    )
    return list(found[:MOST_MEETINGS])


@dataclass
class Read:
    """All that was read for one page."""

    user: "User"
    at: datetime
    mine: list[Referral]
    meetings: list[Meeting]
    oversight: work_oversight.Oversight
    due: list[presenters_work_due.Due]
    work: Work

    @property
    def ids(self) -> list[UUID]:
        """Every referral of which something is shown, for the ledger."""
        named = [*self.mine, *(row.referral for row in self.meetings), *self.oversight.referrals()]
        return list(dict.fromkeys(row.pk for row in named))

    def of_mine(self) -> list[Meeting]:
        keys = {referral.pk for referral in self.mine}
        return [meeting for meeting in self.meetings if meeting.referral_id in keys]

    def near(self) -> list[Meeting]:
        """Today's and tomorrow's of their own."""
        days = (clock.today(self.at), clock.today(self.at) + timedelta(days=1))
        return [
            row for row in self.of_mine() if row.shown_status in COMING and clock.today(row.starts_at) in days
        ]


def read(user: "User", at: datetime) -> Read:
    """A fixed number of queries, whatever there is."""
    mine = work_facts.mine(user)
    by_id = {referral.pk: referral for referral in mine}
    meetings = read_meetings(user, by_id, at)
    others = []
    for meeting in meetings:
        if meeting.referral_id not in by_id:
            referral = meeting.referral
            referral.shown_stage, referral.records_waiting = Stage.BOOKED, False
            referral._facilitations, referral.my_part = [], None
            others.append(referral)
        else:
            meeting.referral = by_id[meeting.referral_id]
    oversight, due = work_oversight.read(user, at), presenters_work_due.read(user, at)
    found = Read(user, at, mine, meetings, oversight, due, Work(user, at))
    starting = {meeting.referral_id: meeting for meeting in found.near()}
    found.work = work_facts.gather(user, [*mine, *others], starting, at, named=found.oversight.referrals())
    return found


# --- Rows of meetings ------------------------------------------------------------------------------------------


def _href(name: str, meeting: Meeting) -> str:
    return reverse(f"meetings:{name}", args=[meeting.referral.reference, meeting.pk])


def _day_word(meeting: Meeting, at: datetime) -> str:
    today = clock.today(meeting.starts_at) == clock.today(at)
    return f"{'Today' if today else 'Tomorrow'}, {clock.show_time(meeting.starts_at)}"


def near_rows(found: Read) -> list[dict[str, Any]]:
    """Today's and tomorrow's meetings: can each start, as far as this user may know?"""
    return [_near_row(meeting, found) for meeting in found.near()]


def _near_row(meeting: Meeting, found: Read) -> dict[str, Any]:
    page = found.work.of(meeting.referral_id)
    today = clock.today(meeting.starts_at) == clock.today(found.at)
    rows = way_rows(page)
    if not today:
        # Tomorrow is asked tomorrow, on every side: the sentence for what is sealed would say no more than that.
        rows = [row for row in rows if row.code not in ("", "day_of_check_missing")]
    first = next((row for row in rows if row.is_theirs), None)
    runs = meeting.referral.my_part in RUNS_ON_THE_DAY
    links = [
        {"text": "Day-of check" if today else "Open", "href": _href("today" if today else "show", meeting)}
    ]
    if first and first.code != "day_of_check_missing":
        links.insert(0, {"text": first.action_text, "href": first.action_href})
    if runs:
        links.append({"text": "Run sheet", "href": _href("run_sheet", meeting)})
    shown = first or (rows[0] if rows else None)
    said = f"{meeting.away} cannot be there." if meeting.away else ""
    if shown:
        said = " ".join([*([said] if said else []), shown.sentence])
    return {
        "when": _day_word(meeting, found.at),
        "who": names_of(parties_for(meeting.referral, found.user), found.user),
        "where": meeting.venue.name if meeting.venue else "By video",
        "tone": "due" if said else "ok",
        "said": said or _nothing(page, today=today),
        "links": links,
    }


def _nothing(page: ShownReferral, *, today: bool) -> str:
    """What is said where nothing is known to stand in the way."""
    if today:
        return "Yes, nothing stands in the way."
    return "Yes, so far." if all(party.opened for party in page.parties) else "Nothing on your side so far."


def _of_meetings(found: Read) -> list[Item]:
    """What is to be done about meetings that were called off or have taken place."""
    items = []
    for meeting in found.of_mine():
        when = clock.show_when(meeting.starts_at)
        if meeting.to_release:
            items.append(
                Item(
                    TODAY,
                    f"The others have not heard that {when} is not happening",
                    meeting.referral,
                    "Release",
                    _href("release", meeting),
                    due=clock.today(found.at) - timedelta(days=365),
                )
            )
        elif meeting.shown_status == MeetingStatus.STARTED and _records(meeting, found.user):
            day = clock.add_working_days(clock.today(meeting.starts_at), rules().record_working_days)
            late = day < clock.today(found.at)
            items.append(
                Item(
                    TODAY,
                    f"Write up the meeting of {clock.show_day(meeting.starts_at)}",
                    meeting.referral,
                    "Record",
                    _href("record", meeting),
                    f"{'was due' if late else 'by'} {clock.show_day(day)}",
                    day,
                )
            )
    return items


def _records(meeting: Meeting, user: "User") -> bool:
    return meeting.referral.lead_id == user.pk or meeting.referral.my_part in RUNS_ON_THE_DAY


def hold_rows(found: Read) -> list[dict[str, str]]:
    """A manager's meetings that something holds, and why, as far as they may be told by name."""
    rows = []
    near = {meeting.pk for meeting in found.near()}
    for meeting in found.meetings if found.user.is_manager else ():
        if meeting.pk in near or meeting.shown_status not in COMING or meeting.starts_at < found.at:
            continue
        page = found.work.of(meeting.referral_id)
        why = [row.sentence for row in page.rows if row.code and row.code != "day_of_check_missing"]
        if why and not meeting.away:
            rows.append(_meeting_row(meeting, why[0], found))
    return rows


def away_rows(found: Read) -> list[dict[str, str]]:
    """Meetings whose facilitator said they cannot come."""
    if not found.user.is_manager:
        return []
    return [
        _meeting_row(meeting, f"{meeting.away} cannot be there.", found)
        for meeting in found.meetings
        if meeting.away and meeting.shown_status in COMING
    ]


def _meeting_row(meeting: Meeting, what: str, found: Read) -> dict[str, str]:
    names = names_of(parties_for(meeting.referral, found.user), found.user)
    return {
        "what": what,
        "about": f"{meeting.referral.reference} · {names} · {clock.show_when(meeting.starts_at)}",
        "action_text": "Open",
        "action_href": _href("show", meeting),
    }


# --- The page --------------------------------------------------------------------------------------------------


def page(found: Read) -> dict[str, Any]:
    """Everything the page shows this user."""
    user = found.user
    released = {meeting.referral_id for meeting in found.meetings if meeting.to_release}
    items = [
        *_of_meetings(found),
        *presenters_work_due.items(found.due, found.work),
        *work.items(found.work, found.mine, released),
    ]
    rows = {where: [item.row(user) for item in work.ordered(items, where)] for where in (TODAY, NEXT)}
    near = near_rows(found)
    *over, supervision = _oversight(found)
    listed = reverse("referrals:list")
    quiet = not near and not any(section.rows for section in over)
    wanted = {item.party for item in items if item.party and item.where != WAITING}
    wanted |= {
        party.pk for meeting in found.near() for party in found.work.mine(found.work.of(meeting.referral_id))
    }
    return {
        "near": near[:SHOWN],
        "sections": [
            *over,
            Section(
                "Do today",
                rows[TODAY],
                f"{listed}?whose=mine",
                "Nothing needs you today." if quiet else "Nothing else needs you today.",
            ),
            Section("Waiting for others", _waiting(found, items), f"{listed}?whose=mine"),
            Section("Next 7 days", rows[NEXT], f"{listed}?whose=mine"),
            supervision,
        ],
        "said_no": work.said_no(found.work, found.mine)[:SHOWN],
        "lists": _lists(user),
        "ring": work.safe_to_ring(found.work, found.mine, wanted)[:SHOWN],
    }


def _waiting(found: Read, items: list[Item]) -> list[dict[str, str]]:
    """What others do next: what has a name first, and in one row the referrals of which no more may be said."""
    rows = [*work_oversight.sent_rows(found.oversight, found.user)]
    named = [item for item in work.ordered(items, WAITING) if not item.sealed]
    rows += [item.row(found.user) for item in named]
    sealed = [item for item in items if item.where == WAITING and item.sealed]
    if len(sealed) < FOLDED:
        return [*rows, *(item.row(found.user) for item in sealed)]
    folded = {
        # Not of how many: a number that falls would say on which day something changed there.
        "what": "The other side of some referrals is not settled yet",
        "about": "Nothing for you to do",
        "action_text": "See the list",
        "action_href": f"{reverse('referrals:list')}?whose=mine&stage={Stage.PREPARING}",
    }
    return [*rows[: SHOWN - 1], folded, *rows[SHOWN - 1 :]]


def _oversight(found: Read) -> list[Section]:
    """What a manager or safeguarding lead looks at: first what holds a meeting."""
    user, at, over = found.user, found.at, found.oversight
    booked = f"{reverse('referrals:list')}?whose=organisation&stage={Stage.BOOKED}"
    theirs = f"{reverse('referrals:list')}?whose=organisation&sort=oldest"
    return [
        Section(
            "Requests from other organisations",
            work_oversight.asked_rows(over, user, at),
            reverse("referrals:handoffs"),
        ),
        Section("Meetings on hold", [*away_rows(found), *hold_rows(found)], booked),
        Section("Waits to be signed off", work_oversight.sign_off_rows(over, user, at), theirs),
        Section("Shared to keep somebody safe", work_oversight.share_rows(over, at)),
        Section("Open stops", work_oversight.stop_rows(over, user, at), theirs),
        Section(
            "Records checks", work_oversight.check_rows(over, user, at), reverse("referrals:records_checks")
        ),
        Section("Supervision", work_oversight.silent_rows(over, user), theirs),
    ]


def _lists(user: "User") -> list[dict[str, str]]:
    """The lists of referrals behind this page, by filters they know."""
    whose = [("mine", "All of mine"), ("team", "My team’s")]
    if user.is_manager:
        whose.append(("organisation", "My organisation’s"))
    listed = reverse("referrals:list")
    found = [{"text": text, "href": f"{listed}?whose={key}"} for key, text in whose]
    return [*found, {"text": "Mine that are not now", "href": f"{listed}?whose=mine&stage={Stage.PAUSED}"}]


def day_words(at: datetime) -> str:
    """'Tuesday 24 November'."""
    day = clock.today(at)
    return capfirst(f"{day:%A} {day.day} {day:%B}")
