"""Querysets that raise when evaluated, unless `visible_to(user)`, `opened_by(user)` or `unscoped(why)` was called.
This catches mistakes. Access itself is decided by the rule that sealed models filter by."""

from typing import Any, Self

from django.db import models


class Unscoped(RuntimeError):
    """A protected queryset was evaluated without a scope."""


class ProtectedQuerySet(models.QuerySet):
    """A queryset that needs a scope before it is evaluated.

    Used unevaluated, inside Exists(), Subquery() or `filter(x__in=…)`, it needs none: what counts is the scope of the
    query that runs.
    """

    _scope: str | None = None

    def scoped(self, scope: str) -> Self:
        """This queryset with a scope. Only for a model's `visible_to` and `opened_by`; other code calls `unscoped`."""
        clone = self._chain()
        clone._scope = scope
        return clone

    def unscoped(self, why: str) -> Self:
        """This queryset for all rows, for actions and system jobs, with the reason in the code."""
        if not why.strip():
            raise ValueError("unscoped() needs a reason.")
        return self.scoped(f"unscoped: {why}")

    def _clone(self) -> Self:
        clone = super()._clone()
        clone._scope = self._scope
        return clone

    def _guard(self) -> None:
        if self._scope is None:
            raise Unscoped(f"{self.model.__name__} rows need visible_to(user) or unscoped(why).")

    def raw(self, *args: Any, **kwargs: Any):
        raise Unscoped(f"SQL of one's own on {self.model.__name__} rows cannot be scoped.")

    def __or__(self, other: Any) -> Self:
        return self._as_narrow_as(other, super().__or__(other))

    def __xor__(self, other: Any) -> Self:
        return self._as_narrow_as(other, super().__xor__(other))

    def _combinator_query(self, combinator: str, *others: Any, all: bool = False) -> Self:
        found = super()._combinator_query(combinator, *others, all=all)
        for other in others:
            self._as_narrow_as(other, found)
        return found

    def _as_narrow_as(self, other: Any, both: Self) -> Self:
        """A combination of two queries has a scope only if both have."""
        if getattr(other, "_scope", None) is None:
            both._scope = None
        return both

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._guard()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any):
        self._guard()
        return super().iterator(*args, **kwargs)

    def aiterator(self, *args: Any, **kwargs: Any):
        self._guard()
        return super().aiterator(*args, **kwargs)

    def count(self) -> int:
        self._guard()
        return super().count()

    def exists(self) -> bool:
        self._guard()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any):
        self._guard()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._guard()
        return super().update(**kwargs)

    def delete(self):
        self._guard()
        return super().delete()


def protected_manager(queryset_class: type[ProtectedQuerySet]):
    """A manager over the given protected queryset class, for `objects`."""
    return models.Manager.from_queryset(queryset_class)()
