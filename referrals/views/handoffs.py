"""Requests between organisations: the list, one request with its content, and the answers to it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from referrals import access
from referrals.actions import handoff
from referrals.enums import UNANSWERED, DeclineCode, HandoffKind, HandoffState
from referrals.forms.handoffs import (
    LEAD,
    STALE,
    AcceptForm,
    DeclineForm,
    VersionForm,
    WordsForm,
)
from referrals.models import Handoff
from referrals.presenters import handoffs as shown
from referrals.views.base import CaseworkPage
from restorative.common import clock
from restorative.common.decisions import ALLOWED, Decision, NotPossible
from restorative.common.forms import BaseForm
from restorative.common.models import Draft
from restorative.common.views import ActionFormView


class Handoffs(CaseworkPage):
    """Requests to this user's organisation, and requests from the user's side to others."""

    title = "Handoffs"
    template_name = "referrals/handoffs.html"
    rows: list

    def load(self) -> None:
        self.rows = shown.of_user(self.request.user)

    def audited(self) -> dict[str, Any] | None:
        return {"things": [row.pk for row in self.rows], "thing_type": "handoff"} if self.rows else None

    def get_context(self) -> dict[str, Any]:
        return {"lists": shown.inbox(self.rows, self.request.user, self.at)}


class HandoffFormView(ActionFormView):
    """A form about one request, for a user who may know of it."""

    policy = "handoff"
    audit_verb = "handoff_viewed"
    drafted = False
    row: Handoff

    def load(self) -> None:
        self.row = self.find()

    def find(self) -> Handoff:
        """The request, with its content if this user may read it."""
        rows = Handoff.objects.visible_to(self.request.user)
        found = self.of_key(rows)
        if found is None:
            raise Http404
        if not found.opened:
            return found
        return self.of_key(Handoff.objects.opened_by(self.request.user)) or found

    def of_key(self, rows: Any) -> Handoff | None:
        related = "referral", "party", "from_org", "to_org", "sent_by", "decided_by", "receiver", "ended_by"
        return rows.select_related(*related).filter(pk=self.kwargs["handoff"]).first()

    def audited(self) -> dict[str, Any] | None:
        fields = ["packet"] if self.row.opened else []
        about = {"referral_id": self.row.referral_id, "party_id": self.row.party_id}
        return {"thing": self.row, "fields": fields, **about}

    @property
    def page_href(self) -> str:
        return reverse("referrals:handoff", args=[self.row.pk])

    @property
    def back_href(self) -> str:
        return self.page_href

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"version": self.row.version}

    def kept(self) -> Draft | None:
        """The typed values without their version, because a stored draft has the version too."""
        draft = super().kept()
        if draft is not None:
            draft.typed.pop("version", None)
        return draft

    def _say(self, form: BaseForm, refusal: NotPossible) -> None:  # type: ignore[override]
        """After a conflict the page shows the current version, so that the user may answer that."""
        super()._say(form, refusal)
        if handoff.LOOK_AGAIN in refusal.sentences:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(self.row.version)

    def get_context(self) -> dict[str, Any]:
        identity = {"name": shown.what(self.row, self.request.user), "facts": [self.row.referral.reference]}
        return {"identity": identity}

    def answered(self, what: str) -> str:
        messages.success(self.request, what)
        still = Handoff.objects.visible_to(self.request.user).filter(pk=self.row.pk).exists()
        return self.page_href if still else reverse("referrals:handoffs")


class ShowHandoff(HandoffFormView):
    """One request: its content, questions and state; and Accept, for the receiver."""

    template_name = "referrals/handoff.html"
    submit_text = "Accept"

    @property
    def title(self) -> str:  # type: ignore[override]
        return shown.what(self.row, self.request.user)

    @property
    def back_href(self) -> str:
        return reverse("referrals:handoffs")

    @property
    def can_accept(self) -> bool:
        return self.row.shown_state in UNANSWERED and bool(access.may_answer(self.request.user, self.row))

    @property
    def form_class(self) -> type[BaseForm]:  # type: ignore[override]
        return AcceptForm if self.can_accept else BaseForm

    def may(self) -> Decision:
        return ALLOWED if self.request.method != "POST" else access.may_answer(self.request.user, self.row)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Prefetching by browsers and mail scanners does not count as opening it.
        ahead = "prefetch" in f"{request.headers.get('Sec-Purpose', '')}{request.headers.get('Purpose', '')}"
        if request.method == "GET" and not ahead and self.row.shown_state == HandoffState.SENT:
            handoff.mark_seen(handoff=self.row, by=request.user, at=self.at)
            self.row = self.find()
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        if not self.can_accept:
            return {}
        workers = [(str(each.pk), each.full_name) for each in access.colleagues(self.request.user)]
        takes = []
        if self.row.kind == HandoffKind.LEAD:
            people = self.row.packet["people"]
            takes = [(LEAD, "Lead"), *((each["id"], f"Help {each['name']} only") for each in people)]
        return {
            "workers": workers,
            "worker": str(self.request.user.pk),
            "takes": takes,
            "today": clock.today(self.at),
            "version": self.row.version,
        }

    def get_context(self) -> dict[str, Any]:
        user, row = self.request.user, self.row
        read = row.opened
        return {
            **super().get_context(),
            "packet": row.packet if read else None,
            "facts": shown.facts(row, user),
            "outcome": shown.outcome(row) if read and row.sent_by_us else [],
            "thread": shown.thread(row, user) if read else [],
            "links": shown.links(row, user),
            "can_accept": self.can_accept,
        }

    def show(self, status: int = 200, **more: Any) -> HttpResponse:
        return super().show(status=status, **{"cancel_href": "", **more})

    def act(self, form: BaseForm) -> str:
        said, user = form.cleaned_data, self.request.user
        kind, party = HandoffKind(self.row.kind), None
        if said.get("kind", LEAD) != LEAD:
            kind, party = HandoffKind.HELP, UUID(said["kind"])
        worker = access.colleagues(user).filter(pk=said["worker"]).first() if "worker" in said else user
        handoff.accept(
            handoff=self.row,
            worker=worker or user,
            kind=kind,
            party=party,
            starts_on=said.get("starts_on") or clock.today(self.at),
            version=said.get("version", STALE),
            by=user,
            at=self.at,
        )
        return self.answered(f"Accepted, starting {clock.show_day(said['starts_on'])}.")


class Answering(HandoffFormView):
    """An answer of the receiving organisation."""

    def may(self) -> Decision:
        return access.may_answer(self.request.user, self.row)


class AskAboutHandoff(HandoffFormView):
    """A question before answering or, for the sender's side, the answer to it."""

    form_class = WordsForm
    submit_text = "Send"
    drafted = True

    @property
    def asks(self) -> bool:
        return self.row.to_org_id == self.request.user.organisation_id

    @property
    def title(self) -> str:  # type: ignore[override]
        return "Ask a question" if self.asks else "Answer their question"

    def may(self) -> Decision:
        may = access.may_answer if self.asks else access.may_take_back
        return may(self.request.user, self.row)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"version": self.row.version, "label": "Your question" if self.asks else "Your answer"}

    def get_context(self) -> dict[str, Any]:
        thread = shown.thread(self.row, self.request.user) if self.row.opened else []
        return {**super().get_context(), "intro": thread[-1]["text"] if thread and not self.asks else ""}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        handoff.ask_question(
            handoff=self.row,
            words=said["words"],
            version=said["version"],
            by=self.request.user,
            at=self.at,
        )
        return self.answered("Sent.")


class DeclineHandoff(Answering):
    """Declines, with a code."""

    title = "Decline"
    form_class = DeclineForm
    submit_text = "Decline"
    submit_tone = "stop"

    def get_context(self) -> dict[str, Any]:
        intro = (
            f"{self.row.from_org.name} is told why, by these words alone. You will not be able to read the request "
            "any more."
        )
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        code = DeclineCode(said["code"])
        handoff.decline(
            handoff=self.row, code=code, version=said["version"], by=self.request.user, at=self.at
        )
        return self.answered("Declined.")


class WithdrawHandoff(HandoffFormView):
    """Withdraws a request that was not answered yet."""

    title = "Withdraw this request"
    form_class = VersionForm
    submit_text = "Withdraw it"
    submit_tone = "stop"

    def may(self) -> Decision:
        return access.may_take_back(self.request.user, self.row)

    def get_context(self) -> dict[str, Any]:
        intro = f"{self.row.to_org.name} cannot read it any more, from this moment on. No reason is given."
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        version = form.cleaned_data["version"]
        handoff.take_back(handoff=self.row, version=version, by=self.request.user, at=self.at)
        return self.answered("Withdrawn.")
