"""Two answers to one request at the same moment: one counts, in either order; a withdrawn one is never accepted."""

from collections import Counter

import pytest
from django.utils import timezone

from meetings.demo.staff import make_staff
from meetings.demo.story import open_rooms, publish_sheet
from meetings.tests.test_races import at_once
from referrals.actions.handoff import decline, take_back
from referrals.enums import DeclineCode, HandoffState
from referrals.models import Handoff, Involvement
from referrals.tests.handing import accepted, fresh, help_asked
from restorative.common.decisions import NotPossible
from tests.depth import DEPTH
from tests.stories import tell

pytestmark = [pytest.mark.slow, pytest.mark.deep, pytest.mark.django_db(transaction=True)]

ROUNDS = DEPTH.race_rounds


@pytest.mark.parametrize("other", ["decline", "withdraw"])
def test_one_answer_counts(other: str) -> None:
    now = timezone.now()
    staff = make_staff(now)
    publish_sheet(now)
    open_rooms(staff, now)
    made = tell("ready", staff, now)
    sent = help_asked(made)
    ended: Counter[str] = Counter()

    def accepts() -> None:
        try:
            accepted(made, sent, version=0)
        except NotPossible:
            ended["accepting refused"] += 1

    def ends() -> None:
        try:
            if other == "decline":
                decline(handoff=sent, code=DeclineCode.DUPLICATE, version=0, by=staff["mina"])
            else:
                take_back(handoff=sent, version=0, by=staff["kit"])
        except NotPossible:
            ended["the other refused"] += 1

    for number in range(ROUNDS):
        at_once(*((accepts, ends) if number % 2 else (ends, accepts)))
        now_is = fresh(sent)
        assert now_is.version == 1, f"round {number}"
        assert (now_is.receiver_id is not None) == (now_is.state == HandoffState.ACCEPTED)
        Involvement.objects.unscoped("the next round").filter(user=staff["carol"]).delete()
        Handoff.objects.unscoped("the next round").filter(pk=sent.pk).update(
            state=HandoffState.SENT,
            version=0,
            decided_at=None,
            decided_by=None,
            decided_kind="",
            decline_code="",
            receiver=None,
            starts_on=None,
            seen_at=None,
            seen_by=None,
            ended_at=None,
            ended_by=None,
        )
    assert sum(ended.values()) == ROUNDS
