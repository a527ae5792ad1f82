"""A person who never answered, for tests of how their record is deleted."""

from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone

from meetings.demo import story
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played
from referrals.actions import (
    concerns,
    consent,
    reaching,
    talk,
)
from referrals.enums import Answer, ApproachResult, ConcernKind, Purpose, RouteKind
from referrals.models import (
    NameKey,
    Party,
    Person,
)
from tests.stories import APPS

NOW = datetime(2027, 3, 2, 10, 30, tzinfo=UTC)
FAMILY = "Kanarienvogel"  # a unique word, so that every table can be searched for it


def later(clock, days: float) -> None:
    clock.move_to(NOW + timedelta(days=days, seconds=1))  # the others are logged a moment later


def never_answered(staff: Staff) -> Played:
    """Sam and Jo were logged, Kit supports Jo, and Sam approved the words."""
    played = story.log(staff, Pair("Sam", "Jo", family=FAMILY), NOW)
    Person.objects.unscoped("only Jo has this name").filter(pk=played.own.person_id).update(
        family="Other", name_key="sam|other"
    )
    NameKey.objects.unscoped("only Jo has this name").filter(person=played.own.person_id).delete()
    story.give_keyworkers(played, NOW)
    consent.record_consent(
        party=played.own,
        purpose=Purpose.WORDS,
        answer=Answer.YES,
        recipient=played.other.pk,
        wording="Can we talk?",
        by=staff["asha"],
    )
    return played


def try_to_reach(made: Played, result: ApproachResult = ApproachResult.COULD_NOT_REACH) -> None:
    reaching.record_approach(
        party=made.other, how=RouteKind.PHONE, result=result, by=made.staff["kit"], at=timezone.now()
    )


def jo(made: Played) -> Party:
    return Party.objects.unscoped("test").select_related("person").get(pk=made.other.pk)


def gone(made: Played) -> bool:
    return jo(made).forgotten_at is not None


def everywhere(word: str) -> set[str]:
    """The columns of all tables that contain a word, ignoring case; encrypted ones are decrypted."""
    return {
        f"{model._meta.object_name}.{field.name}"
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for row in model._base_manager.all()
        for field in model._meta.concrete_fields
        if not isinstance(field, models.ForeignKey)
        and word.lower() in str(getattr(row, field.attname)).lower()
    }


def spoke(made: Played, staff: Staff) -> None:
    talk.save_talk(party=made.other, talk=talk.Talk(asked=consent.Asked()), by=staff["kit"])


def a_concern_was_raised(made: Played, staff: Staff) -> None:
    concerns.raise_concern(party=made.other, kind=ConcernKind.THREATS, detail="Shouted.", by=staff["kit"])
