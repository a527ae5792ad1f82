"""A referral's history, filtered and paginated, with a quick note; and correcting a note."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from casework.presenters import history
from referrals import presenters
from referrals.actions.notes import add_note
from referrals.enums import NoteKind
from referrals.forms.notes import CorrectionForm, NoteForm
from referrals.models import Note
from referrals.views.base import ReferralFormView
from restorative.common.rules import rules

MOST_PRINTED = 1000


class History(ReferralFormView):
    """The history, newest first, as far as this user may know it; and a form to add a note."""

    form_class = NoteForm
    template_name = "casework/history.html"
    audit_verb = "history_viewed"
    title = "History"
    submit_text = "Add note"
    success = "Note added."
    readable = True
    action = add_note
    goes_to = "here"

    @cached_property
    def group(self) -> str:
        asked = self.request.GET.get("kind", "")
        return asked if asked in history.GROUPS else ""

    @cached_property
    def number(self) -> int:
        asked = self.request.GET.get("page", "")[:4]
        return max(int(asked), 1) if asked.isascii() and asked.isdigit() else 1

    @property
    def here(self) -> str:
        return reverse("casework:history", args=[self.referral.reference])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"readers": history.readers(self.referral, self.request.user)}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "print" in request.GET:
            return self.printed()
        return super().get(request, *args, **kwargs)

    def printed(self) -> HttpResponse:
        """The whole history on one sheet, without the form."""
        found = history.history(self.referral, self.request.user, self.at, self.group)
        self.template_name = "casework/history_print.html"
        self.audit_verb = "history_printed"
        self.submit_text = ""
        return self.show(
            entries=found.entries(0, MOST_PRINTED),
            cut=len(found.events) > MOST_PRINTED,
        )

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        context["back_text"] = "Back to the referral"
        context["groups"] = [("", "Everything"), *history.GROUPS.items()]
        context["group"] = self.group
        context["print_href"] = f"{self.here}?{urlencode({'kind': self.group, 'print': '1'})}"
        if self.template_name == History.template_name:
            size = rules().page_size
            found = history.history(self.referral, self.request.user, self.at, self.group)
            context["days"] = found.by_day((self.number - 1) * size, size)
            context["newer"] = self._page(self.number - 1) if self.number > 1 else ""
            context["older"] = self._page(self.number + 1) if len(found.events) > self.number * size else ""
            context["number"] = self.number
        return context

    def _page(self, number: int) -> str:
        asked = {key: value for key, value in (("kind", self.group), ("page", number)) if value}
        return f"{self.here}?{urlencode(asked)}"

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        people = presenters.parties_for(self.referral, self.request.user)
        party = next((each for each in people if str(each.pk) == said["audience"]), None)
        return {"party": party, "text": said["text"], "kind": NoteKind(said["kind"])}


class CorrectNote(ReferralFormView):
    form_class = CorrectionForm
    template_name = "referrals/person_form.html"
    title = "Correct a note"
    submit_text = "Add the correction"
    success = "Correction added."
    action = add_note
    note: Note

    def load(self) -> None:
        super().load()
        notes = Note.objects.visible_to(self.within).select_related("party", "created_by")
        self.note = get_object_or_404(notes, pk=self.kwargs["note"])

    @property
    def back_href(self) -> str:
        return reverse("casework:history", args=[self.referral.reference])

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.note, "referral_id": self.referral.pk, "party_id": self.note.party_id}

    def get_context(self) -> dict[str, Any]:
        party = self.note.party
        to = f"{party.known_as}’s side only" if party else "everyone who works on this referral"
        return {
            **super().get_context(),
            "back_text": "Back to the history",
            "intro": f"The note stays as it was written. Your correction stands beside it, for the same readers: {to}.",
            "facts": [{"key": "Written", "value": self.note.text}],
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        note = self.note
        return {"party": note.party, "kind": NoteKind(note.kind), "corrects": note, "text": said["text"]}
