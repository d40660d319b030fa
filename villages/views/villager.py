"""Who stands before a villager's page: the resident, or somebody acting for one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers

from accounts.access import audience
from accounts.roles import Role
from villages.access import helped_by
from villages.models import Resident
from villages.selectors.consents import has_agreed

ACTING_FOR = "village_acting_for"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass
class Villager:
    """``own`` is signed in; ``resident`` is whom the page is about: the same, or one whom ``own`` helps."""

    own: Resident
    resident: Resident

    @property
    def by_proxy(self) -> bool:
        return self.own.pk != self.resident.pk

    @cached_property
    def helped(self) -> list[Resident]:
        """Everybody the signed-in villager may act for."""
        return [helper.resident for helper in helped_by(self.own)]


def find_villager(request: HttpRequest) -> Villager | None:
    """The villager of a request, with whom he acts for now; None if the user is no resident."""
    found = (
        Resident.objects.select_related("village", "household")
        .filter(user=request.user.pk, user__isnull=False, status="active")
        .first()
    )
    if found is None:
        return None
    villager = Villager(found, found)
    wanted = request.session.get(ACTING_FOR) if hasattr(request, "session") else None
    if wanted is not None:
        helper = helped_by(found).filter(resident_id=wanted).select_related("resident__village").first()
        if helper is None:
            request.session.pop(ACTING_FOR, None)
        else:
            villager.resident = helper.resident
    return villager


def get_villager(request: HttpRequest) -> Villager:
    """The villager of a request. Raises PermissionDenied for a user who is no resident."""
    found = find_villager(request)
    if found is None:
        raise PermissionDenied("您的账号没有对应的村民档案，请联系村管理员。")
    return found


def villager_page(view: View) -> View:
    """Open a page to villagers who have read the purpose; ``request.villager`` says who it is."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        villager = get_villager(request)
        request.villager = villager  # type: ignore[attr-defined]
        if not has_agreed(villager.resident):
            return redirect("villages:welcome")
        return _kept_nowhere(view(request, *args, **kwargs))

    declared = audience(Role.VILLAGER)(guarded)
    declared.sign_in_page = "villages:door"  # type: ignore[attr-defined]
    return declared  # type: ignore[return-value]


def villager_step(view: View) -> View:
    """Like :func:`villager_page`, but reachable before consent: the steps towards it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.villager = get_villager(request)  # type: ignore[attr-defined]
        return _kept_nowhere(view(request, *args, **kwargs))

    declared = audience(Role.VILLAGER)(guarded)
    declared.sign_in_page = "villages:door"  # type: ignore[attr-defined]
    return declared  # type: ignore[return-value]


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    """A phone is often shared: after signing out no page may come back from its memory."""
    add_never_cache_headers(response)
    return response
