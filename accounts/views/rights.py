"""Roles and extra scopes, for the security officer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

import audit
from accounts.access import audience
from accounts.forms.officers import ROLES, RoleForm, ScopeForm
from accounts.models import Agency, User
from accounts.roles import CARDS, Role
from accounts.scopes import granted_agencies
from accounts.selectors import people, roles_fitting
from accounts.services.people import UnableToChangeUser, reset_second_factor
from accounts.services.roles import (
    SCOPED_ROLES,
    UnableToGrantRole,
    UnableToGrantScope,
    UnableToRevokeRole,
    grant_role,
    grant_scope,
    revoke_role,
    revoke_scope,
)
from accounts.sign_in import has_device

from .common import actor, crumbs, page_of


@audience(Role.SECURITY_OFFICER)
@require_GET
def rights_list(request: HttpRequest) -> HttpResponse:
    role, words = request.GET.get("role", ""), request.GET.get("q", "").strip()
    context = {
        "page_obj": page_of(request, people(role, words)),
        "role": role,
        "q": words,
        "roles": [{"value": value, "label": label} for value, label in ROLES],
    }
    return render(request, "accounts/rights_list.html", context)


@audience(Role.SECURITY_OFFICER)
@require_GET
def rights_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What one user may do: roles, extra scopes, second factor."""
    person = get_object_or_404(User.objects.select_related("agency"), pk=pk)
    grants = person.role_grants.select_related("granted_by").order_by("granted_at")
    context = {
        "person": person,
        "own": person.pk == actor(request).pk,
        "grants": [{"grant": grant, "card": CARDS[Role(grant.role)]} for grant in grants],
        "role_form": RoleForm(open_roles=roles_fitting(person)),
        "fitting": bool(roles_fitting(person)),
        "scoped": bool(person.roles & SCOPED_ROLES),
        "scopes": granted_agencies(person),
        "scope_form": ScopeForm(),
        "enrolled": has_device(person),
        "crumbs": crumbs(("角色", reverse("accounts:rights")), (str(person), "")),
    }
    return render(request, "accounts/rights.html", context)


@audience(Role.SECURITY_OFFICER)
@require_POST
def role_grant(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请选择要授予的角色。")
        return redirect("accounts:rights_of", pk)
    role = Role(form.cleaned_data["role"])
    try:
        grant_role(actor(request), person, role, origin=audit.origin_of(request))
    except UnableToGrantRole as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已授予“{CARDS[role].label}”。")
    return redirect("accounts:rights_of", pk)


@audience(Role.SECURITY_OFFICER)
@require_POST
def role_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请选择要收回的角色。")
        return redirect("accounts:rights_of", pk)
    role = Role(form.cleaned_data["role"])
    try:
        revoke_role(actor(request), person, role, origin=audit.origin_of(request))
    except UnableToRevokeRole as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已收回“{CARDS[role].label}”，即时生效。")
    return redirect("accounts:rights_of", pk)


@audience(Role.SECURITY_OFFICER)
@require_POST
def scope_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant (``give`` = 1) or end (0) a user's answering for another department or town."""
    person = get_object_or_404(User.objects.select_related("agency"), pk=pk)
    agency = Agency.objects.filter(pk=request.POST.get("agency") or 0).first()
    give = request.POST.get("give") == "1"
    if agency is None:
        messages.error(request, "请选择部门或镇街。")
        return redirect("accounts:rights_of", pk)
    try:
        (grant_scope if give else revoke_scope)(
            actor(request), person, agency, origin=audit.origin_of(request)
        )
    except UnableToGrantScope as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"代管范围已{'增加' if give else '收回'}“{agency}”。")
    return redirect("accounts:rights_of", pk)


@audience(Role.SECURITY_OFFICER)
@require_POST
def second_factor_reset(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    try:
        reset_second_factor(actor(request), person, origin=audit.origin_of(request))
    except UnableToChangeUser as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "验证器已解除绑定，该用户下次登录时须重新绑定。")
    return redirect("accounts:rights_of", pk)
