"""Information sheets, for administrators: the versions, and a new one. No referral is shown here."""

from functools import cached_property
from typing import Any

from django.urls import reverse

from referrals import access
from referrals.actions.sheets import answers_at_stake, publish_sheet
from referrals.forms.sheets import MATERIAL, SheetForm
from referrals.models import InformationSheet
from restorative.common import clock
from restorative.common.views import allows
from restorative.common.views_forms import ActionFormView


class Sheets(ActionFormView):
    """Every version, newest first, and the text of the next one."""

    policy = "administrator"
    template_name = "referrals/sheets.html"
    form_class = SheetForm
    title = "Information sheets"
    submit_text = "Publish"
    action = publish_sheet
    may = allows(access.may_publish)

    @cached_property
    def sheets(self) -> list[InformationSheet]:
        return list(InformationSheet.objects.select_related("created_by").order_by("-version"))

    def get_form_kwargs(self) -> dict[str, Any]:
        newest = self.sheets[0] if self.sheets else None
        return {
            "stake": answers_at_stake(self.at),
            "words": newest.words if newest else "",
            "after": newest.version if newest else 0,
        }

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "versions": [self._version(sheet, newest=not number) for number, sheet in enumerate(self.sheets)],
        }

    @staticmethod
    def _version(sheet: InformationSheet, *, newest: bool) -> dict[str, str]:
        by = f" by {sheet.created_by.full_name}" if sheet.created_by else ""
        state = "Used now" if newest else "Answers given on it still count"
        if sheet.materially_changed_at:
            state = f"Answers given on it stopped counting on {clock.show_day(sheet.materially_changed_at)}"
        return {
            "title": f"Version {sheet.version}",
            "about": f"Published {clock.show_day(sheet.published_at)}{by}. {state}.",
            "words": sheet.words,
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "words": said["words"],
            "material": said["change"] == MATERIAL,
            "after": said["after"] or 0,
        }

    @property
    def success(self) -> str:
        return f"Version {self.result.version} is published and used from now on."

    def done(self) -> str:
        return reverse("referrals:sheets")
