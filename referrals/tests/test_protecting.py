"""Protective shares: at any time, told only to that side's safeguarding leads."""

import json
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions.grants import bar
from referrals.actions.protecting import share_to_protect
from referrals.enums import ShareWith
from referrals.models import ProtectiveShare
from referrals.tests.talking import client_of, errors_of, path, send
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from restorative.common.decisions import Refused
from restorative.notify.models import Message, State
from restorative.notify.outbox import sweep
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
TYPED = {"to": "police", "reason": "He said he would find her.", "content": "The address he named."}
KIND = "worker_protective_share"
ROW = "Shared with the police, to keep somebody safe"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller


def where(made: Played) -> str:
    return path(made, made.other, "safety", "share/")


def shared(made: Played, who: User) -> ProtectiveShare:
    """A recorded share about the other person."""
    return share_to_protect(
        party=made.other, to=ShareWith.POLICE, reason="Afraid.", content="The address.", by=who
    )


def page(share: ProtectiveShare, who: User):
    return client_of(who).get(f"/shared/{share.pk}/")


def lead_of(user: User) -> User:
    """The same worker, as a safeguarding lead too."""
    User.objects.filter(pk=user.pk).update(safeguarding_lead=True)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("name", ["logged", "ready", "withdrawn", "closed", "paused"])
def test_it_may_be_recorded_in_every_stage(name: str, staff: Staff) -> None:
    made = tell(name, staff, timezone.now())
    kit = staff["asha"] if name == "logged" else staff["kit"]
    assert set(errors_of(send(client_of(kit), where(made)))) == {"to", "reason", "content"}
    assert send(client_of(kit), where(made), TYPED).status_code == 303

    row = ProtectiveShare.objects.unscoped("test").get()
    assert (row.party, row.to, row.reason, row.content) == (made.other, *TYPED.values())
    shown = client_of(kit).get(path(made, made.other, "safety")).content.decode()
    assert TYPED["content"] in shown
    assert where(made) in client_of(kit).get(path(made, made.other)).content.decode()


def test_no_other_side_or_organisation_finds_it_even_as_a_safeguarding_lead(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    share = shared(made, staff["kit"])
    for who in ("asha", "mina", "wes", "zed"):
        lead = lead_of(staff[who])
        assert page(share, lead).status_code == 404
        assert ROW not in client_of(lead).get("/").content.decode()
    history = f"/r/{made.referral.reference}/history/"
    titles = {who: client_of(staff[who]).get(history).content.decode() for who in ("kit", "fay", "asha")}
    assert ["Shared with the police" in titles[who] for who in titles] == [True, True, False]
    sweep()
    assert not Message.objects.filter(kind=KIND, recipient_id=staff["asha"].pk, state="sent").exists()


def test_that_sides_safeguarding_leads_are_told_only_a_reference_and_a_link(staff: Staff, settings) -> None:
    made = tell("ready", staff, timezone.now())
    share = shared(made, staff["kit"])
    sweep()

    assert list(Message.objects.filter(kind=KIND).values_list("recipient_id", flat=True)) == [staff["sal"].pk]
    mails = [json.loads(file.read_text()) for file in Path(settings.OUTBOX_DIR).glob("*.json")]
    [mail] = [each for each in mails if "shared" in each["body"]]
    assert mail["to"] == "sal@demo.example"
    assert f"/shared/{share.pk}/" in mail["body"]
    assert made.referral.reference in mail["subject"]
    for word in (made.own.known_as, made.other.known_as, "police", "Afraid"):
        assert word not in mail["body"] + mail["subject"]


def test_if_no_safeguarding_lead_may_know_its_managers_are_told(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    bar(referral=made.referral, user=staff["sal"], reason="His sister.", by=staff["mo"])
    shared(made, staff["kit"])

    told = set(Message.objects.filter(kind=KIND).values_list("recipient_id", flat=True))
    managers = User.objects.filter(organisation=staff["kit"].organisation_id, role=Role.MANAGER)
    assert told == set(managers.exclude(pk=staff["sal"].pk).values_list("pk", flat=True)) != set()
    sweep()
    assert not Message.objects.filter(kind=KIND).exclude(state=State.SENT).exists()


@pytest.mark.parametrize("name", ["ready", "closed"])
def test_a_lead_sees_it_on_my_work_until_it_is_reviewed_and_can_read_it_afterwards(
    name: str, staff: Staff
) -> None:
    made = tell(name, staff, timezone.now())
    ben = lead_of(staff["ben"])  # of another team: without a concern they see nothing else of this referral
    share = shared(made, staff["kit"])
    assert ROW in client_of(ben).get("/").content.decode()
    assert client_of(ben).get(f"/r/{made.referral.reference}/").status_code == 404
    shown = page(share, ben).content.decode()
    assert "Afraid." in shown
    assert made.own.known_as not in shown

    assert send(client_of(ben), f"/shared/{share.pk}/").status_code == 303
    for lead in (ben, staff["sal"]):
        assert ROW not in client_of(lead).get("/").content.decode()
    assert "Afraid." in page(share, staff["sal"]).content.decode()
    sweep()
    assert set(Message.objects.filter(kind=KIND).values_list("state", flat=True)) == {"cancelled"}


def test_the_worker_who_shared_it_does_not_review_it(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    share = shared(made, lead_of(staff["kit"]))
    assert ROW not in client_of(staff["kit"]).get("/").content.decode()
    for who in ("kit", "mo"):
        assert page(share, staff[who]).status_code == 200
        assert send(client_of(staff[who]), f"/shared/{share.pk}/").status_code == 403
    assert ProtectiveShare.objects.unscoped("test").get().looked_at is None


def test_only_users_who_open_the_person_or_their_concerns_record_one(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    for who in ("asha", "ben", "sal"):
        opens = who == "sal"  # the manager in that organisation
        assert client_of(staff[who]).get(where(made)).status_code == (200 if opens else 404)
    with pytest.raises(Refused):
        shared(made, staff["asha"])
