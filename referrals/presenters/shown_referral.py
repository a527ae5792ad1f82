"""The data of the referral page, read once, as one user may know it.
blocker_rows.py, next_step.py, people.py and history.py put it into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse

from referrals.blockers import ShownBlocker, find_blockers, sealed_open, shown_to
from referrals.blockers.turns import answer_of
from referrals.disclosure import BeforeStep, before_step
from referrals.enums import SIGN_OFFS, STOPS, Gate, Stage
from referrals.facts import Facts, PartyFacts
from referrals.models import Party, Referral
from referrals.presenters import facts_for, parties_for, within
from referrals.querysets_rules import Within
from restorative.accounts.models import User


@dataclass
class ShownReferral:
    """The data of the page. `facts` are all facts: `parties[].opened` decides which of them may be shown."""

    referral: Referral
    user: User
    at: datetime
    facts: Facts
    parties: list[Party]
    rows: list[ShownBlocker]
    sealed_parties: set[UUID]
    runs: bool
    before: BeforeStep | None
    # The meeting that this user sees as pending: with `pk`, `starts_at` and `shown_status`.
    meeting: Any = None
    # An unreleased call-off that this user may know of: the id of its meeting.
    release: UUID | None = None
    # The names of facilitators who cannot be there.
    away: Sequence[str] = ()

    @property
    def within(self) -> Within:
        """What this user sees and opens, for scopes."""
        return within(self.referral, self.user)

    def href(self, name: str, *args: Any, end: str = "") -> str:
        """The URL of another page of this referral."""
        return reverse(name, args=[self.referral.reference, *args]) + end

    def link(self, text: str, name: str, *args: Any, end: str = "") -> dict[str, str]:
        """A link to another page of this referral."""
        return {"text": text, "href": self.href(name, *args, end=end)}

    @cached_property
    def held_by(self) -> list[ShownBlocker]:
        """What puts a booked meeting on hold, as far as this user may know: by name only, because sealed blockers must
        not reveal that it is on hold."""
        if not self._coming:
            return []
        found = shown_to(find_blockers(self.facts, Gate.BOOK), self.parties, before=self.before)
        return [row for row in found if row.code]

    @property
    def _coming(self) -> bool:
        return self.meeting is not None and self.meeting.shown_status == "booked"

    @property
    def on_hold(self) -> bool:
        """Whether this user knows why the meeting is on hold. Other users see it as booked."""
        return bool(self.held_by or (self.away and self._coming))

    @cached_property
    def opened(self) -> dict[UUID, PartyFacts]:
        """The facts of parties whose compartments this user opens."""
        return {party.pk: self.facts.parties[party.pk] for party in self.parties if party.opened}

    def answer_of(self, party: UUID) -> str | None:
        """An opened party's newest answer to taking part. "Do not approach" counts as no."""
        known = self.opened.get(party)
        return answer_of(known) if known else None

    @cached_property
    def deciding(self) -> frozenset[tuple[UUID, str]]:
        """The concerns that this user may decide on as a second person: (party, code)."""
        user = self.user
        if self.facts.works_on(user.pk):
            return frozenset()
        held = {(row.party.pk, row.code) for row in self.rows if row.party is not None}
        waiting = set()
        for party in self.facts.present:
            if party.row.organisation_id != user.organisation_id:
                continue
            for concern in party.waits_for_decision:
                stop = concern.kind in STOPS
                able = user.safeguarding_lead or (user.is_manager and not stop)
                if able and concern.raised_by_id != user.pk and concern.kind in (*STOPS, *SIGN_OFFS):
                    waiting.add((party.id, "stop" if stop else "sign_off"))
        return frozenset(held & waiting)


def _runs(facts: Facts, user: User) -> bool:
    """may_run, from facts."""
    of_lead = user.is_manager and facts.referral.lead_organisation_id == user.organisation_id
    facilitates = any(row.user_id == user.pk for row in facts.running)
    return facts.referral.lead_id == user.pk or facilitates or of_lead


def gather(
    referral: Referral,
    user: User,
    at: datetime,
    *,
    gate: Gate | None = None,
    meeting: Any = None,
    away: Sequence[str] = (),
    release: UUID | None = None,
) -> ShownReferral:
    """Read what the page needs, in a fixed number of queries, at the next gate or the given one."""
    facts, parties = facts_for(referral, at), parties_for(referral, user)
    gate = gate or (Gate.START if referral.shown_stage == Stage.BOOKED else Gate.BOOK)
    before = before_step(facts, [party.pk for party in parties if party.opened])
    found = [] if referral.shown_stage == Stage.CLOSED else find_blockers(facts, gate)
    return ShownReferral(
        referral=referral,
        user=user,
        at=at,
        facts=facts,
        parties=parties,
        rows=shown_to(found, parties, before=before),
        sealed_parties=sealed_open(found, parties, before),
        runs=_runs(facts, user),
        before=before,
        meeting=meeting,
        release=release,
        away=away,
    )


def is_mine(party: Party, page: ShownReferral) -> bool:
    if party.keyworker_id is not None:
        return party.keyworker_id == page.user.pk
    return page.referral.lead_id == page.user.pk
