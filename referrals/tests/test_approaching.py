"""Approaching the others: the fixed answer to a family, "do not approach" and who may see it, and the words of
people who came to us."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo import story
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played
from referrals.actions import lifecycle, talk
from referrals.actions.concerns import clear, raise_concern
from referrals.actions.consent import Asked, record_consent, withdraw
from referrals.actions.facilitation import appoint
from referrals.actions.parties import PersonFacts, add_party, leave
from referrals.actions.reaching import record_approach
from referrals.enums import Answer, ApproachResult, ConcernKind, Place, Purpose, Reason, RouteKind, Source
from referrals.models import Approach, Consent, Party, Referral
from referrals.presenters.approaching import ASKED_NOT, RECEIVED
from referrals.tests.talking import client_of, errors_of, path, rows, send
from referrals.tests.test_duplicates import CHECK, NEW, typed
from restorative.common.decisions import NotPossible
from tests.written import reproject_all

# These pages read the same on each database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PAIR = Pair("Zara", "Ivo")


@pytest.fixture
def made(staff: Staff) -> Played:
    """Asha logged Zara and Ivo; Kit supports Ivo."""
    played = story.log(staff, PAIR, timezone.now())
    story.give_keyworkers(played, timezone.now())
    return played


def say_no(made: Played) -> None:
    record_approach(party=made.other, result=ApproachResult.DO_NOT_APPROACH, by=made.staff["kit"])


def checked(staff: Staff, who: str, **changes: str):
    """The check page of what was typed, before it is logged."""
    client = client_of(staff[who])
    sent = client.post(NEW, typed(staff, lead=str(staff[who].pk), **changes))
    assert (sent.status_code, sent.url) == (303, CHECK)
    return client, client.get(CHECK)


def again(staff: Staff, who: str = "asha", **changes: str):
    """The same two people, typed again."""
    return checked(staff, who, own_given="Zara", own_family="Example", other_1_given="Ivo", **changes)


def logged(client, page) -> str:
    sent = send(client, CHECK, {"shown": page.context["shown"]})
    assert sent.status_code == 303
    return sent.url


# --- The answer to a family -----------------------------------------------------------------------------------


def told(page) -> list[str]:
    """The answer for the enquirer, as the page shows it."""
    return re.findall(r'<section class="govuk-inset-text".*?</section>', page.content.decode(), re.DOTALL)


def nothing_more(made: Played, staff: Staff) -> None:
    pass


def they_said_no(made: Played, staff: Staff) -> None:
    say_no(made)


def it_is_closed(made: Played, staff: Staff) -> None:
    lifecycle.close(referral=made.referral, reason=Reason.NOT_SAFE, by=staff["asha"])


@pytest.mark.parametrize("known", [nothing_more, they_said_no, it_is_closed])
def test_a_family_gets_the_same_words_in_every_case(made, staff, known):
    client, new = checked(staff, "kit", source="family")
    expected = told(new)
    assert [RECEIVED in each for each in expected] == [True]
    assert RECEIVED == "Received. If it can go further we will ring you."
    assert told(client.get(logged(client, new))) == expected

    known(made, staff)
    for who in ("kit", "asha", "ben"):
        client, page = again(staff, who, source="family")
        assert bool(page.context["duplicates"]) == (who != "ben")
        assert told(page) == expected
        assert told(client.get(logged(client, page))) == expected


@pytest.mark.parametrize("source", [source.value for source in Source if source != Source.FAMILY])
def test_other_sources_do_not_get_these_words(staff, source):
    client, page = checked(staff, "asha", source=source)
    assert told(page) == []
    assert told(client.get(logged(client, page))) == []


def test_these_words_do_not_reveal_the_source(staff):
    """The team sees the shell; only users who open the person, and the user who logged it, know that a family
    member asked."""
    client, page = checked(staff, "asha", source="family")
    done = logged(client, page)
    shown = client_of(staff["kit"]).get(done)
    assert (shown.status_code, told(shown)) == (200, [])
    assert len(told(client_of(staff["mo"]).get(done))) == 1


# --- Do not approach ------------------------------------------------------------------------------------------


def test_a_person_who_said_no_is_not_approached_again_unless_they_come(staff):
    made = story.log(
        staff, PAIR, timezone.now(), source=Source.FAMILY
    )  # Ivo asked first: no approval is needed
    party = made.other
    Party.objects.unscoped("test").filter(pk=party.pk).update(keyworker=staff["kit"])
    reproject_all()
    say_no(made)
    for result in (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH):
        with pytest.raises(NotPossible, match="do not approach"):
            record_approach(party=party, how=RouteKind.PHONE, result=result, by=staff["kit"])
    told_us = {"words": "I know of it.", "on": "2027-03-01"}
    record_approach(party=party, told_unprompted=True, told_us=told_us, by=staff["kit"])
    with pytest.raises(NotPossible, match="do not approach"):
        record_approach(party=party, how=RouteKind.PHONE, result=ApproachResult.WAITING, by=staff["kit"])

    talk.save_talk(party=party, talk=talk.Talk(asked=Asked()), by=staff["kit"])
    record_approach(party=party, how=RouteKind.PHONE, result=ApproachResult.WAITING, by=staff["kit"])


def test_their_worker_sees_it_on_pages_and_others_see_nothing(made, staff):
    record_approach(party=made.own, result=ApproachResult.ANSWERED, by=staff["asha"])
    shell = f"/r/{made.referral.reference}/"
    before = _without_tokens(client_of(staff["asha"]).get(shell).content)
    say_no(made)

    kit = client_of(staff["kit"])
    assert "said no: do not approach" in kit.get(path(made, made.other)).context["next_step"].heading
    for page in ("approach", "talk"):
        assert "do not approach" in kit.get(path(made, made.other, page)).context["warning"]
    typed_in = {"result": "could_not_reach", "how": "phone"}
    assert set(errors_of(send(kit, path(made, made.other, "approach"), typed_in))) == {"result"}
    assert "Talk with Ivo" not in kit.get(shell).content.decode()
    assert _without_tokens(client_of(staff["asha"]).get(shell).content) == before


def _without_tokens(page: bytes) -> bytes:
    return re.sub(rb'(nonce|value)="[^"]{20,}"', b"", page)


def asked_not(page) -> list[str]:
    return [row["text"] for row in page.context["asked_not"]]


def anew(staff: Staff, lead: str) -> Played:
    return story.log(staff, PAIR, timezone.now(), lead=lead)


def test_logged_again_only_users_who_open_the_earlier_record_are_told(made, staff):
    say_no(made)
    sentence = [ASKED_NOT.format(reference=made.referral.reference)]

    assert asked_not(again(staff, "kit")[1]) == sentence
    assert asked_not(again(staff, "mo")[1]) == sentence
    # Asha sees that referral, and that it may be the same person; not what Ivo said to Kit.
    page = again(staff, "asha")[1]
    assert (asked_not(page), bool(page.context["duplicates"])) == ([], True)
    for stranger in ("ben", "carol", "zed"):
        assert asked_not(again(staff, stranger)[1]) == []


def test_the_pages_of_a_person_logged_again_show_it(made, staff):
    say_no(made)
    sentence = [ASKED_NOT.format(reference=made.referral.reference)]
    new = anew(staff, "kit")
    for page in ("party", "approach", "talk"):
        assert asked_not(client_of(staff["kit"]).get(path(new, new.other, page))) == sentence, page
    assert asked_not(client_of(staff["kit"]).get(path(new, new.own))) == []

    other = anew(staff, "asha")
    for page in ("party", "approach", "talk"):
        assert asked_not(client_of(staff["asha"]).get(path(other, other.other, page))) == [], page


@pytest.mark.parametrize("since", ["left", "closed"])
def test_closed_referrals_count_too(made, staff, since):
    say_no(made)
    if since == "left":
        leave(party=made.other, by=staff["kit"])
    else:
        lifecycle.close(referral=made.referral, reason=Reason.DID_NOT_WANT, by=staff["asha"])
    new = anew(staff, "mo")
    assert len(asked_not(client_of(staff["mo"]).get(path(new, new.other)))) == 1


def test_it_does_not_show_for_others(made, staff):
    """Neither for a person with another name, nor after they came to us."""
    say_no(made)
    new = story.log(staff, Pair("Zara", "Una"), timezone.now(), lead="kit")
    assert asked_not(client_of(staff["kit"]).get(path(new, new.other))) == []
    talk.save_talk(party=made.other, talk=talk.Talk(asked=Asked()), by=staff["kit"])
    new = anew(staff, "kit")
    assert asked_not(client_of(staff["kit"]).get(path(new, new.other))) == []


# --- People who came to us ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("result", ["asked_first", "told_unprompted"])
def test_a_person_who_came_is_stored_with_their_words_the_day_and_the_worker(made, staff, result):
    kit, where = client_of(staff["kit"]), path(made, made.other, "approach")
    assert set(errors_of(send(kit, where, {"result": result}))) == {"told_words", "told_on"}

    words = {"result": result, "told_words": "I want this.", "told_on": "2027-03-01"}
    assert send(kit, where, words).status_code == 303
    [row] = rows(Approach, made.other).filter(**{result: True})
    assert row.told_us == {"words": "I want this.", "on": "2027-03-01", "to": str(staff["kit"].pk)}
    assert {
        "key": "Asked first" if result == "asked_first" else "Told us, unprompted",
        "value": "“I want this.”\nMon 1 March, to you",
    } in kit.get(where).context["facts"]


@pytest.mark.parametrize("missing", ["words", "on"])
def test_a_person_who_came_is_not_stored_without_words_and_day(made, staff, missing):
    told_us = {"words": "I want this.", "on": "2026-03-02"} | {missing: ""}
    for came in ("asked_first", "told_unprompted"):
        with pytest.raises(NotPossible) as refusal:
            record_approach(party=made.other, told_us=told_us, by=staff["kit"], **{came: True})
        assert refusal.value.field == f"told_{missing}"


@pytest.mark.parametrize(("source", "whose"), [(Source.PERSON, "own"), (Source.FAMILY, "other")])
def test_logging_stores_the_asker_with_what_they_hope_for(staff, source, whose):
    made = story.log(staff, PAIR, timezone.now(), source=source)
    [row] = Approach.objects.unscoped("test").filter(party__referral=made.referral, asked_first=True)
    assert row.party_id == getattr(made, whose).pk
    assert row.told_us["words"] == "Zara hopes to say sorry and be heard."
    assert row.told_us["to"] == str(staff["asha"].pk)


def test_a_person_added_because_they_asked_needs_their_words(made, staff):
    asha, where = client_of(staff["asha"]), f"/r/{made.referral.reference}/people/add/"
    person = {"given": "Una", "place": "parent", "asked_first": "yes"}
    assert set(errors_of(send(asha, where, person))) == {"told_words", "told_on"}
    send(asha, where, {**person, "told_words": "Me too.", "told_on": "2026-03-02"})
    una = Party.objects.unscoped("test").get(referral=made.referral, known_as="Una")
    assert rows(Approach, una).get().told_us["words"] == "Me too."


def test_no_approach_before_the_words_are_approved(made, staff):
    kit, where = client_of(staff["kit"]), path(made, made.other, "approach")
    tried = {"result": "waiting", "how": "phone"}
    assert set(errors_of(send(kit, where, tried))) == {"result"}
    assert Referral.objects.unscoped("test").get(pk=made.referral.pk).stage == "logged"


@pytest.mark.parametrize("whose", ["their own", "a supporter's", "somebody's elsewhere"])
def test_words_are_approved_for_another_participant_of_this_referral(made, staff, whose):
    """A person does not approve the words for reaching themselves."""
    if whose == "their own":
        recipient = made.other.pk
    elif whose == "a supporter's":
        facts = PersonFacts(given="Bo", place=Place.SUPPORTER)
        recipient = add_party(referral=made.referral, facts=facts, beside=made.other, by=staff["kit"]).pk
    else:
        recipient = anew(staff, "kit").own.pk
    for purpose in (Purpose.WORDS, Purpose.CARRY):
        with pytest.raises(NotPossible, match="others who take part"):
            record_consent(
                party=made.other,
                purpose=purpose,
                answer=Answer.YES,
                recipient=recipient,
                wording="Hello.",
                by=staff["kit"],
            )
    assert not rows(Consent, made.other).exists()


# --- Under a stop ---------------------------------------------------------------------------------------------

WORDS = "Can we talk?"


def asha_asks_for_words(made: Played, staff: Staff) -> None:
    record_consent(
        party=made.own,
        purpose=Purpose.WORDS,
        answer=Answer.YES,
        recipient=made.other.pk,
        wording=WORDS,
        by=staff["asha"],
    )


def test_words_given_under_a_stop_wait_for_its_clearing_and_do_not_reveal_it(made, staff, morning):
    """An order that bars Zara from contact bars it through us too."""
    kit, asha, shell = client_of(staff["kit"]), client_of(staff["asha"]), f"/r/{made.referral.reference}/"
    looked = [
        shell,
        path(made, made.other),
        path(made, made.other, "approach"),
        path(made, made.other, "talk"),
    ]
    record_approach(party=made.own, result=ApproachResult.ANSWERED, by=staff["asha"])
    stop = raise_concern(party=made.own, kind=ConcernKind.ORDER, by=staff["asha"])
    before = [_without_tokens(kit.get(each).content) for each in looked]
    morning.shift(timedelta(seconds=1))
    asha_asks_for_words(made, staff)

    assert [_without_tokens(kit.get(each).content) for each in looked] == before
    with pytest.raises(NotPossible, match="Nobody has approved the words"):
        record_approach(party=made.other, result=ApproachResult.WAITING, by=staff["kit"])
    own = asha.get(shell).content.decode()
    assert "has not approved the words" not in own
    assert "A safety concern with Zara stops this" in own

    morning.shift(timedelta(days=2))
    clear(concern=stop, evidence="Lifted.", seen_alone_on=timezone.localdate(), by=staff["sal"])
    assert WORDS in client_of(staff["kit"]).get(looked[2]).content.decode()
    record_approach(party=made.other, result=ApproachResult.WAITING, by=staff["kit"])


def test_a_stop_known_to_a_worker_prevents_their_approaches(made, staff, morning):
    asha_asks_for_words(made, staff)
    morning.shift(timedelta(seconds=1))
    raise_concern(party=made.other, kind=ConcernKind.THREATS, by=staff["kit"])
    page = client_of(staff["kit"]).get(path(made, made.other, "approach"))
    assert page.context["warning"].startswith("A safety concern stops this")
    assert WORDS not in page.content.decode()
    with pytest.raises(NotPossible, match="A safety concern stops this"):
        record_approach(party=made.other, result=ApproachResult.WAITING, by=staff["kit"])


def test_the_other_sides_stop_after_the_words_were_given_stays_hidden(made, staff, morning):
    asha_asks_for_words(made, staff)
    where = path(made, made.other, "approach")
    before = _without_tokens(client_of(staff["kit"]).get(where).content)
    morning.shift(timedelta(seconds=1))
    raise_concern(party=made.own, kind=ConcernKind.THREATS, by=staff["asha"])
    assert _without_tokens(client_of(staff["kit"]).get(where).content) == before


def test_a_lead_who_stands_in_for_both_is_not_sent_to_talk_with_the_other_then(just_logged, staff):
    record_approach(party=just_logged.own, result=ApproachResult.ANSWERED, by=staff["asha"])
    raise_concern(party=just_logged.own, kind=ConcernKind.THREATS, by=staff["asha"])
    asha_asks_for_words(just_logged, staff)
    shown = client_of(staff["asha"]).get(f"/r/{just_logged.referral.reference}/")
    name = just_logged.other.known_as
    assert f"Talk with {name}" not in shown.content.decode()
    assert f"{name} is talked with once the words used to reach them are agreed." in [
        row.sentence for row in shown.context["way"]
    ]


# --- The words, after their approver has stopped --------------------------------------------------------------


@pytest.mark.parametrize("answer", [Answer.NO, Answer.WITHDRAWN])
def test_neither_the_words_nor_a_refusal_reveal_a_stop_of_the_asker(made, staff, answer):
    talk.save_talk(party=made.own, talk=story.talk_for(made, made.own), by=staff["asha"])
    appoint(referral=made.referral, user=staff["fay"], by=staff["asha"])
    kit, pages = client_of(staff["kit"]), (path(made, made.other, "approach"), path(made, made.other, "talk"))
    before = [_without_tokens(kit.get(page).content) for page in pages]
    assert all(b"asked me to ring you" in page for page in before)

    if answer == Answer.WITHDRAWN:
        withdraw(party=made.own, by=staff["asha"])
    else:
        record_consent(party=made.own, purpose=Purpose.TAKE_PART, answer=answer, by=staff["asha"])
    assert [_without_tokens(kit.get(page).content) for page in pages] == before
    record_approach(party=made.other, how=RouteKind.PHONE, result=ApproachResult.WAITING, by=staff["kit"])

    page = client_of(staff["fay"]).get(pages[0]).content.decode()
    assert "There are no agreed words to use just now" in page
    assert "asked me to ring you" not in page
    with pytest.raises(NotPossible, match="Nobody has approved"):
        record_approach(party=made.other, how=RouteKind.PHONE, result=ApproachResult.WAITING, by=staff["fay"])
