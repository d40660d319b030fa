"""The loan officer's desk, watch list, and an enterprise's own page with its authorisations."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from credit.forms import AuthorisationForm
from credit.models import Authorisation
from credit.selectors import desk
from credit.services.authorisations import (
    UnableToAuthorise,
    grant_authorisation,
    revoke_authorisation,
    scope_labels,
)
from credit.services.watching import UnableToWatch, unwatch, watch
from datahub.public import EnterpriseCard, UnknownEnterprise, find_enterprise, get_enterprise

BANKS = (Role.BANK_OFFICER, Role.BANK_MANAGER)


def desk_context(user: Any) -> dict[str, Any]:
    """What the home page of a bank's user shows (the roof renders it as credit/desk.html)."""
    now = timezone.now()
    return {"recent": desk.recently_viewed(user, now=now), "watched": desk.watched(user, now=now)}


@audience(*BANKS)
@require_POST
def watch_firm(request: HttpRequest, code: str) -> HttpResponse:
    """Put on or take off the watch list (field ``on``: 1 or 0)."""
    try:
        enterprise = get_enterprise(code)
    except UnknownEnterprise as error:
        raise Http404 from error
    if request.POST.get("on") == "1":
        try:
            watch(request.user, enterprise, now=timezone.now())
            messages.success(request, f"已关注{enterprise.name}，评分与记录变动将显示在工作台。")
        except UnableToWatch as refusal:
            messages.error(request, str(refusal))
    else:
        unwatch(request.user, enterprise)
        messages.success(request, f"已不再关注{enterprise.name}。")
    return redirect("credit:profile", code=code)


@audience(Role.BANK_MANAGER)
@require_GET
def bank_authorisations(request: HttpRequest) -> HttpResponse:
    """What enterprises have opened to this bank."""
    rows = [_authorisation_row(a) for a in desk.authorisations_of_bank(request.user)]
    return render(request, "credit/bank_authorisations.html", {"rows": rows})


@audience(Role.ENTERPRISE_REP)
@require_http_methods(["GET", "POST"])
def own_page(request: HttpRequest) -> HttpResponse:
    """The enterprise's own page: its file, whom it let in, who looked."""
    enterprise = _own(request)
    now = timezone.now()
    form = AuthorisationForm(request.POST or None, today=timezone.localdate(now))
    if request.method == "POST" and form.is_valid():
        try:
            grant_authorisation(
                request.user, enterprise, form.cleaned_data.pop("bank"), **form.cleaned_data,
                origin=audit.origin_of(request), now=now,
            )  # fmt: skip
            messages.success(request, "授权已生效，可随时撤销。")
            return redirect("credit:own")
        except UnableToAuthorise as refusal:
            form.add_error(None, str(refusal))
    granted = Authorisation.objects.filter(enterprise_id=enterprise.id).select_related("bank")
    context = {
        "enterprise": enterprise, "form": form, "rows": [_authorisation_row(a) for a in granted[:100]],
        "readers": desk.readers_of(enterprise.id),
    }  # fmt: skip
    return render(request, "credit/own.html", context, status=400 if form.errors else 200)


@audience(Role.ENTERPRISE_REP)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        revoke_authorisation(request.user, pk, origin=audit.origin_of(request), now=timezone.now())
        messages.success(request, "授权已撤销，该机构即刻不能再查看敏感数据。")
    except UnableToAuthorise as refusal:
        messages.error(request, str(refusal))
    return redirect("credit:own")


def _own(request: HttpRequest) -> EnterpriseCard:
    agency: Any = request.user.agency  # type: ignore[union-attr]
    enterprise = find_enterprise(agency.scope_code) if agency else None
    if enterprise is None:
        raise PermissionDenied("您的账号尚未关联企业，请联系系统管理员在机构资料中填写统一社会信用代码。")
    return enterprise


def _authorisation_row(authorisation: Authorisation) -> dict[str, Any]:
    today = timezone.localdate()
    state = "已撤销" if authorisation.revoked_at else "已到期" if authorisation.expires_on < today else "有效"
    return {
        "authorisation": authorisation,
        "scope": "、".join(scope_labels(authorisation.scope)),
        "state": state,
    }
