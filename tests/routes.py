"""Every route of the resolver, and the ids it needs.
Expected answers are in the tests that use this."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from restorative.middleware import policy_of


@dataclass(frozen=True)
class Route:
    """One route: its full name, its view and the names of its arguments."""

    name: str
    view: Any
    needs: frozenset[str]
    pattern: str

    @property
    def policy(self) -> str:
        return policy_of(self.view)

    def __str__(self) -> str:
        return self.name or self.pattern


def routes() -> list[Route]:
    """All routes, in the resolver's order."""
    return list(_walk(get_resolver(settings.ROOT_URLCONF), "", "", frozenset()))


def _walk(resolver: URLResolver, space: str, before: str, needs: frozenset[str]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        wanted = needs | frozenset(entry.pattern.converters) | frozenset(entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            yield Route(f"{space}{entry.name}" if entry.name else "", entry.callback, wanted, pattern)
        else:
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry, inner, pattern, wanted)
