"""Access checks: capabilities by role, and may_<verb>(user, thing) -> Decision.
blockers.py and stages.py say what is possible now; querysets.py says which rows exist for a user."""

from uuid import UUID

from django.db.models import Q

from referrals.enums import STOPS, HandoffKind, Part
from referrals.models import (
    Bar,
    Concern,
    Grant,
    Handoff,
    Involvement,
    Party,
    ProtectiveShare,
    ReadinessCheck,
    RecordsCheck,
    Referral,
    Task,
)
from referrals.querysets_rules import hits_barred
from restorative.accounts.enums import CASEWORK, Role
from restorative.accounts.models import Organisation, User
from restorative.common import clock
from restorative.common.decisions import ALLOWED, Decision, refuse

OF_CASEWORK = frozenset({"log", "search", "work_with", "run"})
CAPABILITIES: dict[str, frozenset[str]] = {
    Role.KEYWORKER: OF_CASEWORK,
    Role.FACILITATOR: OF_CASEWORK,
    Role.MANAGER: OF_CASEWORK | {"sign_off", "oversee"},
    Role.ADMINISTRATOR: frozenset({"set_up"}),
    Role.GOVERNANCE: frozenset({"ledger"}),
}
SEALED = "Only workers who support this person may do this."
NOT_THEIRS_TO_GIVE = "Only a manager or a safeguarding lead of that organisation may give access."


def can(user: User, capability: str) -> bool:
    """Whether the user's role has a capability at all."""
    return bool(
        user.is_authenticated and user.is_active and capability in CAPABILITIES.get(user.role, frozenset())
    )


def facilitates(user: User, referral: Referral, *parts: Part) -> bool:
    """Whether a worker has a current part in running its meetings."""
    parts = parts or (Part.FACILITATOR, Part.STAND_IN)
    return (
        Involvement.objects.unscoped("who facilitates")
        .running(clock.now())
        .filter(referral=referral, user=user, part__in=parts)
        .exists()
    )


def may_log(user: User) -> Decision:
    """Log a referral: all casework staff."""
    return ALLOWED if can(user, "log") else refuse("Your role does not log referrals.")


def may_ask_for_access(user: User) -> Decision:
    """Ask for access: casework staff and governance."""
    if can(user, "work_with") or can(user, "ledger"):
        return ALLOWED
    return refuse("Your role does not open referrals.")


def may_give(user: User, grant: Grant) -> Decision:
    """Give access that was asked for: a manager or safeguarding lead of that organisation, not for themselves."""
    may = gives(user, grant)
    if may and is_barred(user, grant.referral):
        return refuse(NOT_THEIRS_TO_GIVE)
    return may


def gives(user: User, grant: Grant) -> Decision:
    """The same for grants read through visible_to, which leaves out referrals that the user is barred from. Asks no
    query, so a list may ask it of each row."""
    if not can(user, "work_with") or not (user.is_manager or user.safeguarding_lead):
        return refuse("Only a manager or a safeguarding lead may give access.")
    if grant.organisation_id != user.organisation_id:
        return refuse(NOT_THEIRS_TO_GIVE)
    if user.pk in (grant.user_id, grant.created_by_id):
        return refuse("It needs a second person: somebody else gives it.")
    return ALLOWED


def may_end_access(user: User, grant: Grant) -> Decision:
    """End access early: the worker who has it, and the users in that organisation who may know of it."""
    known = Grant.objects.visible_to(user).filter(pk=grant.pk).exists()
    return ALLOWED if known else refuse("Only that worker, or who looks after access there, may end it.")


def may_see_what_was_opened(user: User, grant: Grant) -> Decision:
    """See what a worker opened through a grant: that worker, and those who oversee access there. The grant comes
    from visible_to, which hides it from a user who asked for it but is now of another side."""
    if grant.user_id == user.pk or grant.overseen:
        return ALLOWED
    return refuse("Only that worker, or who looks after access there, may see what was opened.")


def looks_after_access(user: User) -> bool:
    """Managers, safeguarding leads and governance know of every grant in their organisation, with its reason."""
    return user.is_manager or user.safeguarding_lead or user.is_governance


def works_on(user: User, referral: Referral) -> bool:
    """Whether the user has or ever had a part in this referral. With facts at hand, ask them instead."""
    return Involvement.objects.unscoped("works on it?").filter(user=user, referral=referral).exists()


def is_barred(user: User, referral: Referral) -> bool:
    rows = Bar.objects.unscoped("who is barred").filter(referral=referral, user=user, lifted_at__isnull=True)
    return rows.exists()


def may_bar(user: User, referral: Referral) -> Decision:
    """Bar a colleague for a conflict of interest: a manager who sees the referral, or a safeguarding lead who sees
    it and does not work on it. The conflict, and the party the colleague supports, may be on another side."""
    if not can(user, "work_with") or not (user.is_manager or user.safeguarding_lead):
        return refuse("Only a manager or a safeguarding lead may do this.")
    if not may_see(user, referral) or not (user.is_manager or not works_on(user, referral)):
        return refuse(
            "Only a manager, or a safeguarding lead who does not work on this referral, may do this."
        )
    return ALLOWED


def could_be_barred(user: User):
    """Colleagues that this user may bar or let in again, including governance; never the user themselves."""
    return _staff(user, Role.GOVERNANCE).exclude(pk=user.pk)


def may_publish(user: User) -> Decision:
    """Publish information sheets: administrators, who see no referral."""
    return ALLOWED if can(user, "set_up") else refuse("Only an administrator may do this.")


def may_see(user: User, referral: Referral) -> bool:
    """See a referral: the queryset of visible_to, with the key added."""
    return Referral.objects.visible_to(user).filter(pk=referral.pk).exists()


def may_open(user: User, party: Party | None) -> Decision:
    """Read and write a party's compartment: the same queryset as in lists, with the key added."""
    if party is None or not can(user, "work_with"):
        return refuse(SEALED)  # governance reads through a grant, and writes nothing
    opened = Party.objects.opened_by(user).filter(pk=party.pk).exists()
    return ALLOWED if opened else refuse(SEALED)


def may_open_safety(user: User, party: Party) -> Decision:
    """Read a party's concerns and safety answers."""
    opened = Party.objects.safety_opened_by(user).filter(pk=party.pk).exists()
    return ALLOWED if opened else refuse(SEALED)


def may_share_to_protect(user: User, party: Party) -> Decision:
    """Make a protective share: casework staff who open the party, or the party's concerns. No consent is needed."""
    return may_open_safety(user, party)


def may_look_at_share(user: User, share: ProtectiveShare) -> Decision:
    """Review a protective share: a safeguarding lead of that side, other than the one who made it."""
    known = ProtectiveShare.objects.visible_to(user).filter(
        pk=share.pk, party__organisation=user.organisation_id
    )
    if not (user.safeguarding_lead and can(user, "run")) or not known.exists():
        return refuse("Only a safeguarding lead of this person’s organisation does this.")
    if share.shared_by_id == user.pk:
        return refuse("It needs a second person: you shared this yourself.")
    return ALLOWED


def may_run(user: User, referral: Referral) -> Decision:
    """Decide, appoint, book, call off, close: the lead, the facilitators, a manager of the leading organisation."""
    if can(user, "run") and (
        referral.lead_id == user.pk
        or facilitates(user, referral)
        or _manages(user, referral, referral.lead_organisation_id)
    ):
        return ALLOWED
    return refuse("Only the lead, a facilitator or a manager of the leading organisation may do this.")


def _manages(user: User, referral: Referral, organisation: UUID) -> bool:
    """Whether the user is a manager of that organisation and not barred. Workers with a part are never barred.

    A page that found the referral through visible_to sets `seen_by`, and needs no second query.
    """
    if not user.is_manager or user.organisation_id != organisation:
        return False
    return getattr(referral, "seen_by", None) == user.pk or not is_barred(user, referral)


def may_change_lead(user: User, referral: Referral) -> Decision:
    """Change the lead: the lead, or a manager of the leading organisation."""
    leads = referral.lead_id == user.pk or _manages(user, referral, referral.lead_organisation_id)
    if can(user, "run") and leads:
        return ALLOWED
    return refuse("Only the lead, or a manager of the leading organisation, may change who leads.")


def may_change_review(user: User, referral: Referral) -> Decision:
    """Change the review date of a paused referral: a manager of the leading organisation."""
    if user.is_manager and may_run(user, referral):
        return ALLOWED
    return refuse("Only a manager of the leading organisation may change the review date.")


def may_finish_ring(user: User, task: Task) -> Decision:
    """Record that a colleague was rung: the worker who has the task."""
    return (
        ALLOWED
        if task.assignee_id == user.pk
        else refuse("Only the worker who was asked to ring may do this.")
    )


def may_note(user: User, referral: Referral) -> Decision:
    """Add a note for all who work on a referral: any worker who sees it."""
    return ALLOWED if may_see(user, referral) else refuse("Only those who work on this referral may do this.")


def may_start(user: User, referral: Referral) -> Decision:
    """Start a meeting and record it: the workers who run it on the day."""
    if facilitates(user, referral, Part.FACILITATOR, Part.STAND_IN, Part.SECOND_WORKER):
        return ALLOWED
    return refuse("Only a facilitator of this meeting may do this.")


def may_set_keyworker(user: User, party: Party) -> Decision:
    """Set the keyworker of a party that the user opens: their keyworker, a manager of their organisation, or the lead
    standing in.

    A facilitator opens the compartment but may not set the keyworker.
    """
    stands_in = party.keyworker_id is None and party.referral.lead_id == user.pk
    own = stands_in or party.keyworker_id == user.pk
    if own or _manages(user, party.referral, party.organisation_id):
        return ALLOWED
    return refuse("Only their keyworker, or a manager of their organisation, may change who supports them.")


def _not_on_it(user: User, referral: Referral, first: bool) -> Decision:
    """Refuse the first person, users who ever worked on the referral, and barred users."""
    if first or works_on(user, referral) or is_barred(user, referral):
        return refuse("It needs a second person: somebody who is not working on this referral.")
    return ALLOWED


def _second_person(user: User, concern: Concern, referral: Referral) -> Decision:
    if user.organisation_id != concern.party.organisation_id:
        return refuse("Only the organisation whose concern it is may do this.")
    return _not_on_it(user, referral, concern.raised_by_id == user.pk)


def may_sign_off(user: User, concern: Concern) -> Decision:
    """Decide on a sign-off concern: a manager or safeguarding lead of its side, not on the referral."""
    if concern.kind in STOPS:
        return refuse("A stop cannot be signed off. It can only be cleared, on new facts.")
    if not (can(user, "sign_off") or (user.safeguarding_lead and can(user, "run"))):
        return refuse("Only a manager or a safeguarding lead may sign this off.")
    return _second_person(user, concern, concern.party.referral)


def may_clear(user: User, concern: Concern) -> Decision:
    """Clear a concern. A stop: only a safeguarding lead not on the referral. A sign-off: a user who may sign it
    off."""
    if concern.kind not in STOPS:
        return may_sign_off(user, concern)
    if not (user.safeguarding_lead and can(user, "run")):
        return refuse("Only a safeguarding lead may clear a stop.")
    return _second_person(user, concern, concern.party.referral)


def may_release_records(user: User, check: RecordsCheck) -> Decision:
    """Release a records check: a safeguarding lead of the leading organisation, not on the referral."""
    leads = user.safeguarding_lead and can(user, "run")
    if not leads or user.organisation_id != check.referral.lead_organisation_id:
        return refuse("Only a safeguarding lead of the leading organisation may release a records check.")
    found = RecordsCheck.objects.unscoped("who was found").filter(hits_barred(user.pk), pk=check.pk).exists()
    return _not_on_it(user, check.referral, check.asked_by_id == user.pk or found)


def may_accept_late(user: User, party: Party) -> Decision:
    """Accept a readiness check of 29 to 42 days: a manager of the party's organisation, not on the referral."""
    if not user.is_manager or user.organisation_id != party.organisation_id:
        return refuse("Only a manager of this person’s organisation may accept an older check.")
    checks = ReadinessCheck.objects.unscoped("who checked").filter(party=party, completed_by=user)
    return _not_on_it(user, party.referral, checks.exists())


def may_keep_longer(user: User, party: Party) -> Decision:
    """Extend the provisional record of a person: a manager of the organisation that supports them."""
    if _manages(user, party.referral, party.organisation_id):
        return ALLOWED
    return refuse("Only a manager of this person’s organisation may keep their record longer.")


def could_facilitate(user: User):
    """Workers that this user may appoint: active facilitators and managers of all organisations, and keyworkers of
    the user's own."""
    return User.objects.filter(
        Q(role__in=[Role.FACILITATOR, Role.MANAGER])
        | Q(role=Role.KEYWORKER, organisation=user.organisation_id),
        is_active=True,
    )


def colleagues(user: User):
    """Workers of the user's organisation who do casework, for choices in forms."""
    return _staff(user)


def _staff(user: User, *more: Role):
    return (
        User.objects.filter(role__in=CASEWORK.union(more), organisation=user.organisation_id, is_active=True)
        .select_related("team")
        .order_by("first_name", "last_name", "pk")
    )


def may_ask_to_lead(user: User, referral: Referral) -> Decision:
    """Ask another organisation to lead: the lead, or a manager of the leading organisation."""
    ours = referral.lead_organisation_id == user.organisation_id
    leads = referral.lead_id == user.pk or _manages(user, referral, referral.lead_organisation_id)
    if can(user, "run") and leads and ours:
        return ALLOWED
    return refuse("Only the lead, or a manager of the leading organisation, may ask others to lead.")


def may_ask_to_help(user: User, party: Party) -> Decision:
    """Ask another organisation to help one person: a user who may change the keyworker, from the same organisation."""
    if may_open(user, party) and user.organisation_id == party.organisation_id:
        return may_set_keyworker(user, party)
    return refuse(SEALED)


def may_answer(user: User, handoff: Handoff) -> Decision:
    """Answer a request: workers of the organisation that was asked, if they may know of it."""
    known = Handoff.objects.visible_to(user).filter(pk=handoff.pk, to_org=user.organisation_id)
    return ALLOWED if known.exists() else refuse("Only the organisation that was asked may answer.")


def may_take_back(user: User, handoff: Handoff) -> Decision:
    """Withdraw a request or answer a question about it: its sender, the person's keyworker, the lead, a manager."""
    known = Handoff.objects.visible_to(user).filter(pk=handoff.pk, from_org=user.organisation_id)
    speaks = Q(sent_by=user) | Q(party__keyworker=user) | Q(kind=HandoffKind.LEAD, referral__lead=user)
    if user.is_manager:
        speaks |= Q(from_org=user.organisation_id)
    return ALLOWED if known.filter(speaks).exists() else refuse("Only the side that asked may do this.")


def may_carry_out(user: User, handoff: Handoff) -> Decision:
    """Record first contact, return or complete a handoff: the worker who takes it, a worker of that organisation
    who has since come to support or lead, and a manager of theirs."""
    if can(user, "work_with") and user.organisation_id == handoff.to_org_id:
        leads = handoff.decided_kind == HandoffKind.LEAD and handoff.referral.lead_id == user.pk
        supports = handoff.party is not None and handoff.party.keyworker_id == user.pk
        if user.is_manager or handoff.receiver_id == user.pk or leads or supports:
            return ALLOWED
    return refuse("Only the worker who took this, or their manager, may do this.")


def could_be_asked(user: User):
    """Other organisations with a worker who could take a handoff."""
    workers = User.objects.filter(role__in=CASEWORK, is_active=True).exclude(
        organisation=user.organisation_id
    )
    return Organisation.objects.filter(pk__in=workers.values("organisation")).order_by("name")
