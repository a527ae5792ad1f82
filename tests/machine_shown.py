"""What one worker is shown of a referral, stored by the state machine before a step and compared after it."""

import json
import logging
from datetime import datetime
from typing import Any

from django.db.models import Q

from casework.presenters.page import referral_page
from meetings.demo.story import Played
from meetings.models import CallOff, Meeting
from referrals.disclosure import before_step, opened_in
from referrals.enums import Stage
from referrals.facts import facts_of
from referrals.models import Party, Referral
from restorative.accounts.models import User
from restorative.audit.models import AuditEntry
from restorative.notify.models import WAITING, Message, State
from tests import acts
from tests.acts import Pressed


class Errors(logging.Handler):
    """An error that is only logged, so that the rest of a sweep continues."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{record.getMessage()}: {record.exc_info and record.exc_info[1]!r}")


def traces(made: Played) -> tuple[int, int, int]:
    """Every possible change alters one of these."""
    return acts.fresh(made).version, AuditEntry.objects.count(), Message.objects.count()


def opens(user: User, party: Party) -> bool:
    return Party.objects.opened_by(user).filter(pk=party.pk).exists()


def can_hide(made: Played) -> bool:
    """Whether a meeting is pending, or was called off without all users knowing."""
    meetings = Meeting.objects.unscoped("look").filter(referral=made.referral)
    return meetings.holding().exists() or acts.newest(
        CallOff, meeting__referral=made.referral, released_at=None
    )


class Shown:
    """What one worker is shown of a referral at one moment."""

    def __init__(self, user: User, made: Played, at: datetime, *, every_page: bool = False) -> None:
        self.user, self.made, self.every_page = user, made, every_page
        self.before = before_step(facts_of(made.referral.pk, at), opened_in(user, made.referral.pk))
        rows = Referral.objects.visible_to(user).filter(pk=made.referral.pk).with_shown_stage(user)
        referral = rows.with_records_waiting().with_what_is_there().select_related("lead").first()
        self.stage = referral and referral.shown_stage
        self.lead = referral and referral.lead_id
        meetings = Meeting.objects.visible_to(user).filter(referral=made.referral).order_by("starts_at", "pk")
        self.meetings = [(row.pk, row.starts_at, row.shown_status) for row in meetings]
        # Slow to read, so only for steps that may be hidden from them.
        looked = every_page or can_hide(made)
        self.pages = plain(referral_page(referral, user, at)) if referral and looked else ""
        told = Message.objects.filter(recipient_id=user.pk).exclude(state=State.CANCELLED)
        # A message that was not sent in time is never sent: it remains until the next step in its referral removes it.
        told = told.exclude(Q(state__in=WAITING) & Q(useless_after__lte=at))
        # By planned time: a message that the sweep held is looked at again after any step, and is sent no earlier.
        self.told = sorted(told.values_list("kind", "thing_id", "version", "planned_for"), key=str)

    def unchanged(self, pressed: Pressed, at: datetime) -> None:
        """A step in a compartment they do not open changes neither stage nor meetings; and nothing at all while a
        step there is hidden from them, or if the step concerns that side only."""
        now = Shown(self.user, self.made, at, every_page=self.every_page)
        if opens(self.user, pressed.party) or now.lead != self.lead:
            return
        if self.stage != Stage.LOGGED:
            assert now.stage == self.stage, f"{self.user.first_name} is shown another stage"
        assert now.meetings == self.meetings, f"{self.user.first_name} is shown other meetings"
        if now.before is not None or pressed.secret:
            assert now.pages == self.pages, f"{self.user.first_name} is shown another page"
            assert now.told == self.told, f"{self.user.first_name} is told something else"


def plain(thing: Any) -> str:
    """The data of a page in a comparable form; rows by their ids."""
    return json.dumps(thing, default=_plain, sort_keys=True, indent=1)


def _plain(thing: Any) -> Any:
    return str(getattr(thing, "pk", thing))
