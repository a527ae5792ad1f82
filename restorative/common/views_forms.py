"""The base of every page with a form: it runs one action, saves drafts and lets a form be submitted once.
Most views only declare what is theirs:

    class AcceptLate(PersonFormView):
        policy = "manager_of_the_party"
        form_class = AcceptLateForm                       # its answers are keywords of the action: `why`
        title = "Accept {name}’s older check"             # {name} stands in `names`, which load() fills
        action, about = accept_late, "check"              # accept_late(check=self.check, why=…, by=…, at=…)
        may = allows(access.may_accept_late, "party")     # access.may_accept_late(user, self.party)
        success = "Accepted."
"""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from restorative.common import drafts
from restorative.common.decisions import NotPossible
from restorative.common.forms import BaseForm
from restorative.common.models import Draft, Submission
from restorative.common.views import Page

TOO_MUCH = "What came of it is below, the end may be missing. Shorten it, or save it in two parts."
SAVED_BEFORE = (
    "This was already saved. What you changed since is below and has not been saved yet. "
    "Save again to add it."
)


class ActionFormView(Page):
    """A form that runs one action when valid. Typed text is saved at every step; a repeated submission acts once."""

    template_name = "form_page.html"
    form_class: ClassVar[type[BaseForm]] = BaseForm  # with no question: the press is the answer
    action: ClassVar[Callable[..., Any]]
    form: BaseForm  # these three: what was submitted, its answers, and what the action returned
    said: dict[str, Any]
    result: Any
    about: ClassVar[str] = ""  # what the action changes: an attribute of the view, and the action's keyword
    success: str = "Saved."
    intro: str = ""
    warning: str = ""
    submit_text: str = "Save"
    submit_tone: str = ""
    back_href: str = ""
    goes_to: ClassVar[str] = "back_href"  # the attribute with the path to go to after the action
    texts = ("title", "intro", "warning", "submit_text", "success")
    drafted: ClassVar[bool] = True
    presses: ClassVar[frozenset[str]] = frozenset()  # names of buttons that are submitted with the form

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form's arguments besides data: choices, names, initial."""
        return {}

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "intro": self.intro, "warning": self.warning}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        """The action's keywords besides `about`, by and at, from the form's answers. Usually they have equal names."""
        return said

    def act(self, form: BaseForm) -> str:
        """Run the action and return the path to redirect to. A NotPossible is shown on the form."""
        self.form = form
        self.said = {name: value for name, value in form.cleaned_data.items() if name != "submission"}
        about = {self.about: getattr(self, self.about)} if self.about else {}
        self.result = self.run(**about, **self.arguments({**self.said}), by=self.request.user, at=self.at)
        self.tell()
        return self.done()

    def run(self, **arguments: Any) -> Any:
        return type(self).action(**arguments)

    def tell(self) -> None:
        """Say what was done. `success` may be a property that reads `self.said` and `self.result`."""
        messages.success(self.request, self.success)

    def done(self) -> str:
        """The path to redirect to after the action."""
        return getattr(self, self.goes_to)

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
            title = type(self).title  # as it is declared: the page's own title may name a person
            drafts.rescue(
                request.user,
                request.resolver_match,
                request.POST,
                at=self.at,
                title=title if isinstance(title, str) and "{" not in title else "",
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


class PreviewMixin:
    """A form in two steps: what was typed is previewed first, and only the button `confirms` runs the action."""

    confirms: ClassVar[str] = ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        passed_on = {"discard", self.confirms} & set(request.POST) or "X-Draft" in request.headers
        if passed_on or hasattr(request, "too_much"):
            return super().post(request, *args, **kwargs)
        form = self.form_class(self.data(), **self.get_form_kwargs())
        valid = form.is_valid()
        if valid and "change" not in request.POST:
            try:
                return self.preview(form)
            except NotPossible as refusal:
                self._say(form, refusal)
                valid = False
        self.keep(form)
        return self.show(status=200 if valid else 422, form=form)

    def data(self) -> QueryDict:
        return self.request.POST

    def preview(self, form: BaseForm) -> HttpResponse:
        """Check and keep a valid form, and show what it would do. A NotPossible is shown on the form."""
        raise NotImplementedError
