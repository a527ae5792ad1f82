"""The base of every page: it checks access and audits reads. Pages with a form are in views_forms.py."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.views import View

from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import ALLOWED, Decision, Refused
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

    class SignedInRequest(HttpRequest):
        """A request past LoginRequiredMiddleware: its user is a member of staff."""

        user: User  # type: ignore[assignment]


class Forbidden(PermissionDenied):
    """403 with the sentence that explains it."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


def allows(rule: Callable[..., Decision], *names: str) -> Callable[["Page"], Decision]:
    """A view's `may` that asks one access rule, about these attributes of the view."""
    return lambda view: rule(view.request.user, *(getattr(view, name) for name in names))


# What a title says instead of a participant's name, where it is kept.
UNNAMED = {"name": "this person", "asked": "this person"}


class Page(View):
    """A page about a thing that `load` fetches through a scope; 404 if this user may not see it."""

    policy: ClassVar[str] = ""
    template_name: ClassVar[str] = ""
    title: str = ""
    audit_verb: ClassVar[str] = ""
    texts: ClassVar[tuple[str, ...]] = ("title",)  # attributes that may contain {…} from `names`
    names: dict[str, Any]
    at: datetime
    if TYPE_CHECKING:
        request: SignedInRequest  # type: ignore[assignment]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.at = clock.now()
        self.names = {"rules": rules()}
        if (
            request.method
            and request.method.lower() in self.http_method_names
            and hasattr(self, request.method.lower())
        ):
            self.load()
            self._fill_in()
            decision = self.may()
            if not decision:
                raise Forbidden(decision.why)
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refused as refused:
            raise Forbidden(refused.why) from refused

    def load(self) -> None:
        """Fetch the thing through visible_to or opened_by. Raise Http404 if it is not there."""

    def _fill_in(self) -> None:
        """Put the names into the texts that the class declares. Text that load() has set is left as it is."""
        for text in self.texts:
            declared = getattr(type(self), text)
            if isinstance(declared, str) and "{" in declared and text not in vars(self):
                setattr(self, text, declared.format(**self.names))

    @property
    def tab_title(self) -> str:
        """The title for the browser's tab and history, which stay on a shared laptop: it names no participant."""
        return capfirst(str(type(self).title).format(**self.names | UNNAMED)) or self.title

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
        context = {**self.get_context(), "title": self.title, "tab_title": self.tab_title, **more}
        return render(self.request, self.template_name, context, status=status)
