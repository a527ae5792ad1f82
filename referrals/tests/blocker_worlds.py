"""Made-up worlds for test_blockers_by_hand.py: parties, answers and concerns, and both as rows."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from hypothesis import strategies as st

from meetings.demo.staff import Staff
from referrals.enums import (
    MEETING_PARTS,
    NOBODY,
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Kind,
    Part,
    Place,
    Purpose,
    ReadinessKind,
    Ready,
    RouteKind,
    SignOffDecision,
    Suitable,
    TaskKind,
)
from referrals.models import (
    Approach,
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    InformationSheet,
    Invited,
    Involvement,
    Party,
    Person,
    Preparation,
    ReadinessCheck,
    RecordsCheck,
    Referral,
    SafetyAnswers,
    SignOff,
    Suitability,
    Task,
)
from restorative.common import clock
from tests.world import NOW as TEN

# In UTC, so that a day is always 24 hours, also when the clocks change.
NOW = TEN.astimezone(UTC)
INSTANT = timedelta(microseconds=1)
KEYS = ("asha", "kit", "fay", "mo", "sal", "wes", "carol")
ANY = st.sampled_from(KEYS)


# Ages: on either side of each limit in the rules, and some others.
AGES = st.builds(
    lambda days, nudge: timedelta(days=days) + nudge,
    st.sampled_from([0, 0, 1, 1, 3, 7, 7, 28, 30, 42, 56, 90]),
    st.sampled_from([timedelta(), INSTANT, -INSTANT, timedelta(hours=10), timedelta(hours=11)]),
).map(lambda age: max(age, timedelta()))
MOSTLY = st.sampled_from([True, True, True, False])
SELDOM = st.sampled_from([False, False, False, True])


def some(*, most: int = 2, **parts: Any) -> st.SearchStrategy:
    """A few rows, each a dict of its parts."""
    return st.lists(st.fixed_dictionaries(parts), max_size=most)


ANSWERS = st.sampled_from([Answer.YES, Answer.YES, Answer.YES, *Answer])
SAID = {
    "answer": ANSWERS,
    "heard": MOSTLY,
    "age": AGES,
    "doubt": SELDOM,
    # Counts from a future day; has expired; was given on a sheet that has changed, or changes tomorrow.
    "counts": st.sampled_from([-1, -1, -1, 0, 1]),
    "expires": st.sampled_from([30, 30, 30, 1, 0, -1]),
    "sheet": st.sampled_from(["plain", "plain", "plain", "changed", "changes"]),
}
SIGNED = some(
    decision=st.sampled_from(SignOffDecision), age=AGES, by=ANY, step=st.sampled_from(["", "done", "open"])
)


@dataclass
class Side:
    """One person, with all their rows."""

    supporter: bool
    left: bool
    died: bool
    joined: timedelta
    keyworker: str | None
    approach: str
    take_part: list[dict]
    # The recipients of consents: a worker, a professional, or a party for the words.
    accepts: list[dict]
    words: list[dict]
    agrees: list[dict]
    safety: list[dict]
    checks: list[dict]
    concerns: list[dict]
    assessed: list[dict]
    routes: list[dict]
    prepared: list[timedelta]


@dataclass
class Made:
    """A referral, its people, and its own rows."""

    kind: Kind
    sides: list[Side]
    parts: dict[str, tuple[Part, bool]]
    supported: list[str]
    suitable: list[dict]
    records: list[dict]
    invited: bool | None


sides = st.builds(
    Side,
    supporter=SELDOM,
    left=SELDOM,
    died=SELDOM,
    joined=AGES,
    keyworker=st.none() | ANY,
    approach=st.sampled_from(["", "tried", "asked first", "told"]),
    take_part=some(**SAID),
    accepts=some(whom=ANY, **SAID),
    words=some(most=1, about=st.integers(0, 2), **SAID),
    agrees=some(most=1, **SAID),
    safety=some(alone=MOSTLY, shares=SELDOM, age=AGES),
    checks=some(
        most=3,
        kind=st.sampled_from([ReadinessKind.DAY, *ReadinessKind]),
        ready=MOSTLY,
        doubt=SELDOM,
        late=st.booleans(),
        age=AGES,
    ),
    concerns=some(
        kind=st.sampled_from(
            [ConcernKind.THREATS, ConcernKind.LAPSE, ConcernKind.PAST_ABUSE, ConcernKind.CHILD]
        ),
        cleared=st.booleans(),
        age=AGES,
        signed=SIGNED,
    ),
    assessed=some(able=MOSTLY, age=AGES),
    routes=some(
        kind=st.sampled_from([RouteKind.PHONE, RouteKind.TEXT]),
        allowed=MOSTLY,
        replaced=SELDOM,
        age=st.none() | AGES,
    ),
    prepared=st.lists(AGES | st.just(-timedelta(days=1)), max_size=2),
)
worlds = st.builds(
    Made,
    kind=st.sampled_from(Kind),
    sides=st.lists(sides, min_size=1, max_size=3),
    parts=st.dictionaries(ANY, st.tuples(st.sampled_from(MEETING_PARTS), MOSTLY), max_size=3),
    supported=st.lists(ANY, max_size=1),
    suitable=some(decision=st.sampled_from([Suitable.YES, *Suitable]), age=AGES),
    records=some(asked=AGES, released=st.none() | AGES | st.just(-timedelta(days=1))),
    invited=st.none() | st.booleans(),
)


class Written:
    """A made-up world, written as rows."""

    def __init__(self, made: Made, staff: Staff) -> None:
        self.staff, self.house, self.new = staff, staff["asha"].organisation, {"created_at": NOW}
        self.sheets = {
            name: InformationSheet.objects.create(
                version=900 + number, words="-", published_at=NOW, materially_changed_at=changed, **self.new
            )
            for number, (name, changed) in enumerate(
                {"plain": None, "changed": NOW - INSTANT, "changes": NOW + timedelta(days=1)}.items()
            )
        }
        self.referral = Referral.objects.create(
            kind=made.kind,
            lead=staff["asha"],
            lead_organisation=self.house,
            logged_at=NOW,
            last_activity_at=NOW,
            **self.new,
        )
        self.parties: list[Party] = []
        for each in made.sides:
            self.parties.append(self.party(each))
        for user, (part, runs) in made.parts.items():
            self.row(
                Involvement,
                referral=self.referral,
                user=staff[user],
                part=part,
                since=NOW - timedelta(days=1),
                until=None if runs else NOW,
            )
        for user in made.supported:
            self.works(user, Part.COVER, party=self.parties[0], until=NOW)
        self.works("asha", Part.LEAD)
        for each in made.suitable:
            self.row(
                Suitability,
                referral=self.referral,
                decision=each["decision"],
                reason="-",
                decided_at=NOW - each["age"],
                decided_by=staff["asha"],
            )
        for each in made.records:
            done = None if each["released"] is None else NOW - each["released"]
            self.row(
                RecordsCheck,
                referral=self.referral,
                asked_at=NOW - each["asked"],
                asked_by=staff["asha"],
                released_at=done,
                released_by=done and staff["sal"],
            )
        self.invited = None
        if made.invited is not None:
            self.invited = self.row(
                Invited,
                referral=self.referral,
                party=self.parties[0],
                name="Robin",
                organisation="A surgery",
                role="Nurse",
                left_out_at=NOW if made.invited else None,
            )
        for each, party in zip(made.sides, self.parties, strict=True):
            self.about(each, party)

    def works(self, who: str, part: Part, **facts: Any) -> None:
        self.row(
            Involvement, referral=self.referral, user=self.staff[who], part=part, **{"since": NOW, **facts}
        )

    def row(self, model: Any, **facts: Any) -> Any:
        return model.objects.create(**self.new, **facts)

    def party(self, side: Side) -> Party:
        died = {"died_on": NOW.date(), "died_recorded_at": NOW, "died_recorded_by": self.staff["asha"]}
        beside = self.parties[0] if side.supporter and self.parties else None
        party = Party.objects.create(
            referral=self.referral,
            person=self.row(Person, organisation=self.house, given="Sam", **(died if side.died else {})),
            place=Place.SUPPORTER if beside else Place.PARTNER,
            beside=beside,
            known_as="Sam",
            organisation=self.house,
            named_by=self.house,
            keyworker=self.staff[side.keyworker] if side.keyworker else None,
            left_at=NOW if side.left else None,
            left_by=self.staff["asha"] if side.left else None,
            created_at=NOW - side.joined,
        )
        if side.keyworker and not beside:
            self.works(side.keyworker, Part.KEYWORKER, party=party)
        return party

    def said(self, party: Party, purpose: Purpose, recipient: Any, said: list[dict]) -> None:
        before = (
            Consent.objects.unscoped("test").filter(party=party, purpose=purpose, recipient=recipient).count()
        )
        for seq, each in enumerate(said, before + 1):
            self.row(
                Consent,
                party=party,
                purpose=purpose,
                recipient=recipient,
                seq=seq,
                answer=each["answer"],
                heard_alone_at=NOW if each["heard"] else None,
                heard_alone_by=self.staff["asha"] if each["heard"] else None,
                sheet=self.sheets[each["sheet"]],
                how="phone",
                capacity=Capacity.DOUBT if each["doubt"] else Capacity.CLEAR,
                counts_from=NOW + each["counts"] * INSTANT,
                expires_on=clock.today() + timedelta(days=each["expires"]),
                taken_at=NOW - each["age"],
            )

    def about(self, side: Side, party: Party) -> None:
        by = self.staff["kit"]
        self.said(party, Purpose.TAKE_PART, NOBODY, side.take_part)
        for each in side.accepts:
            self.said(party, Purpose.SECOND_WORKER, self.staff[each["whom"]].pk, [each])
        for each in side.words:
            self.said(party, Purpose.WORDS, self.parties[each["about"] % len(self.parties)].pk, [each])
        if self.invited:
            self.said(party, Purpose.PROFESSIONAL, self.invited.pk, side.agrees)
        if side.approach:
            first, told = side.approach == "asked first", side.approach == "told"
            self.row(Approach, party=party, asked_first=first, told_unprompted=told)
        for each in side.safety:
            facts = {"asked_alone": each["alone"], "shares_home": each["shares"], "asked_by": by}
            self.row(SafetyAnswers, party=party, asked_at=NOW - each["age"], **facts)
        for each in side.checks:
            self.check(each, party)
        for each in side.concerns:
            self.concern(each, party)
        for each in side.assessed:
            self.row(
                CapacityAssessment,
                party=party,
                help_given="-",
                result=CapacityResult.ABLE if each["able"] else CapacityResult.NOT_ABLE,
                assessed_at=NOW - each["age"],
                assessed_by=by,
            )
        current = set()
        for each in side.routes:
            replaced = each["replaced"] or each["kind"] in current
            current |= set() if replaced else {each["kind"]}
            confirmed = None if each["age"] is None else NOW - each["age"]
            self.row(
                ContactRoute,
                party=party,
                kind=each["kind"],
                allowed=each["allowed"],
                read_by_others=False,
                confirmed_at=confirmed,
                confirmed_by=confirmed and by,
                replaced_at=NOW if replaced else None,
            )
        for age in side.prepared:
            self.row(Preparation, party=party, format="phone", held_at=NOW - age, held_by=by)

    def check(self, each: dict, party: Party) -> None:
        judged = Ready.READY if each["ready"] else Ready.NOT_YET
        done = NOW - each["age"]
        self.row(
            ReadinessCheck,
            party=party,
            kind=each["kind"],
            result=judged,
            judgement=judged,
            capacity=Capacity.DOUBT if each["doubt"] else Capacity.CLEAR,
            completed_at=done,
            completed_by=self.staff["kit"],
            expires_at=done + timedelta(days=28),
            accepted_late_at=NOW if each["late"] else None,
            accepted_late_by=self.staff["mo"] if each["late"] else None,
        )

    def concern(self, each: dict, party: Party) -> None:
        concern = self.row(
            Concern,
            party=party,
            kind=each["kind"],
            raised_at=NOW - each["age"],
            raised_by=self.staff["kit"],
            cleared_at=NOW if each["cleared"] else None,
            cleared_by=self.staff["sal"] if each["cleared"] else None,
        )
        for signed in each["signed"]:
            decided = NOW - signed["age"]
            row = self.row(
                SignOff,
                concern=concern,
                party=party,
                decision=signed["decision"],
                reason="-",
                decided_at=decided,
                decided_by=self.staff[signed["by"]],
                expires_at=decided + timedelta(days=56),
            )
            if signed["step"]:
                done = signed["step"] == "done"
                self.row(
                    Task,
                    referral=self.referral,
                    party=party,
                    assignee=self.staff["kit"],
                    kind=TaskKind.STEP,
                    words="-",
                    due_on=NOW.date(),
                    blocks=row,
                    done_at=NOW if done else None,
                    done_by=self.staff["kit"] if done else None,
                )
