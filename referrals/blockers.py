"""What stands in the way of booking and of starting: one condition a code, computed from facts, never stored.
Whether somebody *may* is access.py's; what moves a stage is stages.py's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from referrals.enums import (
    SIGN_OFFS,
    STOPS,
    TWO_FACILITATORS,
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Gate,
    Kind,
    Part,
    Place,
    Purpose,
    ReadinessKind,
    Ready,
    SignOffDecision,
    Suitable,
)
from referrals.models import (
    Approach,
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    Facilitation,
    Invited,
    Party,
    Preparation,
    ReadinessCheck,
    RecordsCheck,
    Referral,
    SafetyAnswers,
    SignOff,
    Suitability,
    Task,
)
from referrals.querysets import current_answers
from restorative.common.rules import rules

Condition = Callable[[Gate, datetime], Q]
PARTICIPANT = ~Q(place=Place.SUPPORTER)
BOTH = (Gate.BOOK, Gate.START)


@dataclass(frozen=True)
class Code:
    """One thing that can stand in the way. `party` is a condition on parties, `referral` on referrals."""

    key: str
    gates: tuple[Gate, ...] = BOTH
    party: Condition | None = None
    party_sentence: str = ""
    referral: Condition | None = None
    referral_sentence: str = ""


@dataclass(frozen=True)
class Blocker:
    """A code that holds now, for one party or for the referral as a whole. For the program, not for a page."""

    code: str
    party_id: UUID | None = None


# --- Conditions on parties ------------------------------------------------------------------------------------


def _own(model: type, party: str = "pk") -> QuerySet:
    return model._base_manager.filter(party=OuterRef(party))


def _taking_part(at: datetime) -> QuerySet:
    return current_answers(_own(Consent), at).filter(purpose=Purpose.TAKE_PART, answer=Answer.YES)


def consent_missing(gate: Gate, at: datetime) -> Q:
    """No current yes to taking part: never asked, waiting, no, not sure, withdrawn, expired, or on an old sheet."""
    return ~Q(Exists(_taking_part(at)))


def consent_not_heard(gate: Gate, at: datetime) -> Q:
    """A yes, by link or with others listening, that no worker has heard from them alone."""
    return Q(Exists(_taking_part(at).filter(heard_alone_at__isnull=True)))


def wording_not_approved(gate: Gate, at: datetime) -> Q:
    """Somebody to be approached, who neither asked first nor told us unprompted, without another's yes to the words."""
    exempt = _own(Approach).filter(Q(asked_first=True) | Q(told_unprompted=True))
    newer = Consent._base_manager.filter(
        party=OuterRef("party"),
        purpose=Purpose.WORDS,
        recipient=OuterRef("recipient"),
        seq__gt=OuterRef("seq"),
    )
    approved = Consent._base_manager.filter(
        ~Exists(newer),
        party__referral=OuterRef("referral"),
        purpose=Purpose.WORDS,
        recipient=OuterRef("pk"),
        answer=Answer.YES,
    )
    return PARTICIPANT & ~Q(Exists(exempt)) & ~Q(Exists(approved))


def not_prepared(gate: Gate, at: datetime) -> Q:
    """No preparation held with them."""
    return ~Q(Exists(_own(Preparation).filter(held_at__lte=at)))


def safety_not_asked(gate: Gate, at: datetime) -> Q:
    """Not asked alone lately (90 days; 7 to start), or not since that party's newest concern."""
    days = rules().safety_answers_days if gate == Gate.BOOK else rules().safety_answers_days_to_start
    newer_concern = Concern._base_manager.filter(party=OuterRef("party"), raised_at__gt=OuterRef("asked_at"))
    asked = _own(SafetyAnswers).filter(
        ~Exists(newer_concern), asked_alone=True, asked_at__gte=at - timedelta(days=days)
    )
    return PARTICIPANT & ~Q(Exists(asked))


def records_check(gate: Gate, at: datetime) -> Q:
    """Their name not yet matched: no check that was asked for since they joined has been released."""
    done = RecordsCheck._base_manager.filter(
        referral=OuterRef("referral"), asked_at__gte=OuterRef("created_at"), released_at__lte=at
    )
    return ~Q(Exists(done))


def _newest_check() -> QuerySet:
    """The newest full check or check-in of a party that was judged ready."""
    kinds = [ReadinessKind.FULL, ReadinessKind.CHECK_IN]
    newer = ReadinessCheck._base_manager.filter(
        party=OuterRef("party"), kind__in=kinds, completed_at__gt=OuterRef("completed_at")
    )
    return _own(ReadinessCheck).filter(~Exists(newer), kind__in=kinds, judgement=Ready.READY)


def readiness_missing(gate: Gate, at: datetime) -> Q:
    """No readiness check, or the newest was judged not ready."""
    return PARTICIPANT & ~Q(Exists(_newest_check()))


def readiness_expired(gate: Gate, at: datetime) -> Q:
    """Judged ready, but older than 28 days (42 where a manager accepted it); than 7 days to start."""
    if gate == Gate.START:
        fresh = Q(completed_at__gte=at - timedelta(days=rules().readiness_days_to_start))
    else:
        fresh = Q(expires_at__gte=at) | Q(
            accepted_late_at__isnull=False, completed_at__gte=at - timedelta(days=rules().readiness_late_days)
        )
    return PARTICIPANT & Q(Exists(_newest_check())) & ~Q(Exists(_newest_check().filter(fresh)))


def contact_at_risk() -> Q:
    """Past abuse recorded with this party, or a home shared when last asked: contact goes stale sooner."""
    newer = SafetyAnswers._base_manager.filter(party=OuterRef("party"), asked_at__gt=OuterRef("asked_at"))
    shares_home = _own(SafetyAnswers).filter(~Exists(newer), shares_home=True)
    past_abuse = _own(Concern).filter(kind=ConcernKind.PAST_ABUSE, cleared_at__isnull=True)
    return Q(Exists(shares_home)) | Q(Exists(past_abuse))


def safe_contact_missing(gate: Gate, at: datetime) -> Q:
    """No way to reach them that is allowed and confirmed within 90 days; 30 where contact is at risk."""
    confirmed = _own(ContactRoute).filter(replaced_at__isnull=True, allowed=True)
    recent = confirmed.filter(confirmed_at__gte=at - timedelta(days=rules().contact_days))
    very_recent = confirmed.filter(confirmed_at__gte=at - timedelta(days=rules().contact_days_at_risk))
    return PARTICIPANT & (~Q(Exists(recent)) | (contact_at_risk() & ~Q(Exists(very_recent))))


def stop(gate: Gate, at: datetime) -> Q:
    """An open stop concern. Nobody overrides it."""
    return Q(Exists(_own(Concern).filter(kind__in=STOPS, cleared_at__isnull=True)))


def sign_off(gate: Gate, at: datetime) -> Q:
    """An open sign-off concern without a current go, or with steps undone, or older than a newer concern."""
    newer_decision = SignOff._base_manager.filter(
        concern=OuterRef("concern"), decided_at__gt=OuterRef("decided_at")
    )
    newer_concern = Concern._base_manager.filter(
        party=OuterRef("party"), raised_at__gt=OuterRef("decided_at")
    )
    undone = Task._base_manager.filter(blocks=OuterRef("pk"), done_at__isnull=True)
    current = SignOff._base_manager.filter(
        ~Exists(newer_decision),
        ~Exists(newer_concern),
        ~Exists(undone),
        concern=OuterRef("pk"),
        decision__in=[SignOffDecision.GO, SignOffDecision.GO_WITH_STEPS],
        expires_at__gte=at,
    )
    return Q(Exists(_own(Concern).filter(~Exists(current), kind__in=SIGN_OFFS, cleared_at__isnull=True)))


def one_facilitator_for_party(gate: Gate, at: datetime) -> Q:
    """Past abuse, or a child taking part, heard from this party, and fewer than two facilitators."""
    concern = _own(Concern).filter(kind__in=TWO_FACILITATORS, cleared_at__isnull=True)
    return Q(Exists(concern)) & _fewer_than_two_facilitators("referral")


def professional_not_agreed(gate: Gate, at: datetime) -> Q:
    """An invited professional this participant has not agreed to."""
    agreed = current_answers(
        Consent._base_manager.filter(
            party=OuterRef(OuterRef("pk")), purpose=Purpose.PROFESSIONAL, recipient=OuterRef("pk")
        ),
        at,
    ).filter(answer=Answer.YES)
    invited = Invited._base_manager.filter(
        ~Exists(agreed), referral=OuterRef("referral"), left_out_at__isnull=True
    )
    return PARTICIPANT & Q(Exists(invited))


def capacity_in_doubt(gate: Gate, at: datetime) -> Q:
    """A doubt noted with an answer to taking part, and no assessment since that they can decide this."""
    newer = Consent._base_manager.filter(
        party=OuterRef("party"),
        purpose=Purpose.TAKE_PART,
        recipient=OuterRef("recipient"),
        seq__gt=OuterRef("seq"),
    )
    newer_assessment = CapacityAssessment._base_manager.filter(
        party=OuterRef("party"), assessed_at__gt=OuterRef("assessed_at")
    )
    able = CapacityAssessment._base_manager.filter(
        ~Exists(newer_assessment),
        party=OuterRef("party"),
        result=CapacityResult.ABLE,
        assessed_at__gte=OuterRef("taken_at"),
    )
    doubted = _own(Consent).filter(
        ~Exists(newer), ~Exists(able), purpose=Purpose.TAKE_PART, capacity=Capacity.DOUBT
    )
    newest_day = ReadinessCheck._base_manager.filter(
        party=OuterRef("party"), kind=ReadinessKind.DAY, completed_at__gt=OuterRef("completed_at")
    )
    able_since = CapacityAssessment._base_manager.filter(
        party=OuterRef("party"), result=CapacityResult.ABLE, assessed_at__gte=OuterRef("completed_at")
    )
    doubted_today = _own(ReadinessCheck).filter(
        ~Exists(newest_day), ~Exists(able_since), kind=ReadinessKind.DAY, capacity=Capacity.DOUBT
    )
    return Q(Exists(doubted)) | Q(Exists(doubted_today))


def start_of_day(at: datetime) -> datetime:
    """Midnight in London at the start of the day of `at`."""
    local = timezone.localtime(at)
    return timezone.make_aware(datetime.combine(local.date(), time.min), local.tzinfo)


def day_of_check_missing(gate: Gate, at: datetime) -> Q:
    """Not asked today, or today's newest answer was not a yes to each question."""
    newer = ReadinessCheck._base_manager.filter(
        party=OuterRef("party"), kind=ReadinessKind.DAY, completed_at__gt=OuterRef("completed_at")
    )
    today = _own(ReadinessCheck).filter(
        ~Exists(newer),
        kind=ReadinessKind.DAY,
        judgement=Ready.READY,
        completed_at__gte=start_of_day(at),
        completed_at__lte=at,
    )
    return PARTICIPANT & ~Q(Exists(today))


# --- Conditions on referrals ----------------------------------------------------------------------------------


def _facilitators(referral: str) -> QuerySet:
    return Facilitation._base_manager.filter(
        referral=OuterRef(referral), until__isnull=True, part__in=[Part.FACILITATOR, Part.STAND_IN]
    )


def _fewer_than_two_facilitators(referral: str) -> Q:
    another = Facilitation._base_manager.filter(
        ~Q(user=OuterRef("user")),
        referral=OuterRef("referral"),
        until__isnull=True,
        part__in=[Part.FACILITATOR, Part.STAND_IN],
    )
    return ~Q(Exists(_facilitators(referral).filter(Exists(another))))


def too_few_parties(gate: Gate, at: datetime) -> Q:
    """Fewer than two participants."""
    participants = Party._base_manager.filter(
        PARTICIPANT, referral=OuterRef("referral"), left_at__isnull=True
    )
    another = participants.filter(~Q(pk=OuterRef("pk")))
    two = Party._base_manager.filter(
        PARTICIPANT, Exists(another), referral=OuterRef("pk"), left_at__isnull=True
    )
    return ~Q(Exists(two))


def no_facilitator(gate: Gate, at: datetime) -> Q:
    """Nobody is appointed to prepare and run it."""
    return ~Q(Exists(_facilitators("pk")))


def facilitator_not_independent(gate: Gate, at: datetime) -> Q:
    """A facilitator who supports a party, or manages who does, without an accepted second worker from elsewhere."""
    side = Q(keyworker=OuterRef("user")) | Q(keyworker__team__manager=OuterRef("user"))
    supports = Party._base_manager.filter(side, referral=OuterRef("referral"), left_at__isnull=True)
    accepted = current_answers(
        Consent._base_manager.filter(
            party=OuterRef("pk"), purpose=Purpose.SECOND_WORKER, recipient=OuterRef(OuterRef("user"))
        ),
        at,
    ).filter(answer=Answer.YES)
    facilitator = OuterRef(OuterRef("user"))
    other_without_yes = Party._base_manager.filter(
        PARTICIPANT,
        Q(keyworker__isnull=True)
        | (
            ~Q(keyworker=facilitator)
            & (Q(keyworker__team__manager__isnull=True) | ~Q(keyworker__team__manager=facilitator))
        ),
        ~Exists(accepted),
        referral=OuterRef("referral"),
        left_at__isnull=True,
    )
    second = Facilitation._base_manager.filter(
        ~Q(user__team=OuterRef("user__team"))
        | Q(user__team__isnull=True)
        | ~Q(user__organisation=OuterRef("user__organisation")),
        ~Exists(other_without_yes),
        referral=OuterRef("referral"),
        part=Part.SECOND_WORKER,
        until__isnull=True,
    )
    return Q(Exists(_facilitators("pk").filter(Exists(supports), ~Exists(second))))


def one_facilitator(gate: Gate, at: datetime) -> Q:
    """A family meeting with one facilitator."""
    return Q(kind=Kind.FAMILY) & _fewer_than_two_facilitators("pk")


def not_suitable_yet(gate: Gate, at: datetime) -> Q:
    """The newest decision is not 'suitable now', or there is none."""
    newer = Suitability._base_manager.filter(
        referral=OuterRef("referral"), decided_at__gt=OuterRef("decided_at")
    )
    suitable = Suitability._base_manager.filter(
        ~Exists(newer), referral=OuterRef("pk"), decision=Suitable.YES
    )
    return ~Q(Exists(suitable))


START = (Gate.START,)
CODES: tuple[Code, ...] = (
    Code("stop", party=stop, party_sentence="A safety concern with {name} stops this going ahead."),
    Code("consent_missing", party=consent_missing, party_sentence="{name} has not said yes to taking part."),
    Code(
        "consent_not_heard",
        party=consent_not_heard,
        party_sentence="{name}’s yes has not been heard by a worker, from them alone.",
    ),
    Code(
        "wording_not_approved",
        party=wording_not_approved,
        party_sentence="Nobody has approved the words used to reach {name}.",
    ),
    Code(
        "capacity_in_doubt",
        party=capacity_in_doubt,
        party_sentence="There is a doubt whether {name} can decide this.",
    ),
    Code(
        "safety_not_asked",
        party=safety_not_asked,
        party_sentence="{name} has not been asked the safety questions, alone, recently enough.",
    ),
    Code("sign_off", party=sign_off, party_sentence="A concern with {name} waits to be signed off."),
    Code(
        "readiness_missing",
        party=readiness_missing,
        party_sentence="Not yet the right time for {name}, or not yet asked.",
    ),
    Code(
        "readiness_expired",
        party=readiness_expired,
        party_sentence="{name} was asked whether it is the right time too long ago.",
    ),
    Code("not_prepared", party=not_prepared, party_sentence="No preparation has been held with {name}."),
    Code(
        "safe_contact_missing",
        party=safe_contact_missing,
        party_sentence="No safe way to reach {name} has been confirmed recently enough.",
    ),
    Code(
        "too_few_parties",
        referral=too_few_parties,
        referral_sentence="There are fewer than two people taking part.",
    ),
    Code(
        "not_suitable_yet",
        referral=not_suitable_yet,
        referral_sentence="Nobody has decided that this is suitable now.",
    ),
    Code("records_check", party=records_check, party_sentence="The records check is waiting."),
    Code("no_facilitator", referral=no_facilitator, referral_sentence="No facilitator has been appointed."),
    Code(
        "facilitator_not_independent",
        referral=facilitator_not_independent,
        referral_sentence="The facilitator supports someone here, or manages who does. A second worker from "
        "another team is needed, whom the others accept.",
    ),
    Code(
        "one_facilitator",
        party=one_facilitator_for_party,
        party_sentence="What is recorded about {name} means that two facilitators are needed.",
        referral=one_facilitator,
        referral_sentence="A family meeting needs two facilitators.",
    ),
    Code(
        "professional_not_agreed",
        gates=START,
        party=professional_not_agreed,
        party_sentence="{name} has not agreed to an invited professional being there.",
    ),
    Code(
        "day_of_check_missing",
        gates=START,
        party=day_of_check_missing,
        party_sentence="{name} has not been asked today: well enough, safe, still yes?",
    ),
)
BY_KEY = {code.key: code for code in CODES}


def with_party_blockers(parties: QuerySet, gate: Gate, at: datetime) -> QuerySet:
    """Adds `blocked_<code>` for each party code of the gate (one query whatever the number of parties)."""
    return parties.annotate(
        **{
            f"blocked_{code.key}": Case(When(code.party(gate, at), then=Value(True)), default=Value(False))
            for code in CODES
            if code.party and gate in code.gates
        }
    )


def with_blockers(referrals: QuerySet, gate: Gate, at: datetime) -> QuerySet:
    """Adds `blocked`: whether anything stands in the way at this gate. On all facts: never show it as it is."""
    present = Party._base_manager.filter(referral=OuterRef("pk"), left_at__isnull=True)
    holds = Q(pk__in=[])
    for code in CODES:
        if gate not in code.gates:
            continue
        if code.party:
            holds |= Q(Exists(present.filter(code.party(gate, at))))
        if code.referral:
            holds |= code.referral(gate, at)
    return referrals.annotate(blocked=Case(When(holds, then=Value(True)), default=Value(False)))


def blockers(referral: Referral, gate: Gate, at: datetime) -> list[Blocker]:
    """Everything that stands in the way at a gate, on all facts (two queries). Empty means it may go ahead."""
    codes = [code for code in CODES if gate in code.gates]
    flags = {
        f"blocked_{code.key}": Case(When(code.referral(gate, at), then=Value(True)), default=Value(False))
        for code in codes
        if code.referral
    }
    whole = Referral._base_manager.filter(pk=referral.pk).annotate(**flags).values(*flags).get()
    parties = list(
        with_party_blockers(
            Party._base_manager.filter(referral=referral, left_at__isnull=True), gate, at
        ).order_by("created_at", "id")
    )
    found = []
    for code in codes:
        if code.referral and whole[f"blocked_{code.key}"]:
            found.append(Blocker(code.key))
        if code.party:
            found += [
                Blocker(code.key, party.pk) for party in parties if getattr(party, f"blocked_{code.key}")
            ]
    return found


@dataclass(frozen=True)
class ShownBlocker:
    """A row of 'What stands in the way' as one person may see it. `code` and `party` are empty for a sealed one."""

    sentence: str
    code: str = ""
    party: Party | None = None


SEALED_SENTENCE = "Something is not settled yet with {them}."
WORDS_SENTENCE = "{name} has not approved the words used to reach the other person."
# Known to all who see the shell, whichever party they hold for.
SHELL_CODES = frozenset({"records_check"})
# Shown to safeguarding leads who open only concerns and safety answers.
SAFETY_CODES = frozenset({"stop", "sign_off", "safety_not_asked"})


def shown_to(
    found: Iterable[Blocker], parties: Iterable[Party], *, stands: frozenset = frozenset()
) -> list[ShownBlocker]:
    """What one person may see of `found`. `parties` carry what with_opened adds for that person.

    Codes of the shell and of opened compartments are named. Everything sealed is one row that tells neither
    cause, number nor owner. `stands` names parties that must be shown as they stood at booking, because something
    of theirs waits for release: only what every party still has to do on the day is counted for them.
    """
    by_id = {party.pk: party for party in parties}
    rows: list[ShownBlocker] = []
    sealed: set[UUID] = set()
    for blocker in found:
        code = BY_KEY[blocker.code]
        party = by_id.get(blocker.party_id)
        if party is None or code.key in SHELL_CODES:
            row = ShownBlocker(code.referral_sentence or code.party_sentence, code.key)
        elif code.key == "wording_not_approved" and (approver := _approver(party, by_id.values())):
            row = ShownBlocker(WORDS_SENTENCE.format(name=approver.known_as), code.key, approver)
        elif party.opened or (party.opened_safety and code.key in SAFETY_CODES):
            row = ShownBlocker(code.party_sentence.format(name=party.known_as), code.key, party)
        else:
            if party.pk not in stands or code.gates == START:
                sealed.add(party.pk)
            continue
        if row not in rows:
            rows.append(row)
    if sealed:
        others = [party for party in by_id.values() if not party.opened]
        them = "the other person" if len(others) == 1 else "another person"
        rows.append(ShownBlocker(SEALED_SENTENCE.format(them=them)))
    return rows


def _approver(approached: Party, parties: Iterable[Party]) -> Party | None:
    """Who is asked to approve the words: an opened party who asked first, and is not the one approached."""
    return next((party for party in parties if party.asked_first and party.pk != approached.pk), None)
