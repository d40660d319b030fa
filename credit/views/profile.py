"""The profile: page, polling fragment, print sheet, one fact with its source."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from credit import presenters
from credit.models import PurposeDeclaration, ViewPurpose
from credit.selectors.facts import find_fact
from credit.selectors.profile import NotForThisReader, Profile, read_profile
from credit.services.viewing import PurposeNotDeclared, declare_purpose, must_declare, open_profile
from datahub.public import Category, UnknownEnterprise, get_enterprise

READERS = (
    Role.BANK_OFFICER, Role.BANK_MANAGER, Role.LEADER, Role.INDEX_ANALYST, Role.DATA_CENTRE_OPERATOR,
    Role.MODEL_MANAGER, Role.ENTERPRISE_REP,
)  # fmt: skip


@audience(*READERS)
@require_GET
def profile_page(request: HttpRequest, code: str) -> HttpResponse:
    profile = _read(request, code)
    try:
        _log(request, profile, "page")
    except PurposeNotDeclared:
        return redirect("credit:purpose", code=code)
    context = page_context(profile, request.GET.get("tab", ""))
    context["may_watch"] = must_declare(request.user)
    return render(request, "credit/profile.html", context)


@audience(*READERS)
@require_GET
def profile_live(request: HttpRequest, code: str) -> HttpResponse:
    """The part that changes while the page is open. Only for a reader who has opened the page today;
    a poll is no view, so nothing is logged."""
    profile = _read(request, code)
    if must_declare(request.user) and not _declared_today(request.user, profile):
        raise PermissionDenied("请先说明查询目的。")
    return render(request, "credit/_live.html", live_context(profile))


@audience(*READERS)
@require_GET
def profile_print(request: HttpRequest, code: str) -> HttpResponse:
    profile = _read(request, code)
    try:
        _log(request, profile, "print")
    except PurposeNotDeclared:
        return redirect("credit:purpose", code=code)
    context = page_context(profile, "")
    context["blocks"] = [
        presenters.block_table(block, code)
        for tab in presenters.TABS
        for block in profile.blocks_of(tab)
        if block.facts and block.item.delivery.period.value != "monthly"
    ]
    return render(request, "credit/print.html", context)


@audience(*READERS)
@require_http_methods(["GET", "POST"])
def purpose_page(request: HttpRequest, code: str) -> HttpResponse:
    """Why the profile is opened: asked once per enterprise and day."""
    enterprise = _enterprise(code)
    if request.method == "POST" and request.POST.get("purpose") in ViewPurpose.values:
        purpose = ViewPurpose(request.POST["purpose"])
        declare_purpose(
            request.user, enterprise, purpose, origin=audit.origin_of(request), now=timezone.now()
        )
        return redirect("credit:profile", code=code)
    context = {"enterprise": enterprise, "purposes": ViewPurpose.choices, "asked": request.method == "POST"}
    return render(request, "credit/purpose.html", context, status=400 if context["asked"] else 200)


@audience(*READERS)
@require_GET
def fact_page(request: HttpRequest, code: str, record_id: int) -> HttpResponse:
    """One fact with the file and line it stood in, as far as the reader may see it."""
    profile = _read(request, code)
    fact = find_fact(profile, record_id)
    if fact is None:
        raise Http404
    try:
        _log(request, profile, "fact")
    except PurposeNotDeclared:
        return redirect("credit:purpose", code=code)
    fields = [{"label": f.name, "value": presenters.field_text(f), "locked": f.locked} for f in fact.fields]
    context = {
        "enterprise": profile.enterprise, "fact": fact, "fields": fields,
        "crumbs": _crumbs(profile, fact.item.name), "can_open_batch": Role.DATA_CENTRE_OPERATOR in request.user.roles,  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "credit/fact.html", context)


def page_context(profile: Profile, tab: str) -> dict[str, Any]:
    """What the page and the print sheet show."""
    code = profile.enterprise.code
    url = reverse("credit:profile", args=[code])
    active = tab if tab in {t.value for t in presenters.TABS} | {"timeline"} else Category.BASIC.value
    context = live_context(profile) | {
        "crumbs": _crumbs(profile), "identity": presenters.identity(profile),
        "tabs": presenters.tabs(profile, active, url), "active_tab": active,
        "radar": presenters.force_chart(profile), "history": presenters.history_chart(profile),
        "live_url": reverse("credit:profile_live", args=[code]),
        "print_url": reverse("credit:profile_print", args=[code]),
    }  # fmt: skip
    if active == "timeline":
        context["events"] = presenters.timeline(profile)
    else:
        context["tables"] = [presenters.block_table(b, code) for b in profile.blocks_of(Category(active))]
    return context


def live_context(profile: Profile) -> dict[str, Any]:
    code = profile.enterprise.code
    return {
        "profile": profile, "enterprise": profile.enterprise, "head": presenters.score_head(profile),
        "adverse": presenters.reason_rows(profile.adverse, code),
        "favourable": presenters.reason_rows(profile.favourable, code),
        "largest": presenters.largest_points(profile), "missing": presenters.missing_groups(profile),
    }  # fmt: skip


def _read(request: HttpRequest, code: str) -> Profile:
    try:
        return read_profile(code, request.user, now=timezone.now())
    except UnknownEnterprise as error:
        raise Http404 from error
    except NotForThisReader as error:
        raise PermissionDenied(str(error)) from error


def _enterprise(code: str) -> Any:
    try:
        return get_enterprise(code)
    except UnknownEnterprise as error:
        raise Http404 from error


def _log(request: HttpRequest, profile: Profile, way: str) -> None:
    open_profile(
        request.user, profile.enterprise, origin=audit.origin_of(request), now=timezone.now(), way=way
    )


def _declared_today(user: Any, profile: Profile) -> bool:
    today = timezone.localdate()
    return PurposeDeclaration.objects.filter(
        user_id=user.pk, enterprise_id=profile.enterprise.id, day=today
    ).exists()


def _crumbs(profile: Profile, last: str = "") -> list[dict[str, str]]:
    e = profile.enterprise
    crumbs = [{"label": "首页", "url": "/"}, {"label": "企业查询", "url": _search_url()}]
    crumbs.append({"label": e.name, "url": reverse("credit:profile", args=[e.code]) if last else ""})
    if last:
        crumbs.append({"label": last, "url": ""})
    return crumbs


def _search_url() -> str:
    return reverse("credit:search")
