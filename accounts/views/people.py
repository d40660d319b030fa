"""Accounts, for the system officer."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.forms.officers import PersonForm
from accounts.models import User
from accounts.roles import CARDS, Role
from accounts.selectors import people
from accounts.services.people import (
    UnableToChangeUser,
    UnableToCreateUser,
    create_user,
    disable_user,
    enable_user,
    reset_password,
)
from accounts.sign_in import has_device

from .common import actor, crumbs, page_of


@audience(Role.SYSTEM_OFFICER)
@require_GET
def person_list(request: HttpRequest) -> HttpResponse:
    role, words = request.GET.get("role", ""), request.GET.get("q", "").strip()
    context = {
        "page_obj": page_of(request, people(role, words)),
        "role": role,
        "q": words,
        "roles": [{"value": r.value, "label": CARDS[r].label} for r in Role],
    }
    return render(request, "accounts/person_list.html", context)


@audience(Role.SYSTEM_OFFICER)
@never_cache
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, initial={"agency": request.GET.get("agency")})
    if request.method == "POST" and form.is_valid():
        now, origin = timezone.now(), audit.origin_of(request)
        try:
            user, issued = create_user(actor(request), **form.cleaned_data, now=now, origin=origin)
        except UnableToCreateUser as error:
            form.add_error(error.field, str(error))
        else:
            return _issued(request, user, issued, "账号已开设，尚无角色，请安全保密管理员授予。")
    context = {"form": form, "crumbs": crumbs(("用户", reverse("accounts:people")), ("开设账号", ""))}
    return render(request, "accounts/person_new.html", context)


@audience(Role.SYSTEM_OFFICER)
@require_GET
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.select_related("agency"), pk=pk)
    context = {
        "person": person,
        "enrolled": has_device(person),
        "own": person.pk == actor(request).pk,
        "crumbs": crumbs(("用户", reverse("accounts:people")), (str(person), "")),
    }
    return render(request, "accounts/person.html", context)


@audience(Role.SYSTEM_OFFICER)
@require_POST
def person_disable(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    try:
        disable_user(actor(request), person, now=timezone.now(), origin=audit.origin_of(request))
    except UnableToChangeUser as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{person}”的账号已停用，其登录、令牌与验证器同时失效。")
    return redirect("accounts:person", person.pk)


@audience(Role.SYSTEM_OFFICER)
@never_cache
@require_POST
def person_enable(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_new_password(request, pk, enable_user, "账号已启用。")


@audience(Role.SYSTEM_OFFICER)
@never_cache
@require_POST
def person_reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_new_password(request, pk, reset_password, "密码已重置，该用户的全部登录已退出。")


def _with_new_password(request: HttpRequest, pk: int, change: Callable[..., str], text: str) -> HttpResponse:
    person = get_object_or_404(User.objects.select_related("agency"), pk=pk)
    try:
        issued = change(actor(request), person, now=timezone.now(), origin=audit.origin_of(request))
    except UnableToChangeUser as error:
        messages.error(request, str(error))
        return redirect("accounts:person", person.pk)
    return _issued(request, person, issued, text)


def _issued(request: HttpRequest, person: User, issued: str, text: str) -> HttpResponse:
    """The issued password stands in this answer and nowhere else."""
    messages.success(request, text)
    path = crumbs(("用户", reverse("accounts:people")), (str(person), ""))
    return render(
        request, "accounts/person_issued.html", {"person": person, "issued": issued, "crumbs": path}
    )
