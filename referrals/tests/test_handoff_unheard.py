"""A handoff that ended over one person's answer still appears active to users of the sender's side who do not open
that person."""

import re
from datetime import timedelta
from difflib import unified_diff

import pytest
import time_machine
from django.urls import reverse

from meetings.tests.pages import client_of
from referrals.actions.consent import withdraw
from referrals.actions.handoff import accept, ask_question, send_handoff, take_back
from referrals.actions.lifecycle import close
from referrals.enums import HandoffKind, HandoffState, Purpose, Reason
from referrals.models import Handoff
from referrals.tests.handing import accepted, asking, carers, fresh, lead_asked
from restorative.common import clock
from restorative.common.decisions import NotPossible
from tests.stories import staff_now, tell
from tests.world import undone

pytestmark = pytest.mark.django_db
DIFFERS = re.compile(r"""name="(csrfmiddlewaretoken|submission)" value="[^"]*"|nonce="[^"]*"|[0-9a-f]{32}""")


@pytest.fixture
def made(db):
    with time_machine.travel("2027-03-02 10:30", tick=False):
        yield tell("ready", staff_now(), clock.now())


def jo_stops_sharing(made, by="kit"):
    withdraw(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, by=by and made.staff[by])


def pages(made, who: str, sent: Handoff) -> dict[str, str]:
    """What a user sees of it, and the result of each thing they can do with it."""
    reference = made.referral.reference
    hrefs = [
        reverse("home"),
        reverse("referrals:handoffs"),
        reverse("referrals:handoff", args=[sent.pk]),
        reverse("referrals:handoff_ask", args=[sent.pk]),
        reverse("referrals:handoff_withdraw", args=[sent.pk]),
        reverse("casework:show", args=[reference]),
        reverse("casework:history", args=[reference]),
        reverse("referrals:handoff_new", args=[reference]),
    ]
    client, shown = client_of(made.staff[who]), {}
    for href in hrefs:
        answer = client.get(href)
        shown[href] = f"{answer.status_code} {DIFFERS.sub('', answer.content.decode())}"
    version = fresh(sent).version
    for name in ("handoff_withdraw", "handoff_ask"):
        with undone():
            data = {"version": str(version), "words": "Them."}
            answer = client.post(reverse(f"referrals:{name}", args=[sent.pk]), data, follow=True)
            shown[name] = f"{answer.status_code} {DIFFERS.sub('', answer.content.decode())}"
    return shown


def asked(made) -> Handoff:
    return lead_asked(made)


def questioned(made) -> Handoff:
    sent = lead_asked(made)
    ask_question(
        handoff=sent, words="Who?", version=0, by=made.staff["carol"], at=clock.now() - timedelta(hours=1)
    )
    return sent


def taken(made) -> Handoff:
    return accepted(made, lead_asked(made))


@pytest.mark.proof
@pytest.mark.parametrize("by", ["kit", None])
@pytest.mark.parametrize("so_far", [asked, questioned, taken])
def test_its_sender_sees_what_they_saw_before(made, so_far, by):
    sent = so_far(made)
    before = pages(made, "asha", sent)
    jo_stops_sharing(made, by)
    assert fresh(sent).state == HandoffState.WITHDRAWN
    after = pages(made, "asha", sent)
    assert [
        [href, *unified_diff(before[href].split("\n"), after[href].split("\n"), lineterm="", n=0)]
        for href in before
        if before[href] != after[href]
    ] == []


@pytest.mark.parametrize("who", ["kit", "fay", "mo"])
def test_users_who_open_that_person_see_that_it_is_over(made, who):
    sent = asked(made)
    jo_stops_sharing(made)
    found = Handoff.objects.visible_to(made.staff[who]).filter(pk=sent.pk)
    assert [row.shown_state for row in found] in ([], [HandoffState.WITHDRAWN])


def test_the_receiver_cannot_read_or_accept_it(made):
    sent = asked(made)
    jo_stops_sharing(made)
    answer = client_of(made.staff["carol"]).get(reverse("referrals:handoff", args=[sent.pk])).content.decode()
    assert "They want to talk again." not in answer
    assert "Withdrawn" in answer
    with pytest.raises(NotPossible, match="withdrawn"):
        accept(
            handoff=sent,
            worker=made.staff["carol"],
            kind=HandoffKind.LEAD,
            starts_on=clock.today(),
            version=0,
            by=made.staff["carol"],
        )


def test_withdrawn_by_its_sender_it_has_ended_for_all(made):
    sent = asked(made)
    jo_stops_sharing(made)
    take_back(handoff=sent, version=0, by=made.staff["asha"])
    now = fresh(sent)
    assert (now.state, now.ended_by_id, now.ended_for_id) == (
        HandoffState.WITHDRAWN,
        made.staff["asha"].pk,
        None,
    )
    with pytest.raises(NotPossible, match="withdrawn"):
        take_back(handoff=sent, version=0, by=made.staff["asha"])


def test_it_cannot_be_asked_again_while_it_appears_active(made):
    asked(made)
    jo_stops_sharing(made)
    with pytest.raises(NotPossible, match="has been asked this already"):
        send_handoff(referral=made.referral, asking=asking(made, None), by=made.staff["asha"])


def test_it_ends_for_all_with_the_referral(made):
    sent = asked(made)
    jo_stops_sharing(made)
    close(referral=made.referral, reason=Reason.NOT_THE_TIME, by=made.staff["mo"])
    found = Handoff.objects.visible_to(made.staff["asha"]).get(pk=sent.pk)
    assert found.shown_state == HandoffState.WITHDRAWN
