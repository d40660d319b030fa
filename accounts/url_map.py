"""Every address of the portal with the audience its view declares, as the resolver knows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from .access import Audience, declared_audience


@dataclass(frozen=True)
class Address:
    """One URL pattern: its full name (``credit:search``, '' if it has none), its route, its view."""

    name: str
    route: str
    view: Any

    @property
    def audience(self) -> Audience | None:
        return declared_audience(self.view)


def addresses() -> list[Address]:
    """Every pattern of the project, in the order of the URL configuration."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], namespace: str, prefix: str) -> Iterator[Address]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, inner, route)
        elif isinstance(entry, URLPattern):
            yield Address(f"{namespace}{entry.name}" if entry.name else "", route, entry.callback)
