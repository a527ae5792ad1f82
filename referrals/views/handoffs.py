"""Requests between organisations: the list, one request with its content, and the answers to it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy

from referrals import access
from referrals.actions import handoff
from referrals.enums import UNANSWERED, HandoffKind, HandoffState
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
from referrals.presenters import inbox
from referrals.presenters.inbox import Inbox
from referrals.views.base import CaseworkPage, as_choices
from restorative.common import clock
from restorative.common.decisions import ALLOWED, Decision, NotPossible
from restorative.common.forms import BaseForm
from restorative.common.models import Draft
from restorative.common.rules import rules
from restorative.common.views import allows
from restorative.common.views_forms import ActionFormView

HANDOFFS = reverse_lazy("referrals:handoffs")


class Handoffs(CaseworkPage):
    """Requests to this user's organisation, and requests from the user's side to others. `list` in the address names
    one of the lists, which is then shown page by page."""

    title = "Handoffs"
    template_name = "referrals/handoffs.html"
    inbox: Inbox

    def load(self) -> None:
        user, kind = self.request.user, self.request.GET.get("list", "")
        lists, page = inbox.found(user), None
        if kind in inbox.KINDS:
            page = Paginator(lists[kind], rules().page_size).get_page(self.request.GET.get("page", "")[:9])
            lists = {kind: list(page.object_list)}
        self.inbox = Inbox(user, lists, page)

    def audited(self) -> dict[str, Any] | None:
        return {"things": list(self.inbox.rows), "thing_type": "handoff"} if self.inbox.rows else None

    def get_context(self) -> dict[str, Any]:
        query = urlencode({"list": self.request.GET.get("list", "")})
        return {"tables": self.inbox.tables(self.at), "page_obj": self.inbox.page, "query": query}


class HandoffFormView(ActionFormView):
    """A form about one request, for a user who may know of it."""

    policy = "handoff"
    audit_verb = "handoff_viewed"
    drafted = False
    about = "handoff"
    handoff: Handoff

    def load(self) -> None:
        self.handoff = self.find()
        self.names |= {"from_org": self.handoff.from_org.name, "to_org": self.handoff.to_org.name}

    def find(self) -> Handoff:
        """The request, with its content if this user may read it."""
        found = self.of_key(Handoff.objects.visible_to(self.request.user))
        if found is None:
            raise Http404
        if not found.opened:
            return found
        return self.of_key(Handoff.objects.opened_by(self.request.user)) or found

    def of_key(self, rows: Any) -> Handoff | None:
        related = "referral", "party", "from_org", "to_org", "sent_by", "decided_by", "receiver", "ended_by"
        return rows.select_related(*related).filter(pk=self.kwargs["handoff"]).first()

    def audited(self) -> dict[str, Any] | None:
        fields = ["packet"] if self.handoff.opened else []
        about = {"referral_id": self.handoff.referral_id, "party_id": self.handoff.party_id}
        return {"thing": self.handoff, "fields": fields, **about}

    @property
    def back_href(self) -> str:
        return reverse("referrals:handoff", args=[self.handoff.pk])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"version": self.handoff.version}

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
            form.data["version"] = str(self.handoff.version)

    def get_context(self) -> dict[str, Any]:
        what = shown.what(self.handoff, self.request.user)
        identity = {"name": what, "facts": [self.handoff.referral.reference]}
        return {**super().get_context(), "identity": identity}

    def done(self) -> str:
        still = Handoff.objects.visible_to(self.request.user).filter(pk=self.handoff.pk).exists()
        return reverse("referrals:handoff", args=[self.handoff.pk]) if still else HANDOFFS


class ShowHandoff(HandoffFormView):
    """One request: its content, questions and state; and Accept, for the receiver."""

    template_name = "referrals/handoff.html"
    title = "{what}"
    back_href = HANDOFFS
    submit_text = "Accept"
    action = handoff.accept

    def load(self) -> None:
        super().load()
        self.names["what"] = shown.what(self.handoff, self.request.user)

    @property
    def can_accept(self) -> bool:
        return self.handoff.shown_state in UNANSWERED and bool(
            access.may_answer(self.request.user, self.handoff)
        )

    @property
    def form_class(self) -> type[BaseForm]:  # type: ignore[override]
        return AcceptForm if self.can_accept else BaseForm

    def may(self) -> Decision:
        return (
            ALLOWED if self.request.method != "POST" else access.may_answer(self.request.user, self.handoff)
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Prefetching by browsers and mail scanners does not count as opening it.
        ahead = "prefetch" in f"{request.headers.get('Sec-Purpose', '')}{request.headers.get('Purpose', '')}"
        if request.method == "GET" and not ahead and self.handoff.shown_state == HandoffState.SENT:
            handoff.mark_seen(handoff=self.handoff, by=request.user, at=self.at)
            self.handoff = self.find()
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        if not self.can_accept:
            return {}
        takes = []
        if self.handoff.kind == HandoffKind.LEAD:
            people = self.handoff.packet["people"]
            takes = [(LEAD, "Lead"), *((each["id"], f"Help {each['name']} only") for each in people)]
        return {
            "workers": as_choices(access.colleagues(self.request.user)),
            "worker": str(self.request.user.pk),
            "takes": takes,
            "today": clock.today(self.at),
            "version": self.handoff.version,
        }

    def get_context(self) -> dict[str, Any]:
        user, row = self.request.user, self.handoff
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

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        user, kind, party = self.request.user, HandoffKind(self.handoff.kind), None
        if said.get("kind", LEAD) != LEAD:
            kind, party = HandoffKind.HELP, UUID(said["kind"])
        worker = access.colleagues(user).filter(pk=said["worker"]).first() if "worker" in said else user
        return {
            "worker": worker or user,
            "kind": kind,
            "party": party,
            "starts_on": said.get("starts_on") or clock.today(self.at),
            "version": said.get("version", STALE),
        }

    @property
    def success(self) -> str:
        return f"Accepted, starting {clock.show_day(self.said['starts_on'])}."


class AskAboutHandoff(HandoffFormView):
    """A question before answering or, for the sender's side, the answer to it."""

    form_class = WordsForm
    submit_text = "Send"
    success = "Sent."
    drafted = True
    action = handoff.ask_question

    def load(self) -> None:
        super().load()
        self.asks = self.handoff.to_org_id == self.request.user.organisation_id
        self.title = "Ask a question" if self.asks else "Answer their question"

    def may(self) -> Decision:
        may = access.may_answer if self.asks else access.may_take_back
        return may(self.request.user, self.handoff)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "label": "Your question" if self.asks else "Your answer"}

    def get_context(self) -> dict[str, Any]:
        thread = shown.thread(self.handoff, self.request.user) if self.handoff.opened else []
        return {**super().get_context(), "intro": thread[-1]["text"] if thread and not self.asks else ""}


class DeclineHandoff(HandoffFormView):
    """Declines, with a code."""

    title = "Decline"
    intro = "{from_org} is told why, by these words alone. You will not be able to read the request any more."
    form_class = DeclineForm
    submit_text = "Decline"
    submit_tone = "stop"
    success = "Declined."
    action = handoff.decline
    may = allows(access.may_answer, "handoff")


class WithdrawHandoff(HandoffFormView):
    """Withdraws a request that was not answered yet."""

    title = "Withdraw this request"
    intro = "{to_org} cannot read it any more, from this moment on. No reason is given."
    form_class = VersionForm
    submit_text = "Withdraw it"
    submit_tone = "stop"
    success = "Withdrawn."
    action = handoff.take_back
    may = allows(access.may_take_back, "handoff")
