"""Facts as one user may see them: names, cells, rows and sentences for templates. Nothing here writes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from referrals.disclosure import approved_words
from referrals.enums import Kind, Part, Place, Stage
from referrals.facts import Facts, facts_of
from referrals.models import Consent, Involvement, Party, Referral
from referrals.models.party import Placed
from referrals.querysets import PartyQuerySet
from referrals.querysets_rules import Within
from restorative.accounts.models import User
from restorative.common import clock

OTHER = "The other person"


@dataclass(frozen=True)
class Step:
    """The step that a page suggests, and the page where it is taken."""

    heading: str
    text: str = ""
    action_text: str = ""
    action_href: str = ""

    @classmethod
    def next(cls, heading: str, *rest: str) -> Self:
        return cls(f"Next: {heading}", *rest)


# Appended to a form's URL: the form and its link back return to the referral.
AND_BACK = "?from=referral"


@dataclass(frozen=True)
class Named(Placed):
    """What the name of a party needs, and who supports them: for lists, where whole rows cost most of the page."""

    pk: UUID
    referral_id: UUID
    place: str
    known_as: str
    named_by_id: UUID | None
    keyworker_id: UUID | None
    keyworker_name: str | None
    opened: bool


def read_names(here: User | Within, referrals: Collection[UUID]) -> dict[UUID, list[Named]]:
    """The parties of some referrals, as far as the user sees them; in one query."""
    columns = (
        "pk",
        "referral",
        "place",
        "known_as",
        "named_by",
        "keyworker",
        "keyworker__first_name",
        "opened",
    )
    rows = _parties_of(referrals, here).with_names(here)
    found: dict[UUID, list[Named]] = {key: [] for key in referrals}
    for values in rows.values_list(*columns):
        party = Named(*values)
        found[party.referral_id].append(party)
    return found


def _parties_of(referrals: Collection[UUID], here: User | Within) -> PartyQuerySet:
    """The parties of some referrals. Two conditions on one column would make PostgreSQL try each pair of their ids."""
    if isinstance(here, Within):
        return Party.objects.visible_to(here.only(referrals)).present()
    return Party.objects.visible_to(here).filter(referral__in=referrals).present()


def shown_name(party: Party | Named, user: User) -> str:
    """The first name of a party if the user's own side gave it, otherwise their place ('The other person').

    `party` carries `opened` (see with_opened). A person belongs to one organisation and is named to no other; a
    supporter is sealed with their participant.
    """
    own_side_gave = party.named_by_id == user.organisation_id and not party.is_supporter
    if party.opened or own_side_gave:
        return party.known_as
    return OTHER


def names_of(parties: Iterable[Party | Named], user: User) -> str:
    """'Sam and Jo', 'Sam and the other person', 'Ravi, Meena and Nan': participants, the person first."""
    people = sorted(
        (party for party in parties if not party.is_supporter), key=lambda party: not party.is_own_place
    )
    names = list(dict.fromkeys(shown_name(party, user) for party in people))
    if not names:
        return "Nobody yet"
    names = [names[0], *(name.lower() if name == OTHER else name for name in names[1:])]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def within(referral: Referral, user: User) -> Within:
    """What this user sees and opens of a referral; read once per request and cached on the referral."""
    cached: Within | None = getattr(referral, "_within", None)
    if cached is None or cached.pk != user.pk:
        cached = referral._within = Within.of(user, pk=referral.pk)
    return cached


def facts_for(referral: Referral, at: datetime) -> Facts:
    """The facts of a referral at a moment; read once per request and cached on the referral."""
    cached: Facts | None = getattr(referral, "_facts", None)
    if cached is None:
        cached = referral._facts = facts_of(referral.pk, at)
    return cached if cached.at == at else cached.moved_to(at)


def parties_for(referral: Referral, user: User) -> list[Party]:
    """The parties of a referral as the user sees them, with `opened`; read once per request and cached on the
    referral."""
    cached = getattr(referral, "_parties_for", None)
    if cached is None or cached[0] != user.pk:
        here = within(referral, user)
        rows = Party.objects.visible_to(here).present().with_opened(here)
        rows = rows.select_related("person", "keyworker", "organisation")
        cached = (user.pk, list(rows))
        referral._parties_for = cached
    return cached[1]


def facilitators_of(referral: Referral, user: User) -> list[Involvement]:
    """Workers with a current meeting part; read once per request and cached on the referral."""
    if not hasattr(referral, "_facilitations"):
        referral._facilitations = list(
            Involvement.objects.visible_to(within(referral, user))
            .named(clock.now())
            .select_related("user", "user__organisation")
        )
    return [row for row in referral._facilitations if row.part != Part.STAND_IN or row.since <= clock.now()]


def standing_in(referral: Referral, user: User) -> list[Involvement]:
    """Stand-ins whose day is still to come."""
    facilitators_of(referral, user)
    now = clock.now()
    return [row for row in referral._facilitations if row.part == Part.STAND_IN and row.since > now]


def lower_first(text: str) -> str:
    """The same, to go on a sentence: 'said yes'."""
    return text[:1].lower() + text[1:]


def you_or_name(person: User, user: User) -> str:
    """'you', or their first name."""
    return "you" if person.pk == user.pk else person.first_name


def identity(referral: Referral, user: User) -> dict[str, Any]:
    """The identity bar of a referral's pages."""
    running = [row for row in facilitators_of(referral, user) if row.part != Part.SECOND_WORKER]
    facts = [
        referral.reference,
        str(Kind(referral.kind).label) if referral.kind != Kind.NOT_SURE else "Kind not decided yet",
        f"Lead: {you_or_name(referral.lead, user)}",
        "Facilitator: " + (", ".join(you_or_name(row.user, user) for row in running) or "nobody yet"),
        f"Logged {clock.show_day(referral.logged_at)}",
    ]
    return {"name": names_of(parties_for(referral, user), user), "facts": facts}


STRIP = (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED, Stage.FOLLOW_UP, Stage.CLOSED)


def words_agreed(party: Party, user: User) -> tuple[str, ...]:
    """The exact words that others approved for reaching a party, as far as this user may know."""
    facts, here = facts_for(party.referral, clock.now()), within(party.referral, user)
    keys = approved_words(facts, party.pk, here.opened)
    return tuple(row.wording for row in Consent.objects.words_of(keys)) if keys else ()


def stage_strip(shown_stage: str, paused_from: str = "") -> list[dict[str, str]]:
    """The five stages, with the referral's stage as shown to this user."""
    stage = Stage(paused_from or Stage.PREPARING) if shown_stage == Stage.PAUSED else Stage(shown_stage)
    here = STRIP.index(stage)
    return [
        {
            "label": str(each.label),
            "state": "done" if index < here else "current" if index == here else "next",
        }
        for index, each in enumerate(STRIP)
    ]


def place_of(party: Party) -> str:
    """'person in treatment', or 'supporter of Jo'."""
    return str(Place(party.place).label)


def prefetch_parties(referrals: list[Referral], here: Within) -> None:
    """Read the parties of a page of referrals in one query, and cache them on each (see parties_for)."""
    by_referral: dict = {referral.pk: [] for referral in referrals}
    rows = _parties_of(by_referral, here).with_opened(here)
    # Lists show no narrative, so that none is decrypted.
    rows = rows.select_related("person", "keyworker").defer("hoped_for", "person__access_needs")
    for party in rows:
        by_referral[party.referral_id].append(party)
    for referral in referrals:
        referral._parties_for = (here.pk, by_referral[referral.pk])
