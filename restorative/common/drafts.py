"""Drafts: text typed into a form and not yet submitted. Private to its author; can be continued, deleted and restored.
A draft's `place` names its form. It opens only through that form's view, which checks access first."""

import json
import re
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.urls import ResolverMatch

from restorative.common.fields import keyed_hash
from restorative.common.models import Draft, Submission

if TYPE_CHECKING:
    from restorative.accounts.models import User

NEVER_KEPT = re.compile(r"password|token|csrf|secret|^submission$|^discard$", re.IGNORECASE)
LONGER = 15  # characters: long enough to be worth copying
CODE = re.compile(r"[a-z0-9_-]+")  # an answer picked from a list, or an id


def find(owner: "User", place: str) -> Draft | None:
    return Draft.objects.filter(owner=owner, place=place, thrown_at=None).first()


def of(owner: "User") -> list[Draft]:
    """A user's drafts, newest first; deleted ones last."""
    rows = list(Draft.objects.filter(owner=owner).order_by("-updated_at", "pk"))
    return sorted(rows, key=lambda row: row.thrown_at is not None)


def count(owner: "User") -> int:
    """The number of a user's drafts."""
    return Draft.objects.filter(owner=owner, thrown_at=None).count()


def throw_away(owner: "User", key: uuid.UUID, *, at: datetime) -> bool:
    """Delete one draft, so that its form opens empty; put_back undoes it. False if the user has no such draft."""
    return bool(Draft.objects.filter(owner=owner, pk=key, thrown_at=None).update(thrown_at=at))


def put_back(owner: "User", key: uuid.UUID) -> bool:
    """Undo throw_away."""
    return bool(Draft.objects.filter(owner=owner, pk=key).exclude(thrown_at=None).update(thrown_at=None))


def keep(owner: "User", place: str, *, title: str, typed: dict[str, Any], at: datetime) -> None:
    """Save typed text, replacing the earlier draft. Saves nothing if nothing was typed."""
    if not typed:
        forget(owner, place)
        return
    Draft.objects.update_or_create(
        owner=owner,
        place=place,
        defaults={"title": title, "typed": typed, "updated_at": at, "thrown_at": None},
        create_defaults={"title": title, "typed": typed, "updated_at": at, "started_at": at},
    )


def forget(owner: "User", place: str) -> None:
    """Delete the draft of one form for good."""
    Draft.objects.filter(owner=owner, place=place).delete()


def forget_about(key: uuid.UUID) -> None:
    """Delete all users' drafts of forms about one thing that is being deleted, by the id in the forms' addresses."""
    Draft.objects.filter(place__contains=f":{key}").delete()


def as_data(typed: dict[str, Any]) -> QueryDict:
    """A draft in the shape of submitted form data."""
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


# as submitted, where no form can be built from it


def place_of(match: ResolverMatch) -> str:
    """The place of the form at an address: the route's name and its arguments."""
    return ":".join([match.view_name, *(str(value) for value in match.kwargs.values())])


def raw(post: QueryDict, presses: Collection[str] = ()) -> dict[str, list[str]]:
    """Submitted values by name, without empty values, secrets and button names."""
    sent = {
        name: [value for value in values if value]
        for name, values in post.lists()
        if name not in presses and not NEVER_KEPT.search(name)
    }
    return {name: values for name, values in sent.items() if values}


def longer_texts(post: QueryDict, presses: Collection[str] = ()) -> list[str]:
    """The longer texts among the values, shown to their author for copying."""
    values = (value for values in raw(post, presses).values() for value in values)
    return [value for value in values if len(value.strip()) > LONGER and not CODE.fullmatch(value)]


def words_of(draft: Draft) -> list[str]:
    """All free text of a draft, without values chosen from a list, for its owner to read and copy."""
    values = (value for _, values in as_data(draft.typed).lists() for value in values)
    return [value for value in values if isinstance(value, str) and not CODE.fullmatch(value)]


def parts_of(place: str) -> tuple[str, list[str]]:
    """The route's name and arguments of a place: the reverse of place_of."""
    space, _, rest = place.partition(":")
    name, *values = rest.split(":") if rest else [""]
    return f"{space}:{name}" if name else space, values


def rescue(
    owner: "User",
    match: ResolverMatch,
    post: QueryDict,
    *,
    at: datetime,
    title: str = "",
    presses: Collection[str] = (),
) -> None:
    """Save as a draft what was submitted to a form that could not be reached, unless it was submitted before."""
    typed, place = raw(post, presses), place_of(match)
    longest = Draft._meta.get_field("place").max_length or 0
    if not typed or len(place) > longest or "\0" in place:
        return
    earlier = sent_before(owner, post)
    if earlier is None or earlier.digest != digest(post, presses):
        one_or_more = {name: values if len(values) > 1 else values[0] for name, values in typed.items()}
        keep(owner, place, title=title, typed=one_or_more, at=at)


def digest(post: QueryDict, presses: Collection[str] = ()) -> str:
    """A keyed hash that recognises the same submission under the same token without revealing its text."""
    typed = {
        name: [value.replace("\r\n", "\n") for value in values] for name, values in raw(post, presses).items()
    }
    return keyed_hash(f"{post.get('submission', '')}:{json.dumps(typed, sort_keys=True)}")


def sent_before(owner: "User", post: QueryDict) -> Submission | None:
    """This user's earlier submission with the same form token."""
    try:
        token = uuid.UUID(post.get("submission", ""))
    except ValueError:
        return None
    return Submission.objects.filter(pk=token, owner=owner).first()
