"""Records checks, for safeguarding leads: waiting checks, their hits, and finishing them.
Asking for one is in decisions.py."""

from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.functional import cached_property

from referrals import access
from referrals.actions.records import Judged, finish_records_check, release_by_phone
from referrals.enums import Verdict
from referrals.forms.records import RecordsCheckForm
from referrals.models import RecordsCheck, RecordsHit
from referrals.presenters import decisions, records
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm
from restorative.common.views import Page, allows
from restorative.common.views_forms import ActionFormView


class RecordsChecks(Page):
    """Records checks that wait for this safeguarding lead, with the hits for each name."""

    policy = "safeguarding_lead"
    title = "Records checks"
    template_name = "referrals/records_checks.html"
    audit_verb = "records_checks_viewed"
    checks: list[RecordsCheck]

    def may(self) -> Decision:
        user = self.request.user
        if not (user.safeguarding_lead and access.can(user, "run")):
            return refuse("Only a safeguarding lead sees the records checks.")
        self.checks = records.waiting(self.request.user)
        return super().may()

    def audited(self) -> dict[str, Any]:
        """Only the checks: the ledger must not reveal whether there were hits. Those are stored as hits."""
        return {"things": self.checks, "thing_type": "records_check"}

    def get_context(self) -> dict[str, Any]:
        return {
            "heads": records.NAME_HEADS,
            "hit_heads": records.HIT_HEADS,
            "checks": records.boxes(self.request.user, self.checks),
        }


class ReleaseRecordsCheck(ActionFormView):
    """One records check: a verdict for each hit; then done, or released by phone."""

    policy = "safeguarding_lead"
    audit_verb = "records_check_viewed"
    template_name = "referrals/records_check_release.html"
    form_class = RecordsCheckForm
    title = "Records check, {check.referral.reference}"
    back_href = reverse_lazy("referrals:records_checks")
    may = allows(access.may_release_records, "check")
    check: RecordsCheck

    def load(self) -> None:
        rows = RecordsCheck.objects.visible_to(self.request.user)
        rows = rows.select_related("referral", "referral__lead", "asked_by", "done_by")
        self.names["check"] = self.check = get_object_or_404(rows, pk=self.kwargs["check"])
        self.submit_text = "Release it now" if self.check.done_at else "Done"

    def audited(self) -> dict[str, Any]:
        return {"thing": self.check, "referral_id": self.check.referral_id}

    @cached_property
    def hits(self) -> list[RecordsHit]:
        return records.hits_of(self.request.user, [self.check])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "found": records.to_decide(self.request.user, self.hits),
            "lead": self.check.referral.lead.first_name,
            "when": f"it is released {records.released_when(self.check)}",
            "done": self.check.done_at is not None,
        }

    def get_context(self) -> dict[str, Any]:
        names = decisions.names_to_match(self.request.user, [self.check])
        return {
            **super().get_context(),
            "heads": records.NAME_HEADS,
            "names": names.get(self.check.referral_id, []),
            "check": self.check,
            "when": records.released_when(self.check),
            "left": any(not hit.verdict for hit in self.hits),
            "cut_short": records.cut_short(self.hits),
            "decided_heads": records.DECIDED_HEADS,
            "decided": records.decided(self.hits),
        }

    def act(self, form: BaseForm) -> str:
        said, user = form.cleaned_data, self.request.user
        if not (self.check.done_at and said["rang"]):
            judged = {
                hit.pk: Judged(Verdict(said[field]), said[f"{field}_why"])
                for hit in self.hits
                if (field := records.field_of(hit)) in said
            }
            if not finish_records_check(check=self.check, said=judged, by=user, at=self.at):
                messages.info(self.request, "More names were found meanwhile. Look at these too.")
                return self.request.path
        if said["rang"]:
            release_by_phone(check=self.check, by=user, at=self.at)
            messages.success(self.request, f"Released: {self.check.referral.reference}.")
        else:
            self.check.refresh_from_db(fields=["done_at"])
            messages.success(self.request, f"Done. It is released {records.released_when(self.check)}.")
        return self.back_href
