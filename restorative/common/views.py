"""Base views: a page that shows (`Page`) and a page with a form that runs an action (`ActionFormView`).
They check access, audit reads, save drafts and let a form be submitted once. They know no app."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views import View

from restorative.audit.ledger import record
from restorative.common import clock, drafts
from restorative.common.decisions import ALLOWED, Decision, NotPossible, Refused
from restorative.common.forms import BaseForm
from restorative.common.models import Draft, Submission

if TYPE_CHECKING:
    from restorative.accounts.models import User

    class SignedInRequest(HttpRequest):
        """A request past LoginRequiredMiddleware: its user is a member of staff."""

        user: User  # type: ignore[assignment]


TOO_MUCH = "What came of it is below, the end may be missing. Shorten it, or save it in two parts."
SAVED_BEFORE = (
    "This was already saved. What you changed since is below and has not been saved yet. "
    "Save again to add it."
)


class Forbidden(PermissionDenied):
    """403 with the sentence that explains it."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


class Page(View):
    """A page about a thing that `load` fetches through a scope; 404 if this user may not see it."""

    policy: ClassVar[str] = ""
    template_name: ClassVar[str] = ""
    title: str = ""
    audit_verb: ClassVar[str] = ""
    at: datetime
    if TYPE_CHECKING:
        request: SignedInRequest  # type: ignore[assignment]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.at = clock.now()
        if (
            request.method
            and request.method.lower() in self.http_method_names
            and hasattr(self, request.method.lower())
        ):
            self.load()
            decision = self.may()
            if not decision:
                raise Forbidden(decision.why)
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refused as refused:
            raise Forbidden(refused.why) from refused

    def load(self) -> None:
        """Fetch the thing through visible_to or opened_by. Raise Http404 if it is not there."""

    def may(self) -> Decision:
        """Whether this user may do what the page is for."""
        return ALLOWED

    def get_context(self) -> dict[str, Any]:
        """The template's context besides the title."""
        return {}

    def audited(self) -> dict[str, Any] | None:
        """The ledger entry for showing this page, as keywords of record(); None for no entry."""
        return None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()

    def show(self, status: int = 200, **more: Any) -> HttpResponse:
        """Write the ledger entry first, then show the page. If the entry cannot be written, nothing is shown."""
        if self.audit_verb and (about := self.audited()) is not None:
            with transaction.atomic():
                record(self.audit_verb, by=self.request.user, at=self.at, **about)
        context = {**self.get_context(), "title": self.title, **more}
        return render(self.request, self.template_name, context, status=status)


class ActionFormView(Page):
    """A form that runs one action when valid. Typed text is saved at every step; a repeated submission acts once."""

    template_name = "form_page.html"
    form_class: ClassVar[type[BaseForm]] = BaseForm  # with no question: the press is the answer
    submit_text: str = "Save"
    submit_tone: str = ""
    back_href: str = ""
    drafted: ClassVar[bool] = True
    presses: ClassVar[frozenset[str]] = frozenset()  # names of buttons that are submitted with the form

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form's arguments besides data: choices, names, initial."""
        return {}

    def act(self, form: BaseForm) -> str:
        """Run the action and return the path to redirect to. A NotPossible is shown on the form."""
        raise NotImplementedError

    # Drafts

    @property
    def place(self) -> str:
        return drafts.place_of(self.request.resolver_match)

    def kept(self) -> Draft | None:
        return drafts.find(self.request.user, self.place) if self.drafted else None

    def keep(self, form: BaseForm) -> None:
        earlier = drafts.sent_before(self.request.user, self.request.POST)
        if self.drafted and (earlier is None or not self._same(earlier)):
            drafts.keep(self.request.user, self.place, title=self.title[:120], typed=form.typed(), at=self.at)

    def rescue(self) -> list[str]:
        """Save what was submitted to a page that refuses it. Returns the user's own longer texts, for copying."""
        request = self.request
        if "discard" in request.POST:
            drafts.forget(request.user, self.place)
        elif self.drafted:
            title = type(self).title  # this page's own title may name a person
            drafts.rescue(
                request.user,
                request.resolver_match,
                request.POST,
                at=self.at,
                title=title if isinstance(title, str) else "",
                presses=self.presses,
            )
        return drafts.longer_texts(request.POST, self.presses)

    # Requests

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        if went := self._went():
            return HttpResponseRedirect(went, status=303)
        try:
            return super().dispatch(request, *args, **kwargs)
        except (Http404, PermissionDenied) as refusal:
            refusal.typed = self.rescue()  # type: ignore[union-attr]
            raise

    def _same(self, earlier: Submission) -> bool:
        """Whether the earlier submission had the same values."""
        return earlier.digest == drafts.digest(self.request.POST, self.presses)

    def _went(self) -> str:
        """The redirect of an identical earlier submission, if any: its action may have made this page unavailable."""
        if "X-Draft" in self.request.headers or hasattr(self.request, "too_much"):
            return ""
        earlier = drafts.sent_before(self.request.user, self.request.POST)
        return earlier.next_path if earlier and self._same(earlier) else ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kept = self.kept()
        if kept is None:
            return self.show(form=self.form_class(**self.get_form_kwargs()))
        form = self.form_class(drafts.as_data(kept.typed), **self.get_form_kwargs())
        if not form.typed():  # no value of this form
            return self.show(form=self.form_class(**self.get_form_kwargs()))
        form._errors = ErrorDict()  # shown as the user left it, without validation
        return self.show(form=form, kept=kept)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "discard" in request.POST:
            drafts.forget(request.user, self.place)
            return HttpResponseRedirect(request.get_full_path())
        form = self.form_class(request.POST, **self.get_form_kwargs())
        if too_much := getattr(request, "too_much", ""):
            return self._too_much(form, too_much)
        if "X-Draft" in request.headers:
            self.keep(form)
            return HttpResponse(status=204)
        if drafts.sent_before(request.user, request.POST):
            return self._again()
        if not form.is_valid():
            self.keep(form)
            return self.show(status=422, form=form)
        try:
            next_path = self._once(form)
        except NotPossible as refusal:
            self._say(form, refusal)
            self.keep(form)
            return self.show(status=422, form=form)
        if not next_path:
            return self._again()
        drafts.forget(request.user, self.place)
        return HttpResponseRedirect(next_path, status=303)

    def _too_much(self, form: BaseForm, why: str) -> HttpResponse:
        """The body was too large: save and show what arrived, and do not act."""
        if form.typed():
            self.keep(form)
        if "X-Draft" in self.request.headers:
            return HttpResponse(status=413)
        form.add_error(None, f"{why} {TOO_MUCH}")
        return self.show(status=422, form=form)

    def _again(self) -> HttpResponse:
        """The form was submitted before with other values: show these as a new form."""
        data = self.request.POST.copy()
        data["submission"] = str(uuid.uuid4())
        form = self.form_class(data, **self.get_form_kwargs())
        form.add_error(None, SAVED_BEFORE)
        self.keep(form)
        return self.show(status=422, form=form)

    def _once(self, form: BaseForm) -> str:
        """Act once for each token. An identical resubmission returns the first redirect; other values return ''."""
        token = form.cleaned_data["submission"] or form["submission"].value()
        user = self.request.user
        with transaction.atomic():
            try:
                with transaction.atomic():
                    sent = Submission.objects.create(
                        token=token,
                        owner=user,
                        digest=drafts.digest(self.request.POST, self.presses),
                        sent_at=self.at,
                    )
            except IntegrityError:
                earlier = Submission.objects.filter(pk=token, owner=user).first()
                if earlier is None:
                    raise NotPossible("This form was already sent. Reload the page and try again.") from None
                return earlier.next_path if self._same(earlier) else ""
            sent.next_path = self.act(form)
            sent.save(update_fields=["next_path"])
            return sent.next_path

    @staticmethod
    def _say(form: BaseForm, refusal: NotPossible) -> None:
        field = refusal.field if refusal.field in form.fields else None
        for sentence in refusal.sentences:
            form.add_error(field, sentence)

    def show(self, status: int = 200, **more: Any) -> HttpResponse:
        return super().show(
            status=status,
            **{
                "submit_text": self.submit_text,
                "submit_tone": self.submit_tone,
                "back_href": self.back_href,
                "cancel_href": self.back_href,
                "draft": self.drafted,
                **more,
            },
        )
