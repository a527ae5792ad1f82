"""The consent questions that one person can be asked now, with their earlier answers; and the known contact route.
Forms lay them out; actions apply the answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from referrals import presenters
from referrals.enums import Answer, How, Part, Purpose, RouteKind
from referrals.forms import words
from referrals.forms.agreeing import Ask
from referrals.forms.parts import ALOUD, INTERPRETER
from referrals.models import (
    Approach,
    Consent,
    ContactRoute,
    InformationSheet,
    Invited,
    Involvement,
    Party,
    Preparation,
)
from referrals.presenters import needs
from restorative.accounts.models import Organisation, User
from restorative.common import clock
from restorative.common.formfields import show_phone
from restorative.common.forms import Whom

Key = tuple[str, UUID]


@dataclass
class Answered:
    """One person's answers so far, by purpose and recipient."""

    newest: dict[Key, Consent]
    withdrew: set[Key]

    def told(self, purpose: Purpose, recipient: UUID) -> str:
        """'Yes on Tue 3 March, in person', or '' if it was not asked."""
        row = self.newest.get((purpose, recipient))
        if row is None:
            return ""
        how = str(How(row.how).label).lower()
        return f"So far: {str(Answer(row.answer).label).lower()}, {clock.show_day(row.taken_at)}, {how}."


def answered(party: Party, user: User) -> Answered:
    """Read every answer of a party once."""
    newest: dict[Key, Consent] = {}
    withdrew: set[Key] = set()
    rows = Consent.objects.visible_to(user).filter(party=party).select_related("sheet").order_by("seq")
    for row in rows:
        key = (row.purpose, row.recipient)
        newest[key] = row
        if row.answer == Answer.WITHDRAWN:
            withdrew.add(key)
        elif row.answer == Answer.YES:
            withdrew.discard(key)
    return Answered(newest, withdrew)


def holds(row: Consent | None, at: datetime) -> bool:
    """Whether this answer is a yes that counts, or will after its two days."""
    return (
        row is not None
        and row.answer == Answer.YES
        and row.expires_on >= clock.today(at)
        and row.heard_alone_at is not None
        and not (row.sheet.materially_changed_at and row.sheet.materially_changed_at <= at)
    )


def helped_before(party: Party, user: User) -> list[str]:
    """The help they had when last asked, as initial checkboxes."""
    aloud, interpreter = needs.helped_before(party, user)
    return [kind for kind, so in ((ALOUD, aloud), (INTERPRETER, interpreter)) if so]


def what_is_told() -> dict[str, str]:
    """The text of the newest information sheet, to be read aloud before the questions; {} if there is none."""
    sheet = InformationSheet.objects.order_by("-version").first()
    if sheet is None:
        return {}
    return {
        "words": sheet.words,
        "about": f"Version {sheet.version}, since {clock.show_day(sheet.published_at)}",
    }


def asks_for(
    party: Party, whom: Whom, user: User, so_far: Answered, at: datetime, share: str = ""
) -> list[Ask]:
    """Each question for this party now, in page order. `share` is the key of one more organisation."""
    found = []
    running = presenters.facilitators_of(party.referral, user)
    for ask in _asks(party, whom, user, running, so_far, share):
        key = (ask.purpose, ask.recipient)
        found.append(
            replace(
                ask,
                needed=ask.purpose in (Purpose.TAKE_PART, Purpose.WORDS)
                and not holds(so_far.newest.get(key), at),
                told=so_far.told(*key),
                came_back=key in so_far.withdrew,
            )
        )
    return found


def _asks(
    party: Party, whom: Whom, user: User, running: list[Involvement], so_far: Answered, share: str
) -> Iterator[Ask]:
    yield _plain(Purpose.TAKE_PART, whom)
    if not party.is_supporter:
        yield from _words(party, user, running, so_far)
        yield from _carrying(party, user)
    for purpose in (Purpose.SIGHT, Purpose.EVALUATION, Purpose.SHOW_WORKER):
        yield _plain(purpose, whom)
    named = [*running, *presenters.standing_in(party.referral, user)]
    yield from _sharing(party, whom, named)
    yield from _sharing_with_others(party, whom, running, so_far, share)
    yield from _professionals(party, user)
    for row in named:
        first = row.user.first_name
        if row.part == Part.STAND_IN:
            say = (
                f"“The usual worker cannot be there. {first} would be, for that day only. Is that all right?”"
            )
            yield Ask(Purpose.SECOND_WORKER, f"{first}, standing in on the day", say, row.user_id)
        elif row.part == Part.SECOND_WORKER:
            say = (
                f"“{first} would be there too, so that there is somebody for each of you. Is that all right?”"
            )
            yield Ask(Purpose.SECOND_WORKER, f"{first} as a second worker", say, row.user_id)


def _plain(purpose: Purpose, whom: Whom) -> Ask:
    question = words.CONSENT[purpose]
    return Ask(purpose, whom.fit(question.label), whom.fit(question.say))


def _to(other: Party, user: User) -> str:
    """'Jo', or 'the other person' in the middle of a sentence."""
    named = presenters.shown_name(other, user)
    return named if named != presenters.OTHER else named.lower()


def _words(party: Party, user: User, running: list[Involvement], so_far: Answered) -> Iterator[Ask]:
    """The exact words to reach each other person who needs them, for the party who asked first to approve."""
    people = presenters.parties_for(party.referral, user)
    if not any(each.pk == party.pk and each.asked_first for each in people):
        return
    exempt = set(
        Approach.objects.visible_to(user)
        .filter(party__in=[each.pk for each in people if each.opened], told_unprompted=True)
        .values_list("party", flat=True)
    )
    for other in people:
        if other.pk == party.pk or other.is_supporter or other.asked_first or other.pk in exempt:
            continue
        before = so_far.newest.get((Purpose.WORDS, other.pk))
        exact = before.wording if before is not None else ""
        exact = exact or _starter(party, presenters.shown_name(other, user), user, running)
        label = f"These words to reach {_to(other, user)}"
        yield Ask(Purpose.WORDS, label, f"“{words.TO_THE_OTHER}”", other.pk, words=exact)


def _carrying(party: Party, user: User) -> Iterator[Ask]:
    """What they said in preparation that may be carried: asked for each person it would be carried to."""
    prepared = Preparation.objects.visible_to(user).filter(party=party).order_by("held_at", "pk").last()
    if prepared is None or not prepared.may_carry:
        return
    for other in presenters.parties_for(party.referral, user):
        if other.pk != party.pk and not other.is_supporter:
            label, say = (
                f"Carrying these words to {_to(other, user)}",
                "“May I tell them this, in these words?”",
            )
            yield Ask(Purpose.CARRY, label, say, other.pk, words=prepared.may_carry)


def _starter(party: Party, named: str, user: User, running: list[Involvement]) -> str:
    """Suggested words: the facilitator rings, or the worker who is writing."""
    caller = next((row.user.first_name for row in running if row.part != Part.SECOND_WORKER), user.first_name)
    text = words.STARTER.format(other=named, worker=caller, name=party.known_as)
    return text.replace(f"Hello {presenters.OTHER},", "Hello,")


def _sharing(party: Party, whom: Whom, running: Iterable[Involvement]) -> Iterator[Ask]:
    """Sharing with each other organisation that a facilitator here belongs to."""
    seen = {party.organisation_id}
    for row in running:
        organisation, first = row.user.organisation, row.user.first_name
        if organisation.pk in seen:
            continue
        seen.add(organisation.pk)
        say = (
            f"“{first} from {organisation.name} would help to prepare and run the meeting. "
            f"May {first} know what you tell me?”"
        )
        yield _share(organisation, whom, say)


def _share(organisation: Organisation, whom: Whom, say: str) -> Ask:
    return Ask(Purpose.SHARE, f"Sharing what {whom.name} says with {organisation.name}", say, organisation.pk)


def _sharing_with_others(
    party: Party, whom: Whom, running: Iterable[Involvement], so_far: Answered, share: str
) -> Iterator[Ask]:
    """Sharing with an organisation that is to be sent a request, or that they were asked about before."""
    before = [recipient for purpose, recipient in so_far.newest if purpose == Purpose.SHARE]
    if not before and not share:
        return
    known = {party.organisation_id, *(row.user.organisation_id for row in running)}
    rows = Organisation.objects.filter(Q(pk__in=before) | Q(key=share)).exclude(pk__in=known)
    for organisation in rows:
        say = (
            f"“{organisation.name} could help with this. Before we ask them: may they know who you are, how to reach "
            "you and what this is about? You can say no, and it changes nothing.”"
        )
        yield _share(organisation, whom, say)


def _professionals(party: Party, user: User) -> Iterator[Ask]:
    invited = Invited.objects.visible_to(user).filter(referral=party.referral_id, left_out_at__isnull=True)
    for row in invited:
        say = (
            f"“{row.name} is a {row.role.lower()} at {row.organisation}. Would it be all right if they came?”"
        )
        yield Ask(Purpose.PROFESSIONAL, f"{row.name} being there ({row.role})", say, row.pk)


def route_so_far(party: Party, user: User, kind: str = "") -> dict[str, str]:
    """The known contact route, as initial values; {} if there is none."""
    routes = ContactRoute.objects.visible_to(user).filter(party=party, replaced_at__isnull=True)
    if kind in RouteKind.values:
        routes = routes.filter(kind=kind)
    row = max(routes, key=lambda each: (each.allowed, each.created_at), default=None)
    if row is None:
        return {"kind": kind} if kind in RouteKind.values else {}
    shown = show_phone(row.value) if row.kind in (RouteKind.TEXT, RouteKind.PHONE) else row.value
    return {
        "kind": row.kind,
        "value": shown,
        "days": row.days,
        "hours": row.hours,
        "voicemail": row.voicemail,
        "cover": row.cover,
    }
