"""A world with a canary in every sealed place of Jo's side, and everything a user can look at. Each canary is made
from the name of its place."""

import re
from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.urls import reverse

from meetings.demo import story as play
from meetings.enums import FollowUpKind, FollowUpResult
from meetings.models import FollowUp
from referrals.actions import concerns, consent, handoff, lifecycle, reaching, readiness
from referrals.actions.matching import match_names
from referrals.enums import (
    Answer,
    ApproachResult,
    ChildResult,
    ConcernKind,
    Outcome,
    Purpose,
    Ready,
    Suitable,
)
from referrals.models import (
    Bar,
    ChildDecision,
    Closure,
    Handoff,
    HandoffMessage,
    KeptLonger,
    Party,
    Person,
    ReadinessCheck,
    RecordsHit,
)
from restorative.common.fields import EncryptedTextField
from restorative.common.models import Draft
from tests.routes import routes
from tests.test_guard_tables import MODELS, SEALED
from tests.world import NOW, World, make_world, undone

PHONE = "7700900777"  # Jo's number, without its prefix


def word(name: str) -> str:
    """The canary of one place: 'kanariconcerndetailzz'. Lower case, so that a change of case on a page cannot hide
    it."""
    return f"kanari{re.sub('[^a-z]', '', name.lower())}zz"


# --- Places for canaries --------------------------------------------------------------------------------------

# Answers that are only codes.
CODES_ONLY = {"Access.principal", "Duty.kind", "Duty.principal", "Handoff.digest", "ReadinessCheck.answers"}
# Of the outbox, and Jo's number: searched for separately.
APART = {"ContactRoute.value", "ContactRoute.value_key", "NameKey.sounds"}
# Her own side may know her name; it has a canary when she is with another organisation.
NAMES = {"NameWord.word", "Person.given", "Person.family", "Person.name_key"}
# A record is for all who were there, and an agreement for each side that said yes: tested separately.
AGREED = {
    "Agreement.words",
    "Agreement.if_difficult",
    "Action.what",
    "Action.sign",
    "Action.helper",
    "ActionUpdate.note",
}
OF_ALL = {"Record.answers", "Record.stopped_why"} | AGREED


def sealed_places() -> dict[str, type[models.Model]]:
    """Every sealed text: encrypted fields, and free text of sealed rows."""
    found = {}
    for label, model in MODELS.items():
        if label not in SEALED and model is not Party:
            continue
        for field in model._meta.fields:
            free = isinstance(field, models.CharField) and not field.choices and label in SEALED
            if isinstance(field, EncryptedTextField) or free:
                found[f"{model._meta.object_name}.{field.name}"] = model
    return found


PLACES = sealed_places()
MARKED = PLACES.keys() - CODES_ONLY - APART - NAMES - OF_ALL


# A safeguarding lead's note on a hit of the records check: only such leads read it.
FOR_LEADS = {"RecordsHit.note"}
# The reason for a grant or a bar is for users who oversee access.
FOR_OVERSEERS = {"Grant.reason", "Bar.reason"}


def seed_hit(world: World) -> None:
    """Carers Leeds knows a Jo too, and Ivy has judged whether it is her."""
    play.log(world.staff, play.Pair("Jo", "Wilhelmina"), NOW - timedelta(days=40), lead="carol")
    match_names(check=world.check, at=NOW)
    RecordsHit.objects.unscoped("test").update(
        verdict="cannot_tell", note=word("RecordsHit.note"), looked_at=NOW, looked_by=world.staff["ivy"]
    )


def seed(world: World) -> None:
    """Write the canaries that make_world does not, through the actions if one writes the field."""
    seed_hit(world)
    other, kit, fay, mo = world.other, world.staff["kit"], world.staff["fay"], world.staff["mo"]
    at = NOW - timedelta(hours=3)
    reaching.record_approach(
        party=other,
        by=kit,
        wording=word("Approach.wording"),
        told_unprompted=True,
        told_us={"words": word("Approach.told_us"), "on": "2027-03-09", "to": str(kit.pk)},
        result=ApproachResult.ANSWERED,
        at=at,
    )
    consent.withdraw(party=other, purpose=Purpose.EVALUATION, by=kit, at=at)
    consent.record_consent(
        party=other,
        purpose=Purpose.EVALUATION,
        answer=Answer.YES,
        why_back=word("Consent.why_back"),
        by=kit,
        at=at + timedelta(minutes=1),
    )
    readiness.check_readiness(
        party=other,
        answers=play.ALL_READY | {"own_idea": Answer.NOT_SURE},
        judgement=Ready.READY,
        notes={"own_idea": word("ReadinessCheck.notes")},
        reason=word("ReadinessCheck.reason"),
        by=kit,
        at=at,
    )
    attorney = concerns.raise_concern(party=other, kind=ConcernKind.ATTORNEY, by=kit, at=at)
    concerns.clear(concern=attorney, evidence=word("Concern.evidence"), seen_alone_on=None, by=mo, at=at)
    lifecycle.decide(
        referral=world.referral,
        party=other,
        decision=Suitable.YES,
        reason=word("Suitability.reason"),
        by=fay,
        at=at,
    )
    handoff.ask_question(
        handoff=world.handoff, words=word("HandoffMessage.words"), version=0, by=world.staff["mina"], at=at
    )
    # As if it had been returned earlier: Carers Leeds never reads the result.
    Handoff.objects.unscoped("test").filter(pk=world.handoff.pk).update(
        **{
            name: word(f"Handoff.{name}")
            for name in ("why_returned", "outcome_done", "outcome_went", "outcome_next")
        }
    )
    # No action writes these yet, or not in a referral that is booked.
    ChildDecision.objects.create(
        party=other,
        result=ChildResult.PARENT,
        how_known=word("ChildDecision.how_known"),
        parent=word("ChildDecision.parent"),
        recorded_at=at,
        recorded_by=kit,
        created_at=at,
        created_by=kit,
    )
    call = FollowUp.objects.create(
        meeting=world.meeting,
        party=other,
        kind=FollowUpKind.DEBRIEF,
        due_on=at.date(),
        done_at=at,
        done_by=kit,
        result=FollowUpResult.TALKED,
        answers={"answers": {"feels_safe": "yes"}, "said": {"feels_safe": word("FollowUp.answers")}},
        notes=word("FollowUp.notes"),
        created_at=at,
        created_by=kit,
    )
    world.extra["follow_up"] = call.pk
    Party.objects.unscoped("test").filter(pk=other.pk).update(hoped_for=word("Party.hoped_for"))
    Person.objects.unscoped("test").filter(pk=other.person_id).update(
        access_needs=word("Person.access_needs"),
        pronouns=word("Person.pronouns")[:30],
        language=word("Person.language"),
    )
    ReadinessCheck.objects.unscoped("test").filter(party=other).update(
        accepted_late_at=at, accepted_late_by=mo, accepted_why=word("ReadinessCheck.accepted_why")
    )
    Closure.objects.create(
        referral=world.referral,
        party=other,
        outcome=Outcome.MET,
        why_open_items=word("Closure.why_open_items"),
        created_at=at,
        created_by=mo,
    )
    # As if it had been extended before Jo answered.
    KeptLonger.objects.create(
        party=other,
        until=NOW + timedelta(days=120),
        reason=word("KeptLonger.reason"),
        created_at=at,
        created_by=mo,
    )
    Draft.objects.create(
        owner=kit,
        place=f"referrals:talk:{world.referral.reference}:{other.pk}",
        title="Talk with Jo, alone",
        typed={"hopes": word("Draft.typed")},
        started_at=at,
        updated_at=at,
    )


def marked_world() -> World:
    made = make_world(mark=word)
    seed(made)
    return made


def rows_of(model: type[models.Model], world: World) -> Iterable[models.Model]:
    sides = [world.other.pk, world.supporter.pk]
    rows = model._base_manager.all()
    if model is Person:
        return rows.filter(parties__in=sides)
    if model is Bar:
        return rows.filter(referral=world.referral)
    if model is HandoffMessage:
        return rows.filter(handoff__party__in=sides)
    return rows.filter(pk__in=sides) if model is Party else rows.filter(party__in=sides)


# --- Looking everywhere ---------------------------------------------------------------------------------------


def addresses(world: World) -> list[str]:
    """Every URL, about Sam and about Jo, and the lists with many query strings."""
    found = []
    for route in routes():
        for whose in ("own", "other"):
            arguments = {key: world.arguments(whose)[key] for key in route.needs}
            found.append(reverse(route.name, kwargs=arguments))
    lists, search = reverse("casework:list"), reverse("casework:search")
    show = reverse("casework:show", args=[world.referral.reference])
    found += [f"{lists}?whose={whose}" for whose in ("mine", "team", "organisation")]
    found += [f"{lists}?whose=team&stage={stage}&sort=oldest" for stage in ("booked", "preparing", "closed")]
    found += [f"{search}?q={asked}" for asked in ("kanari", "Example", "Sam", "Jo")]
    found += [f"{lists}?whose=team&q=kanari", f"{show}?from=referral"]
    ledger = reverse("reports:ledger")
    found += [f"{ledger}?about={asked}" for asked in (world.referral.reference, world.other.pk, "kanari")]
    return list(dict.fromkeys(found))


def presses(world: World) -> list[tuple[str, dict[str, str]]]:
    """Forms filled in completely enough that the rules answer, not only the form."""
    reference = world.referral.reference
    plan = {
        "kind": "conversation",
        "on": "17 March 2027",
        "starts_at": "14:00",
        "ends_at": "15:00",
        "where": "video",
        "venue": "video",
        "video": "https://example.org/room",
    }
    return [
        (reverse("meetings:book", args=[reference]), plan),
        (reverse("meetings:book", args=[reference]), plan | {"book": "yes"}),
        (reverse("referrals:close", args=[reference]), {"reason": "not_safe", "party": ""}),
        (reverse("referrals:decide", args=[reference]), {"decision": "yes", "reason": "Calm.", "party": ""}),
    ]


def everything(world: World, who: str, *, press: bool = False) -> str:
    """Everything one user gets: status, headers and body of each URL, by GET and, with `press`, by POST."""
    seen = []
    for href in addresses(world):
        for method in ("GET", "POST") if press else ("GET",):
            with undone():
                seen.append(told(world.client(who).generic(method, href)))
    for href, data in presses(world) if press else ():
        with undone():
            seen.append(told(world.client(who).post(href, data)))
    return "\n".join(seen).lower()


def told(answer) -> str:
    return f"{answer.status_code} {dict(answer.headers)} {answer.cookies.output()} {answer.content.decode()}"


def words_in(text: str) -> set[str]:
    found = set(re.findall(r"kanari[a-z]+?zz", text))
    digits = re.sub(r"[\s()+-]", "", text)
    return found | ({PHONE} if PHONE in digits else set())
