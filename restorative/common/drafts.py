"""What somebody has typed into a form and not yet sent: kept for them alone, given back, thrown away.
Which form it was typed into is its `place`; it opens only through that form's own view, which asks access first."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from restorative.common.models import Draft

if TYPE_CHECKING:
    from restorative.accounts.models import User


def find(owner: "User", place: str) -> Draft | None:
    """The draft of one form, if anything was typed into it."""
    return Draft.objects.filter(owner=owner, place=place).first()


def keep(owner: "User", place: str, *, title: str, typed: dict[str, Any], at: datetime) -> None:
    """Keep what was typed, over what was kept before. Nothing typed at all keeps nothing."""
    if not typed:
        forget(owner, place)
        return
    Draft.objects.update_or_create(
        owner=owner,
        place=place,
        defaults={"title": title, "typed": typed, "updated_at": at},
        create_defaults={"title": title, "typed": typed, "updated_at": at, "started_at": at},
    )


def forget(owner: "User", place: str) -> None:
    """Throw away what was kept of one form."""
    Draft.objects.filter(owner=owner, place=place).delete()


def as_data(typed: dict[str, Any]) -> QueryDict:
    """Kept text as a form would have sent it."""
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data
