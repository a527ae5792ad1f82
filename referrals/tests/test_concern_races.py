"""A concern raised while an older one is signed off: the decision did not take it into account and is needed again."""

from collections import Counter

import pytest
from django.utils import timezone

from meetings.tests.test_races import at_once, newest_entry, verbs_since, world
from referrals.actions.concerns import raise_concern, sign_off
from referrals.blockers import blockers
from referrals.enums import ConcernKind, Gate, SignOffDecision
from referrals.models import Concern, SignOff
from tests.depth import DEPTH

pytestmark = [pytest.mark.slow, pytest.mark.deep, pytest.mark.django_db(transaction=True)]


def test_a_sign_off_does_not_count_past_a_concern_that_was_raised_after_it() -> None:
    made, _ = world("blocked_sign_off")
    older = Concern.objects.unscoped("race").get()
    newer = Concern.objects.unscoped("the next round").exclude(pk=older.pk)
    ended: Counter[str] = Counter()

    def signs_off() -> None:
        sign_off(concern=older, decision=SignOffDecision.GO, reason="Steady now.", by=made.staff["mo"])

    def raises() -> None:
        raise_concern(party=made.other, kind=ConcernKind.RECENT_CRISIS, by=made.staff["kit"])

    for number in range(DEPTH.race_rounds):
        before = newest_entry()
        at_once(*((signs_off, raises) if number % 2 else (raises, signs_off)))
        # The order of events: both were written under the referral's lock.
        done = verbs_since(before)
        assert "sign_off" in codes(made), f"round {number}: the new concern was lost"
        newer.update(cleared_at=timezone.now(), cleared_by=made.staff["sal"])
        if done.index("concern_signed_off") < done.index("concern_raised"):
            decided = SignOff.objects.unscoped("race").get().decided_at
            assert decided < newer.get().raised_at, (
                f"round {number}: stamped in another order than it was done"
            )
            assert "sign_off" in codes(made), (
                f"round {number}: decided before it was raised, and still counts"
            )
            ended["raised last"] += 1
        else:
            ended["signed off last"] += 1
        SignOff.objects.unscoped("the next round").delete()
        newer.delete()

    assert all(ended[way] for way in ("raised last", "signed off last")), ended


def codes(made) -> set[str]:
    return {row.code for row in blockers(made.referral, Gate.BOOK, timezone.now())}
