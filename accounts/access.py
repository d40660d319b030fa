"""May this user? Every page and endpoint declares its audience; what declares none answers nobody."""

from collections.abc import Callable
from typing import Any, TypeVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

import audit

from .roles import Role

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"
SIGNED_IN = "signed_in"
Audience = frozenset[Role] | str


class UndeclaredAudience(RuntimeError):
    """A view was reached that says nothing about who may see it: a programming error, refused."""


def audience(*roles: Role) -> Callable[[View], View]:
    """Open a page to the holders of any of ``roles``."""

    def declare(view: View) -> View:
        view.audience = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return declare


def any_signed_in(view: View) -> View:
    """Open a page to everyone who is signed in."""
    view.audience = SIGNED_IN  # type: ignore[attr-defined]
    return view


def open_to_all(view: View) -> View:
    """Open a page to the public, without sign-in."""
    view.audience = ANYONE  # type: ignore[attr-defined]
    view.login_required = False  # type: ignore[attr-defined]
    return view


def sign_in_step(view: View) -> View:
    """Keep a page reachable while sign-in is not complete (second step, forced change of password)."""
    view.sign_in_step = True  # type: ignore[attr-defined]
    return view


def is_sign_in_step(view: Any) -> bool:
    return bool(getattr(view, "sign_in_step", False))


def declared_audience(view: Any) -> Audience | None:
    """What a view function, or the class behind it, declares; None if it is silent."""
    for holder in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        found = getattr(holder, "audience", None)
        if found is not None:
            return found if isinstance(found, str) else frozenset(found)
    return None


def may_enter(user: Any, wanted: Audience | None) -> bool:
    """True if ``user`` belongs to the audience; nobody belongs to an undeclared one."""
    if wanted is None:
        return False
    if wanted == ANYONE:
        return True
    if not user.is_authenticated or not user.is_active:
        return False
    return wanted == SIGNED_IN or bool(user.roles & wanted)  # type: ignore[operator]


class DeclaredAudience(BasePermission):
    """DRF's default: the view's ``audience`` decides, and a silent view is closed.

    A token must also carry the view's ``required_scope``; a view that names none is closed to tokens,
    an empty one is open to every token.
    """

    message = "当前身份无权进行此操作。"
    code = "permission_denied"

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = getattr(view, "audience", None)
        if wanted is not None and not isinstance(wanted, str):
            wanted = frozenset(wanted)
        if may_enter(request.user, wanted) and self._token_allows(request, view):
            return True
        if request.user.is_authenticated:
            audit.record(
                "accounts.api.called", origin=audit.origin_of(request), target=request.path,
                detail={"method": request.method, "reason": self.code}, result="refused",
            )  # fmt: skip
        return False

    def _token_allows(self, request: Request, view: Any) -> bool:
        scopes = getattr(request.auth, "scopes", None)
        if scopes is None:
            return True
        required = getattr(view, "required_scope", None)
        if required is not None and (not required or required in scopes):
            return True
        self.code = "scope_missing"
        self.message = f"该令牌未包含所需的权限范围：{required}。" if required else "该接口不接受令牌访问。"
        return False
