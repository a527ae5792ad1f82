"""Who sees which rows: `visible_to(user)` for the shell, the one `opened_by(user)` for compartments.
Sealed models filter through it; object checks are the same querysets with the key added."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.apps import apps
from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from referrals.enums import NOBODY, STOPS, Answer, HandoffKind, HandoffState, Part, Purpose, Stage
from restorative.common.prepared import Moment, Param, Prepared, derived
from restorative.common.protected import ProtectedQuerySet

Rows = TypeVar("Rows", bound=QuerySet)

if TYPE_CHECKING:
    from restorative.accounts.models import User


def _rows(name: str) -> QuerySet:
    """Rows of a model of this app by name, for use inside other queries only (models import this module)."""
    return apps.get_model("referrals", name)._base_manager.all()


def on_now(at: Moment) -> Q:
    """Parts in running meetings that somebody has now: until ended; a stand-in's on their day alone."""
    return Q(until__isnull=True) | Q(part=Part.STAND_IN, since__lte=at, until__gt=at)


def worker_ids(referral: UUID, at: datetime) -> set[UUID]:
    """Who works on a referral at that moment: the lead, those who run its meetings, the keyworkers. For the program."""
    lead = _rows("Referral").filter(pk=referral).values_list("lead", flat=True)
    running = _rows("Facilitation").filter(on_now(at), referral=referral).values_list("user", flat=True)
    supporting = _rows("Party").filter(referral=referral, left_at__isnull=True, keyworker__isnull=False)
    return {*lead, *running, *supporting.values_list("keyworker", flat=True)}


def _casework(user: "User") -> bool:
    return bool(user.is_authenticated and user.is_active and user.is_keyworker)


def _may_see_any(user: "User") -> bool:
    """Whether there can be a referral for them: casework; and governance, by a grant alone."""
    return _casework(user) or bool(user.is_authenticated and user.is_active and user.is_governance)


def barred(user: Any, referral: str) -> Exists:
    """A conflict of interest in the referral of that column: it beats every other rule."""
    return Exists(_rows("Bar").filter(referral=OuterRef(referral), user=user, lifted_at__isnull=True))


def granted_now(at: Moment) -> Q:
    """Grants that were given and still run: no longer than that organisation supports the person."""
    theirs = Q(party__isnull=True) | Q(party__organisation=F("organisation"))
    return theirs & Q(given_at__isnull=False, ended_at__isnull=True, until__gt=at)


class ReferralQuerySet(ProtectedQuerySet):
    """Referrals as shells."""

    def visible_to(self, user: "User", *, reference: str | None = None) -> Self:
        """Shells this user may see (source: the compartments table); with `reference`, that one alone.

        Their own parties', those they lead or facilitate, their team's, their organisation's for managers, and for
        safeguarding leads those with an open concern or a records check that waits. Handed over, those they take,
        and those they led before. By a grant, whatever it names. None they are barred from.
        """
        if not _may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        if reference is not None:
            here = _VISIBLE_HERE(*_shape(user), reference=reference, **_asking(user))
            return self.filter(pk__in=here).scoped("visible_to")
        return self.filter(
            _shells_of(user.pk, user.organisation_id, user.team_id, timezone.now(), *_shape(user))
        ).scoped("visible_to")

    def could_be_asked_for(self, user: "User") -> Self:
        """Those of which somebody of their organisation may ask to open something: theirs, and not barred."""
        if not _may_see_any(user):
            return self.none().scoped("could_be_asked_for: no casework")
        parties = _rows("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
        theirs = Exists(parties.filter(organisation=user.organisation_id))
        return self.filter(~barred(user.pk, "pk"), theirs).scoped("could_be_asked_for")

    def of_person(self, user: "User") -> Self:
        """Those this user leads, facilitates or supports somebody in."""
        parties = _rows("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
        return self.filter(
            Q(lead=user)
            | Exists(parties.filter(keyworker=user))
            | Exists(_rows("Facilitation").filter(on_now(timezone.now()), referral=OuterRef("pk"), user=user))
        )

    def with_shown_stage(self, user: "User") -> Self:
        """Adds `shown_stage`: the newest step this user may know of.

        A step that came from a compartment the user does not open is not there for them until it is released.
        """
        return self.annotate(
            shown_stage=Subquery(
                _rows("StageChange")
                .filter(referral=OuterRef("pk"))
                .exclude(_held_back_from(user))
                .order_by("-id")
                .values("to_stage")[:1]
            )
        )

    def with_records_waiting(self) -> Self:
        """Adds `records_waiting`: whether a records check was asked for and is not released."""
        waiting = _rows("RecordsCheck").filter(referral=OuterRef("pk"), released_at__isnull=True)
        return self.annotate(records_waiting=Exists(waiting))

    def with_what_is_there(self) -> Self:
        """Adds whether there are tasks or requests of other organisations at all, so that nobody asks in vain."""
        return self.annotate(
            has_tasks=Exists(_rows("Task").filter(referral=OuterRef("pk"), done_at__isnull=True)),
            has_handoffs=Exists(_rows("Handoff").filter(referral=OuterRef("pk"))),
        )


def _held_back_from(user: "User") -> Q:
    """Rows with a party and a `released_at` that this user must not know of yet."""
    return Q(party__isnull=False, released_at__isnull=True) & ~Q(party__in=opened_ids(user))


class StageChangeQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Steps of visible referrals, without those waiting for release from a compartment not opened."""
        return self.filter(referral__in=visible_ids(user)).exclude(_held_back_from(user)).scoped("visible_to")


def _shape(user: "User") -> tuple[bool, bool, bool, bool]:
    """What of a user changes the rule itself: casework, in a team, a manager, a safeguarding lead."""
    return _casework(user), user.team_id is not None, user.is_manager, user.safeguarding_lead


def _shells_of(
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
    granted = _rows("Grant").filter(granted_now(at), referral=OuterRef("pk"), user=user)
    rule = Q(Exists(granted))
    if casework:
        rule |= _shells_at_work(user, organisation, team, at, in_team, manager, lead)
    return rule & ~Q(barred(user, "pk"))


def _shells_at_work(
    user: Any, organisation: Any, team: Any, at: Moment, in_team: bool, manager: bool, lead: bool
) -> Q:
    """What somebody sees because of what they do, not because they were let in."""
    parties = _rows("Party").filter(referral=OuterRef("pk"), left_at__isnull=True)
    mine = (
        Q(lead=user)
        | Exists(parties.filter(keyworker=user))
        | Exists(_rows("Facilitation").filter(on_now(at), referral=OuterRef("pk"), user=user))
    )
    # Handed over: whoever takes it from accepting on; whoever asked, after the lead has moved.
    handed = _rows("Handoff").filter(referral=OuterRef("pk"))
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
        open_concern = _rows("Concern").filter(party=OuterRef("pk"), cleared_at__isnull=True)
        mine |= Q(Exists(parties.filter(Exists(open_concern), organisation=organisation)))
        waiting = _rows("RecordsCheck").filter(referral=OuterRef("pk"), released_at__isnull=True)
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
    lambda *shape: _rows("Referral").filter(_shells_of(USER, ORGANISATION, TEAM, NOW, *shape)).values("pk")
)
_VISIBLE_HERE = Prepared(
    lambda *shape: (
        _rows("Referral")
        .filter(
            _shells_of(USER, ORGANISATION, TEAM, NOW, *shape), reference=Param.named("reference", CharField())
        )
        .values("pk")
    )
)
_OPENED = Prepared(
    lambda column, *shape: (
        _rows("Party").filter(_compartments_of(USER, ORGANISATION, NOW, *shape)).values(column)
    )
)
_OPENED_HERE = Prepared(
    lambda *shape: (
        _rows("Party")
        .filter(
            _compartments_of(USER, ORGANISATION, NOW, *shape),
            referral=Param.named("referral", UUIDField()),
        )
        .values("pk")
    )
)


def visible_ids(user: "User") -> Any:
    """Ids of the referrals of visible_to, to filter by: `referral__in=visible_ids(user)`."""
    if not _may_see_any(user):
        return []
    return _VISIBLE(*_shape(user), **_asking(user))


def _asking(user: "User") -> dict[str, Any]:
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
    if not _may_see_any(user):
        return []
    shape = (_casework(user), user.is_manager, safety and user.safeguarding_lead)
    given = {"user": user.pk, "organisation": user.organisation_id, "at": timezone.now()}
    if referral is not None:
        return _OPENED_HERE(*shape, referral=referral, **given)
    return _OPENED(column, *shape, **given)


def opened_by(user: "User", *, safety: bool = False) -> Q:
    """THE rule of who opens a compartment, as a condition on parties (source: the compartments table).

    The party's keyworker; the lead where there is no keyworker; managers of the party's organisation; current
    facilitators, across organisations only while share-consent to theirs holds, and not while they are themselves
    another party's keyworker here (a second worker then opens those); a stand-in on their day, of each party who
    accepted them; whoever accepted to help a party, while that party shares with their organisation. With `safety`,
    also safeguarding leads of the party's organisation while a concern is open: for concerns and safety answers alone.
    Whoever was let in by a grant for this person; nobody who is barred from the referral.
    """
    if not _may_see_any(user):
        return Q(pk__in=[])
    lead = safety and user.safeguarding_lead
    shape = (_casework(user), user.is_manager, lead)
    return _compartments_of(user.pk, user.organisation_id, timezone.now(), *shape)


def _compartments_of(
    user: Any, organisation: Any, at: Moment, casework: bool, manager: bool, lead: bool
) -> Q:
    # Whoever is beside them is sealed with them.
    them = Q(party=OuterRef("pk")) | Q(party=OuterRef("beside"))
    rule = Q(Exists(_rows("Grant").filter(granted_now(at), them, user=user)))
    if casework:
        rule |= _compartments_at_work(user, organisation, at, manager, lead)
    return rule & ~Q(barred(user, "referral"))


def _compartments_at_work(user: Any, organisation: Any, at: Moment, manager: bool, lead: bool) -> Q:
    """Whom somebody opens because of what they do, not because they were let in."""
    rule = Q(keyworker=user) | Q(keyworker__isnull=True, referral__lead=user)
    if manager:
        rule |= Q(organisation=organisation)
    current = _rows("Facilitation").filter(on_now(at), referral=OuterRef("referral"))
    shared = Q(organisation=organisation) | Exists(
        current_answers(_rows("Consent"), at).filter(
            party=OuterRef("pk"),
            purpose=Purpose.SHARE,
            recipient=organisation,
            answer=Answer.YES,
        )
    )
    # Whoever supports somebody here, or ever did, is no stranger to that side.
    supports_another = Exists(
        _rows("Party").filter(referral=OuterRef("referral"), keyworker=user, left_at__isnull=True)
    ) | Exists(_rows("Support").filter(referral=OuterRef("referral"), user=user))
    supported_by_facilitator = current.filter(part=Part.FACILITATOR, user=OuterRef("keyworker"))
    accepted = current_answers(_rows("Consent"), at).filter(
        party=OuterRef("pk"), purpose=Purpose.SECOND_WORKER, recipient=user, answer=Answer.YES
    )
    facilitates = Exists(current.filter(user=user, part=Part.FACILITATOR)) | (
        Q(Exists(current.filter(user=user, part=Part.STAND_IN))) & Q(Exists(accepted))
    )
    rule |= Q(facilitates) & shared & ~Q(supports_another)
    rule |= (
        Q(Exists(current.filter(user=user, part=Part.SECOND_WORKER)))
        & shared
        & ~Q(supports_another)
        & ~Q(Exists(supported_by_facilitator))
    )
    # Help that was accepted opens the person to whoever takes it, before they support them too.
    helping = _rows("Handoff").filter(
        party=OuterRef("pk"),
        receiver=user,
        to_org=organisation,
        state=HandoffState.ACCEPTED,
        decided_kind=HandoffKind.HELP,
        moved_at__isnull=True,
    )
    rule |= Q(Exists(helping)) & Q(shared)
    if lead:
        concern = _rows("Concern").filter(party=OuterRef("pk"), cleared_at__isnull=True)
        rule |= Q(Exists(concern), organisation=organisation)
    return rule


def as_they_stood(user: "User", referral: object) -> frozenset[UUID] | None:
    """Parties who had something open when a step happened that this user must not know of yet; None where there is
    no such step, or a later one that they know of has overtaken it.

    Until release the compartments they do not open are shown from this, not from the facts of today.
    """
    return stood_in(user, [referral]).get(referral)


def stood_in(user: "User", referrals: Collection) -> dict[object, frozenset[UUID]]:
    """The same for many referrals, by id, in one query; those without such a step are left out."""
    steps = _rows("StageChange")
    known_later = steps.exclude(_held_back_from(user)).filter(
        referral=OuterRef("referral"), pk__gt=OuterRef("pk")
    )
    hidden = steps.filter(_held_back_from(user), ~Exists(known_later), referral__in=list(referrals))
    found: dict[object, frozenset[UUID]] = {}
    for key, stood in hidden.order_by("pk").values_list("referral", "stood_open"):
        found.setdefault(key, frozenset(UUID(each) for each in stood))
    return found


class PartyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Every party of a visible referral: one cell each, not their compartments."""
        return self.filter(referral__in=visible_ids(user)).scoped("visible_to")

    def opened_by(self, user: "User") -> Self:
        """Parties whose compartment this user opens."""
        return self.filter(pk__in=opened_ids(user)).scoped("opened_by")

    def safety_opened_by(self, user: "User") -> Self:
        """Parties whose concerns and safety answers this user opens."""
        return self.filter(pk__in=opened_ids(user, safety=True)).scoped("safety_opened_by")

    def could_be_asked_for(self, user: "User") -> Self:
        """People of their organisation whose compartment they may ask to open: nobody on the other side of somebody
        they support, or ever supported. Who works there is not for them to know."""
        if not _may_see_any(user):
            return self.none().scoped("could_be_asked_for: no casework")
        here = {"referral": OuterRef("referral")}
        # Compared with NULL, nothing is another.
        beside = Coalesce(OuterRef("beside"), Value(NOBODY), output_field=UUIDField())
        kept = _rows("Party").filter(keyworker=user, left_at__isnull=True, **here)
        kept = kept.filter(
            Q(beside__isnull=True) | ~Q(beside=OuterRef("pk")), ~Q(pk=OuterRef("pk")), ~Q(pk=beside)
        )
        ever = _rows("Support").filter(~Q(party=OuterRef("pk")), ~Q(party=beside), user=user, **here)
        return self.filter(
            ~barred(user.pk, "referral"),
            ~Exists(kept),
            ~Exists(ever),
            organisation=user.organisation_id,
            left_at__isnull=True,
        ).scoped("could_be_asked_for")

    def present(self) -> Self:
        """Those who have not left the referral."""
        return self.filter(left_at__isnull=True)

    def with_opened(self, user: "User", *, referral: UUID | None = None) -> Self:
        """Adds `opened` for this user; `opened_safety` and `asked_first` follow it.

        Where all are of one referral, naming it saves asking the rule anew in the query.
        """
        asked = _rows("Approach").filter(party=OuterRef("pk"), asked_first=True)
        concern = _rows("Concern").filter(party=OuterRef("pk"), cleared_at__isnull=True)
        lead = _casework(user) and user.safeguarding_lead
        as_lead = Q(pk__in=[])
        if lead:
            as_lead = Q(Exists(concern), organisation=user.organisation_id) & ~Q(barred(user.pk, "referral"))
        rule = Q(pk__in=opened_ids(user, referral=referral)) if referral else opened_by(user)
        return self.annotate(
            opened=Case(When(rule, then=Value(True)), default=Value(False)),
            _as_lead=Case(When(as_lead, then=Value(True)), default=Value(False)),
            _asked_first=Exists(asked),
        )


class PersonQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """People whose compartment this user opens in some referral."""
        return self.filter(pk__in=opened_ids(user, column="person")).scoped("visible_to")


class NameKeyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """How the names sound of people whose compartment this user opens."""
        return self.filter(person__in=opened_ids(user, column="person")).scoped("visible_to")


class RecordsHitQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """What waiting records checks found: for safeguarding leads of the leading organisation who do not work, and
        never worked, on that referral."""
        if not (_casework(user) and user.safeguarding_lead):
            return self.none().scoped("visible_to: no safeguarding lead")
        referral = {"referral": OuterRef("records_check__referral")}
        on_it = (
            Q(records_check__referral__lead=user)
            | Q(records_check__asked_by=user)
            | Exists(_rows("Party").filter(keyworker=user, **referral))
            | Exists(_rows("Support").filter(user=user, **referral))
            | Exists(_rows("Facilitation").filter(user=user, **referral))
            | barred(user.pk, "records_check__referral")
        )
        return self.filter(
            ~Q(on_it),
            records_check__released_at__isnull=True,
            records_check__referral__lead_organisation=user.organisation_id,
        ).scoped("visible_to")

    def with_open_concerns(self) -> Self:
        """Adds `stop_open` and `sign_off_open`: whether any stands about that person, in any referral. Not what."""
        about = _rows("Concern").filter(party__person=OuterRef("matched"), cleared_at__isnull=True)
        return self.annotate(
            stop_open=Exists(about.filter(kind__in=STOPS)),
            sign_off_open=Exists(about.exclude(kind__in=STOPS)),
        )


class ShellQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Rows of the shell of visible referrals."""
        return self.filter(referral__in=visible_ids(user)).scoped("visible_to")


class FacilitationQuerySet(ShellQuerySet):
    def running(self, at: datetime) -> Self:
        """Parts that somebody has at that moment."""
        return self.filter(on_now(at))

    def named(self, at: datetime) -> Self:
        """Those, and stand-ins whose day is still to come."""
        return self.filter(Q(until__isnull=True) | Q(part=Part.STAND_IN, until__gt=at, since__lt=F("until")))


class SealedQuerySet(ProtectedQuerySet):
    """Rows of a compartment. A row without a party belongs to nobody's page."""

    def visible_to(self, user: "User") -> Self:
        """Rows of parties whose compartment this user opens."""
        return self.filter(party__in=opened_ids(user)).scoped("visible_to")


class TaskQuerySet(SealedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Tasks of opened parties; of no party's, one's own: their words say nothing that is sealed."""
        own = Q(party__isnull=True, assignee=user, referral__in=visible_ids(user))
        return self.filter(Q(party__in=opened_ids(user)) | own).scoped("visible_to")


class SafetyQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Rows of parties whose concerns and safety answers this user opens."""
        return self.filter(party__in=opened_ids(user, safety=True)).scoped("visible_to")


def _oversees(user: "User") -> Q:
    """Rows about their organisation's own workers, for those who look after access there."""
    if not (user.is_manager or user.safeguarding_lead or user.is_governance):
        return Q(pk__in=[])
    return Q(organisation=user.organisation_id)


class GrantQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Their own; of their organisation's workers for managers, safeguarding leads and governance. Never of a
        referral they are barred from."""
        if not _may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        own = Q(user=user) | Q(created_by=user)
        return self.filter(own | _oversees(user), ~barred(user.pk, "referral")).scoped("visible_to")


class BarQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Of their organisation's workers, for managers, safeguarding leads and governance; never one's own."""
        if not _may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        return self.filter(_oversees(user), ~barred(user.pk, "referral")).scoped("visible_to")


class ProtectiveShareQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """What was shared about parties this user opens; and for safeguarding leads, about parties of their
        organisation, whether or not a concern is open. Not for a lead who works for somebody else in that referral."""
        rule = Q(party__in=opened_ids(user))
        if _casework(user) and user.safeguarding_lead:
            here = {"referral": OuterRef("party__referral")}
            other_side = (
                Q(party__referral__lead=user)
                | Exists(_rows("Party").filter(keyworker=user, **here))
                | Exists(_rows("Support").filter(user=user, **here))
                | barred(user.pk, "party__referral")
            )
            rule |= Q(party__organisation=user.organisation_id) & ~Q(other_side)
        return self.filter(rule).scoped("visible_to")

    def to_look_at(self, user: "User") -> Self:
        """Of these, what this safeguarding lead is told of: shared by somebody else, and looked at by nobody yet."""
        if not user.safeguarding_lead:
            return self.none()
        return self.filter(looked_at__isnull=True, party__organisation=user.organisation_id).exclude(
            shared_by=user
        )


class NoteQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Notes of compartments this user opens, and those for everyone who works on a visible referral."""
        shared = Q(party__isnull=True, referral__in=visible_ids(user))
        return self.filter(shared | Q(party__in=opened_ids(user))).scoped("visible_to")


class ConcernQuerySet(SafetyQuerySet):
    def open(self) -> Self:
        return self.filter(cleared_at__isnull=True)


def current_answers(consents: Rows, at: Moment) -> Rows:
    """The newest row for each party, purpose and recipient, where it counts at `at`.

    It counts from `counts_from` (two working days after coming back), until it expires, and not on a sheet since
    marked as materially changed.
    """
    newer = consents.model._base_manager.filter(
        party=OuterRef("party"),
        purpose=OuterRef("purpose"),
        recipient=OuterRef("recipient"),
        seq__gt=OuterRef("seq"),
    )
    return consents.filter(
        ~Exists(newer),
        Q(sheet__materially_changed_at__isnull=True) | Q(sheet__materially_changed_at__gt=at),
        counts_from__lte=at,
        expires_on__gte=derived(timezone.localdate, at, DateField()),
    )


class ConsentQuerySet(SealedQuerySet):
    def newest(self) -> Self:
        """The newest row for each party, purpose and recipient, whatever it says."""
        newer = self.model._base_manager.filter(
            party=OuterRef("party"),
            purpose=OuterRef("purpose"),
            recipient=OuterRef("recipient"),
            seq__gt=OuterRef("seq"),
        )
        return self.filter(~Exists(newer))

    def agreed_words(self, user: "User") -> Self:
        """The words agreed to for reaching a party whom this user opens: they are meant to be said to them.

        The one kind of row that is shown outside the compartment it was given in, and only for its words.
        """
        return (
            self.newest()
            .filter(purpose=Purpose.WORDS, answer=Answer.YES, recipient__in=opened_ids(user))
            .only("pk", "wording", "recipient")
            .scoped("agreed_words")
        )

    def current(self, at: datetime) -> Self:
        """The newest rows that count at `at`: see current_answers."""
        return current_answers(self, at)


OPEN_STAGES = (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED, Stage.FOLLOW_UP, Stage.PAUSED)
