"""Who sees which shells and opens which compartments: the two rules, as conditions the database answers.
The rows that follow them are in querysets.py; the table they say is the domain's "Compartments"."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import CharField, DateField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, UUIDField
from django.db.models.functions import Coalesce
from django.utils import timezone

from referrals.enums import STOPS, Answer, HandoffKind, HandoffState, Part, Purpose
from referrals.querysets_involvement import meeting_parts, of_another_side, of_any_side, rows_of
from restorative.common.prepared import Moment, Param, Prepared, derived

if TYPE_CHECKING:
    from restorative.accounts.models import User

Rows = TypeVar("Rows", bound=QuerySet)


def casework(user: "User") -> bool:
    return bool(user.is_authenticated and user.is_active and user.does_casework)


def may_see_any(user: "User") -> bool:
    """Whether there can be a referral for them: casework; and governance, by a grant alone."""
    return casework(user) or bool(user.is_authenticated and user.is_active and user.is_governance)


def barred(user: Any, referral: str) -> Exists:
    """A conflict of interest in the referral of that column: it beats every other rule."""
    return Exists(rows_of("Bar").filter(referral=OuterRef(referral), user=user, lifted_at__isnull=True))


def hits_barred(user: Any) -> Q:
    """As a condition on records checks: somebody was found who is in a referral this user is barred from."""
    there = rows_of("Party").filter(barred(user, "referral"), person=OuterRef("matched"))
    return Q(Exists(rows_of("RecordsHit").filter(Exists(there), records_check=OuterRef("pk"))))


def granted_now(at: Moment) -> Q:
    """Grants that were given and still run: no longer than that organisation supports the person, or anybody there."""
    anybody = rows_of("Party").filter(
        referral=OuterRef("referral"), organisation=OuterRef("organisation"), left_at__isnull=True
    )
    theirs = Q(Exists(anybody), party__isnull=True) | Q(party__organisation=F("organisation"))
    return theirs & Q(given_at__isnull=False, ended_at__isnull=True, until__gt=at)


def held_back_from(user: "User") -> Q:
    """Rows with a party and a `released_at` that this user must not know of yet."""
    return Q(party__isnull=False, released_at__isnull=True) & ~Q(party__in=opened_ids(user))


def shape_of(user: "User") -> tuple[bool, bool, bool, bool]:
    """What of a user changes the rule itself: casework, in a team, a manager, a safeguarding lead."""
    return casework(user), user.team_id is not None, user.is_manager, user.safeguarding_lead


def shells_of(
    user: Any,
    organisation: Any,
    team: Any,
    at: Moment,
    casework: bool,
    in_team: bool,
    manager: bool,
    lead: bool,
) -> Q:
    """The rule of visible_to, as a condition on referrals."""
    granted = rows_of("Grant").filter(
        granted_now(at), referral=OuterRef("pk"), user=user, organisation=organisation
    )
    rule = Q(Exists(granted))
    if casework:
        rule |= _shells_at_work(user, organisation, team, at, in_team, manager, lead)
    return rule & ~Q(barred(user, "pk"))


def _shells_at_work(
    user: Any, organisation: Any, team: Any, at: Moment, in_team: bool, manager: bool, lead: bool
) -> Q:
    """What somebody sees because of what they do, not because they were let in."""
    parties = rows_of("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
    mine = (
        Q(lead=user)
        | Exists(parties.filter(keyworker=user))
        | Exists(meeting_parts(at, referral=OuterRef("pk"), user=user))
    )
    # Handed over: whoever takes it from accepting on; whoever asked, after the lead has moved.
    handed = rows_of("Handoff").filter(referral=OuterRef("pk"))
    taken, led_before = handed.filter(state=HandoffState.ACCEPTED), handed.filter(_lead_moved())
    mine |= Q(Exists(taken.filter(receiver=user, to_org=organisation)))
    mine |= Q(Exists(led_before.filter(Q(sent_by=user) | Q(lead_before=user), from_org=organisation)))
    if in_team:
        mine |= Q(lead__team=team) | Q(Exists(parties.filter(keyworker__team=team)))
    if manager:
        mine |= Q(Exists(parties.filter(organisation=organisation)))
        mine |= Q(lead_organisation=organisation)
        mine |= Q(Exists(taken.filter(to_org=organisation)))
        mine |= Q(Exists(led_before.filter(from_org=organisation)))
    if lead:
        mine |= Q(Exists(parties.filter(safeguarded_by(user), organisation=organisation)))
        waiting = rows_of("RecordsCheck").filter(referral=OuterRef("pk"), released_at__isnull=True)
        mine |= Q(Exists(waiting), lead_organisation=organisation)
    return mine


def _lead_moved() -> Q:
    """Requests on which the lead has moved, and not come back."""
    return Q(
        state__in=[HandoffState.ACCEPTED, HandoffState.COMPLETED],
        decided_kind=HandoffKind.LEAD,
        moved_at__isnull=False,
    )


USER = Param.named("user", UUIDField())
ORGANISATION = Param.named("organisation", UUIDField())
TEAM = Param.named("team", UUIDField())
NOW = Param.named("at", DateTimeField())

_VISIBLE = Prepared(
    lambda *shape: rows_of("Referral").filter(shells_of(USER, ORGANISATION, TEAM, NOW, *shape)).values("pk")
)
VISIBLE_HERE = Prepared(
    lambda *shape: (
        rows_of("Referral")
        .filter(
            shells_of(USER, ORGANISATION, TEAM, NOW, *shape), reference=Param.named("reference", CharField())
        )
        .values("pk")
    )
)
_OPENED = Prepared(
    lambda column, *shape: (
        rows_of("Party").filter(_compartments_of(USER, ORGANISATION, NOW, *shape)).values(column)
    )
)
_OPENED_HERE = Prepared(
    lambda *shape: (
        rows_of("Party")
        .filter(
            _compartments_of(USER, ORGANISATION, NOW, *shape),
            referral=Param.named("referral", UUIDField()),
        )
        .values("pk")
    )
)


def visible_ids(user: "User") -> Any:
    """Ids of the referrals of visible_to, to filter by: `referral__in=visible_ids(user)`."""
    if not may_see_any(user):
        return []
    return _VISIBLE(*shape_of(user), **asking(user))


def asking(user: "User") -> dict[str, Any]:
    """The values the rule of visible_to asks about a user."""
    return {
        "user": user.pk,
        "organisation": user.organisation_id,
        "team": user.team_id,
        "at": timezone.now(),
    }


def opened_ids(
    user: "User", *, safety: bool = False, column: str = "pk", referral: UUID | None = None
) -> Any:
    """Ids of the parties of opened_by, to filter by: `party__in=opened_ids(user)`. With `referral`, of that one."""
    if not may_see_any(user):
        return []
    shape = (casework(user), user.is_manager, safety and user.safeguarding_lead)
    given = {"user": user.pk, "organisation": user.organisation_id, "at": timezone.now()}
    if referral is not None:
        return _OPENED_HERE(*shape, referral=referral, **given)
    return _OPENED(column, *shape, **given)


def opened_by(user: "User", *, safety: bool = False) -> Q:
    """THE rule of who opens a compartment, as a condition on parties (source: the compartments table).

    The party's keyworker; the lead where there is no keyworker, who counts as one; managers of the party's
    organisation; current facilitators, across organisations only while share-consent to theirs holds, and not while
    they are themselves another party's keyworker here (a second worker then opens those, but nobody who was
    asked and did not say yes to them); a stand-in on their day, of each party who accepted them; whoever accepted
    to help a party, while that party shares with their organisation.
    With `safety`, also safeguarding leads of the party's organisation while a concern is open: for concerns and safety
    answers alone, and not where they are of another party's side.
    Whoever was let in by a grant for this person, until they support another; nobody who is barred from the referral.
    """
    if not may_see_any(user):
        return Q(pk__in=[])
    lead = safety and user.safeguarding_lead
    shape = (casework(user), user.is_manager, lead)
    return _compartments_of(user.pk, user.organisation_id, timezone.now(), *shape)


def _compartments_of(
    user: Any, organisation: Any, at: Moment, casework: bool, manager: bool, lead: bool
) -> Q:
    # Whoever is beside them is sealed with them.
    them = Q(party=OuterRef("pk")) | Q(party=OuterRef("beside"))
    # Given to a worker of that organisation, it stays there when they go to another.
    granted = rows_of("Grant").filter(granted_now(at), them, user=user, organisation=organisation)
    rule = Q(Exists(granted)) & ~_another_side(user)
    if casework:
        rule |= _compartments_at_work(user, organisation, at, manager, lead)
    return rule & ~Q(barred(user, "referral"))


def supported_by(user: Any) -> Q:
    """As a condition on parties: whose keyworker they are; a lead who stands in for an absent one counts as one."""
    return Q(keyworker=user) | Q(keyworker__isnull=True, referral__lead=user)


def _compartments_at_work(user: Any, organisation: Any, at: Moment, manager: bool, lead: bool) -> Q:
    """Whom somebody opens because of what they do, not because they were let in."""
    rule = supported_by(user)
    if manager:
        rule |= Q(organisation=organisation)
    current = meeting_parts(at, referral=OuterRef("referral"))
    shared = Q(organisation=organisation) | Exists(
        current_answers(rows_of("Consent"), at).filter(
            party=OuterRef("pk"),
            purpose=Purpose.SHARE,
            recipient=organisation,
            answer=Answer.YES,
        )
    )
    running = current.filter(part=Part.FACILITATOR)
    supported_by_facilitator = Exists(running.filter(user=OuterRef("keyworker"))) | (
        Q(Exists(running.filter(user=OuterRef("referral__lead")))) & Q(keyworker__isnull=True)
    )
    accepted = current_answers(rows_of("Consent"), at).filter(
        party=OuterRef("pk"), purpose=Purpose.SECOND_WORKER, recipient=user, answer=Answer.YES
    )
    facilitates = Exists(current.filter(user=user, part=Part.FACILITATOR)) | (
        Q(Exists(current.filter(user=user, part=Part.STAND_IN))) & Q(Exists(accepted))
    )
    # Whoever was asked and did not say yes to this second worker is not opened by them.
    declined = newest_answers(rows_of("Consent")).filter(
        ~Q(answer=Answer.YES), party=OuterRef("pk"), purpose=Purpose.SECOND_WORKER, recipient=user
    )
    seconds = (
        Q(Exists(current.filter(user=user, part=Part.SECOND_WORKER)))
        & ~Q(Exists(declined))
        & ~Q(supported_by_facilitator)
    )
    # Help that was accepted opens the person to whoever takes it, before they support them too.
    helping = rows_of("Handoff").filter(
        party=OuterRef("pk"),
        receiver=user,
        to_org=organisation,
        state=HandoffState.ACCEPTED,
        decided_kind=HandoffKind.HELP,
        moved_at__isnull=True,
    )
    # Each condition stands once: what a database plans is planned with every page.
    rule |= Q(shared) & (
        Q(Exists(helping)) | ((Q(facilitates) | seconds) & ~of_any_side(user, OuterRef("referral")))
    )
    if lead:
        rule |= Q(organisation=organisation) & safeguarded_by(user)
    return rule


def safeguarded_by(user: Any) -> Q:
    """As a condition on parties of their organisation: whom a safeguarding lead looks after, while a concern is open.
    Nobody who is of another side there.
    """
    concern = rows_of("Concern").filter(party=OuterRef("pk"), cleared_at__isnull=True)
    return Q(Exists(concern)) & ~_another_side(user)


def _another_side(user: Any) -> Q:
    """As a condition on parties: that user is of another side there."""
    side = Coalesce(OuterRef("beside"), OuterRef("pk"), output_field=UUIDField())
    return of_another_side(user, side, OuterRef("referral"))


def newest_answers(consents: Rows, *, known: datetime | None = None) -> Rows:
    """The newest row for each party, purpose and recipient, whatever it says; with `known`, of those recorded before
    that moment."""
    newer = consents.model._base_manager.filter(
        party=OuterRef("party"),
        purpose=OuterRef("purpose"),
        recipient=OuterRef("recipient"),
        seq__gt=OuterRef("seq"),
    )
    if known is not None:
        consents, newer = consents.filter(created_at__lt=known), newer.filter(created_at__lt=known)
    return consents.filter(~Exists(newer))


def current_answers(consents: Rows, at: Moment, *, known: datetime | None = None) -> Rows:
    """The newest row for each party, purpose and recipient, where it counts at `at`.

    It counts from `counts_from` (two working days after coming back), until it expires, and not on a sheet since
    marked as materially changed. A yes that no worker has heard from them alone opens nothing and lets nobody do
    anything; that of taking part is a row of its own in what stands in the way.
    """
    heard = Q(heard_alone_at__isnull=False) | ~Q(answer=Answer.YES) | Q(purpose=Purpose.TAKE_PART)
    return newest_answers(consents, known=known).filter(
        heard,
        Q(sheet__materially_changed_at__isnull=True) | Q(sheet__materially_changed_at__gt=at),
        counts_from__lte=at,
        expires_on__gte=derived(timezone.localdate, at, DateField()),
    )


def given_under_a_stop() -> Exists:
    """As a condition on consents: whose they are had a stop open when they gave it, and it is not cleared."""
    stops = rows_of("Concern").filter(party=OuterRef("party"), kind__in=STOPS, cleared_at__isnull=True)
    return Exists(stops.filter(raised_at__lte=OuterRef("taken_at")))
