"""Deciding whether it is suitable now, and the records check: asked for, listed, matched and released."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from referrals import access
from referrals.actions.concerns import ask_for_records_check, decide_and_ask, release_records_check
from referrals.actions.lifecycle import decide
from referrals.blockers import blockers
from referrals.enums import Gate, Stage, Suitable
from referrals.forms.decisions import AskRecordsForm, DecideForm, ReleaseRecordsForm
from referrals.models import RecordsCheck
from referrals.presenters import steps
from referrals.views.base import ReferralForm
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm
from restorative.common.views import ActionFormView, Page

NAME_HEADS = ["Name", "Place", "Born"]
CLOSED = "This referral is closed. Nothing can be decided about it."


class RunForm(ReferralForm):
    """A form for whoever runs the referral, while it is open."""

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)


class Decide(RunForm):
    """Suitable now, not now, or not. The records check can be asked for in the same press."""

    title = "Decide"
    template_name = "referrals/decide.html"
    form_class = DecideForm
    submit_text = "Decide"

    def may(self) -> Decision:
        return refuse(CLOSED) if self.referral.shown_stage == Stage.CLOSED else super().may()

    def records_missing(self) -> bool:
        missing = any(row.code == "records_check" for row in blockers(self.referral, Gate.BOOK, self.at))
        return missing and steps.records_waiting(self.referral, self.request.user) is None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "people": steps.opened_people(self.referral, self.request.user),
            "records_missing": self.records_missing(),
        }

    def get_context(self) -> dict[str, Any]:
        before = steps.decided_before(self.referral, self.request.user)
        return {**super().get_context(), "before": before}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        user = self.request.user
        asks = said.get("ask_records") and said["decision"] == Suitable.YES
        action = decide_and_ask if asks else decide
        action(
            referral=self.referral,
            party=steps.chosen_party(self.referral, user, said["party"]),
            decision=Suitable(said["decision"]),
            reason=said["reason"],
            review_on=said["review_on"] if said["decision"] == Suitable.NOT_NOW else None,
            by=user,
            at=self.at,
        )
        done = f"Decided: {Suitable(said['decision']).label.lower()}."
        messages.success(self.request, done + (" The records check has been asked for." if asks else ""))
        return self.referral_href


class AskForRecordsCheck(RunForm):
    """Asks a safeguarding lead to match the names of everybody in this referral."""

    title = "Ask for the records check"
    template_name = "referrals/records_ask.html"
    form_class = AskRecordsForm
    submit_text = "Ask for it"
    drafted = False

    def get_context(self) -> dict[str, Any]:
        waiting = steps.records_waiting(self.referral, self.request.user)
        missing = any(row.code == "records_check" for row in blockers(self.referral, Gate.BOOK, self.at))
        return {**super().get_context(), "waiting": waiting, "done": not missing}

    def act(self, form: BaseForm) -> str:
        ask_for_records_check(referral=self.referral, by=self.request.user, at=self.at)
        messages.success(self.request, "The records check has been asked for. A safeguarding lead does it.")
        return self.referral_href


# --- For safeguarding leads -----------------------------------------------------------------------------------


class RecordsChecks(Page):
    """Records checks that wait for this safeguarding lead, with the names to match."""

    policy = "safeguarding_lead"
    title = "Records checks"
    template_name = "referrals/records_checks.html"
    audit_verb = "records_checks_viewed"
    checks: list[RecordsCheck]

    def may(self) -> Decision:
        if not self.request.user.safeguarding_lead:
            return refuse("Only a safeguarding lead sees the records checks.")
        self.checks = list(steps.checks_to_match(self.request.user)[:100])
        return super().may()

    def audited(self) -> dict[str, Any]:
        return {"things": self.checks, "thing_type": "records_check"}

    def get_context(self) -> dict[str, Any]:
        names = steps.names_to_match(self.request.user, self.checks)
        return {
            "heads": NAME_HEADS,
            "checks": [
                {
                    "reference": check.referral.reference,
                    "asked": f"Asked for by {check.asked_by.first_name}, {clock.ago(check.asked_at)}",
                    "names": names.get(check.referral_id, []),
                    "href": reverse("referrals:records_check_release", args=[check.pk]),
                }
                for check in self.checks
            ],
        }


class ReleaseRecordsCheck(ActionFormView):
    """One records check: the names once more, and the press that releases it."""

    policy = "safeguarding_lead"
    audit_verb = "records_check_viewed"
    template_name = "referrals/records_check_release.html"
    form_class = ReleaseRecordsForm
    submit_text = "Release"
    drafted = False
    check: RecordsCheck

    def load(self) -> None:
        found = (
            RecordsCheck.objects.visible_to(self.request.user)
            .select_related("referral", "asked_by")
            .filter(pk=self.kwargs["check"])
            .first()
        )
        if found is None:
            raise Http404
        self.check = found
        self.title = f"Records check, {found.referral.reference}"

    def may(self) -> Decision:
        return access.may_release_records(self.request.user, self.check)

    def audited(self) -> dict[str, Any]:
        return {"thing": self.check, "referral_id": self.check.referral_id}

    @property
    def back_href(self) -> str:
        return reverse("referrals:records_checks")

    def get_context(self) -> dict[str, Any]:
        names = steps.names_to_match(self.request.user, [self.check])
        return {
            "heads": NAME_HEADS,
            "names": names.get(self.check.referral_id, []),
            "released": self.check.released_at,
        }

    def act(self, form: BaseForm) -> str:
        release_records_check(check=self.check, by=self.request.user, at=self.at)
        messages.success(self.request, f"Released: {self.check.referral.reference}.")
        return reverse("referrals:records_checks")
