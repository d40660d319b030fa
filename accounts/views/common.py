"""What the officers' pages share."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User

PAGE_SIZE = 50


def actor(request: HttpRequest) -> User:
    """The signed-in user, as a user."""
    assert isinstance(request.user, User)
    return request.user


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any]) -> Page[Any]:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def crumbs(*steps: tuple[str, str]) -> list[dict[str, str]]:
    """(label, URL) pairs as the breadcrumbs want them; the last one is the page itself."""
    return [{"label": label, "url": url} for label, url in steps]
