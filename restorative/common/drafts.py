"""What somebody has typed into a form and not yet sent: kept for them alone, given back, thrown away and put back.
Which form it was typed into is its `place`; it opens only through that form's own view, which asks access first."""

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
LONGER = 15  # characters: what is worth copying
CODE = re.compile(r"[a-z0-9_-]+")  # an answer picked from a list, or an id


def find(owner: "User", place: str) -> Draft | None:
    """The draft of one form, if anything was typed into it."""
    return Draft.objects.filter(owner=owner, place=place, thrown_at=None).first()


def of(owner: "User") -> list[Draft]:
    """Everything somebody has typed and not sent, newest first; what they threw away last."""
    rows = list(Draft.objects.filter(owner=owner).order_by("-updated_at", "pk"))
    return sorted(rows, key=lambda row: row.thrown_at is not None)


def count(owner: "User") -> int:
    """How many forms somebody has begun and not sent."""
    return Draft.objects.filter(owner=owner, thrown_at=None).count()


def throw_away(owner: "User", key: uuid.UUID, *, at: datetime) -> bool:
    """Put one draft aside: its form opens empty. It can be put back. False where it is not theirs or not there."""
    return bool(Draft.objects.filter(owner=owner, pk=key, thrown_at=None).update(thrown_at=at))


def put_back(owner: "User", key: uuid.UUID) -> bool:
    """Undo throw_away."""
    return bool(Draft.objects.filter(owner=owner, pk=key).exclude(thrown_at=None).update(thrown_at=None))


def keep(owner: "User", place: str, *, title: str, typed: dict[str, Any], at: datetime) -> None:
    """Keep what was typed, over what was kept before. Nothing typed at all keeps nothing."""
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
    """Throw away what was kept of one form."""
    Draft.objects.filter(owner=owner, place=place).delete()


def forget_about(key: uuid.UUID) -> None:
    """Take away what anybody typed into forms about one thing, which is going, by the id in their addresses."""
    Draft.objects.filter(place__contains=f":{key}").delete()


def as_data(typed: dict[str, Any]) -> QueryDict:
    """Kept text as a form would have sent it."""
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


# As it was sent, where no form can be made of it


def place_of(match: ResolverMatch) -> str:
    """The place of the form at an address: its route's name with what stands in the address."""
    return ":".join([match.view_name, *(str(value) for value in match.kwargs.values())])


def raw(post: QueryDict, presses: Collection[str] = ()) -> dict[str, list[str]]:
    """What was sent, by name, without what is empty, secret or only a press of a button."""
    sent = {
        name: [value for value in values if value]
        for name, values in post.lists()
        if name not in presses and not NEVER_KEPT.search(name)
    }
    return {name: values for name, values in sent.items() if values}


def longer_texts(post: QueryDict, presses: Collection[str] = ()) -> list[str]:
    """The longer texts that were typed, for whoever typed them to copy."""
    values = (value for values in raw(post, presses).values() for value in values)
    return [value for value in values if len(value.strip()) > LONGER and not CODE.fullmatch(value)]


def words_of(draft: Draft) -> list[str]:
    """Everything in a draft that was written and not only chosen, for its owner to read and copy."""
    values = (value for _, values in as_data(draft.typed).lists() for value in values)
    return [value for value in values if isinstance(value, str) and not CODE.fullmatch(value)]


def parts_of(place: str) -> tuple[str, list[str]]:
    """The route's name and what stands in its address, of the place of a form: the other way from place_of."""
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
    """Keep what was sent to a form that could not be reached. What was saved already is not kept again."""
    typed, place = raw(post, presses), place_of(match)
    longest = Draft._meta.get_field("place").max_length or 0
    if not typed or len(place) > longest or "\0" in place:
        return
    earlier = sent_before(owner, post)
    if earlier is None or earlier.digest != digest(post, presses):
        one_or_more = {name: values if len(values) > 1 else values[0] for name, values in typed.items()}
        keep(owner, place, title=title, typed=one_or_more, at=at)


def digest(post: QueryDict, presses: Collection[str] = ()) -> str:
    """By which the same words are known again under the same token. It says nothing about the words."""
    typed = {
        name: [value.replace("\r\n", "\n") for value in values] for name, values in raw(post, presses).items()
    }
    return keyed_hash(f"{post.get('submission', '')}:{json.dumps(typed, sort_keys=True)}")


def sent_before(owner: "User", post: QueryDict) -> Submission | None:
    """What this person already sent with this form's token."""
    try:
        token = uuid.UUID(post.get("submission", ""))
    except ValueError:
        return None
    return Submission.objects.filter(pk=token, owner=owner).first()
