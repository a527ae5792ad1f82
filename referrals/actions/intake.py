"""Logging a referral: the shell, the people, what is hoped for, any safety worry and a way to reach the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from referrals import access
from referrals.actions.change import changing
from referrals.actions.concerns import raise_concern
from referrals.actions.involvement import note_keyworker, note_lead
from referrals.actions.parties import PersonFacts, add_party
from referrals.actions.reaching import RouteFacts, record_route
from referrals.enums import ConcernKind, Kind, Source, Stage
from referrals.models import Referral, StageChange
from referrals.projections import project
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible


@dataclass(frozen=True)
class Worry:
    """A safety worry named when logging."""

    kind: ConcernKind
    detail: str = ""


def log_referral(
    *,
    person: PersonFacts,
    others: Sequence[PersonFacts],
    kind: Kind,
    source: Source,
    hoped_for: str,
    lead: User,
    by: User,
    route: RouteFacts | None = None,
    worry: Worry | None = None,
    at: datetime | None = None,
) -> Referral:
    """Log a referral. Every party belongs to the organisation that logs it; the lead supports the person.

    The first contact is with the party who already knows of the request: the first of the others if family or
    Carers Leeds asked, otherwise the person. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_log(by).require()
    if not others:
        raise NotPossible("Enter at least one other person.", field="other_1_given")
    if lead.organisation_id != by.organisation_id or not access.can(lead, "work_with"):
        raise NotPossible("Choose a colleague who supports people.", field="lead")
    other_asked = source in (Source.FAMILY, Source.CARERS)
    # If they asked themselves, the hopes are in their own words.
    themselves = source in (Source.PERSON, Source.FAMILY)
    told_us = {"words": hoped_for if themselves else "", "on": clock.today(at).isoformat(), "to": str(by.pk)}
    with transaction.atomic():
        # The logging user leads during this transaction, so that the actions below check access as usual.
        referral = Referral.objects.create(
            kind=kind,
            stage=Stage.LOGGED,
            lead_organisation=by.organisation,
            lead=by,
            logged_at=at,
            last_activity_at=at,
            created_at=at,
            created_by=by,
        )
        with changing(referral, by=by, at=at) as change:
            change.add(StageChange, referral=referral, step="log", from_stage="", to_stage=Stage.LOGGED)
            change.record("referral_logged", referral, fields=["kind", "lead"], why=source)
            own = add_party(
                referral=referral,
                facts=person,
                asked_first=not other_asked,
                told_us=told_us,
                source=source,
                hoped_for=hoped_for,
                by=by,
            )
            for index, facts in enumerate(others):
                # Different times, so that every list shows them in the order they were entered.
                joined = at + timedelta(microseconds=index + 1)
                asked_first = other_asked and index == 0
                add_party(
                    referral=referral, facts=facts, asked_first=asked_first, told_us=told_us, by=by, at=joined
                )
            # The actions below check access as usual.
            project(change.facts)
            if route is not None:
                record_route(party=own, facts=route, confirmed=False, by=by)
            if worry is not None:
                raise_concern(party=own, kind=worry.kind, detail=worry.detail, by=by)
            change.set(change.referral, lead=lead)
            change.set(own, keyworker=lead)
            note_keyworker(change, own, lead)
            note_lead(change, lead)
    referral.refresh_from_db()
    return referral
