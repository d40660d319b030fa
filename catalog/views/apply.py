"""Restricted opening as pages: registering, applying, reviewing, agreeing, using, reporting."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience, open_to_all
from accounts.models import ApiToken
from accounts.roles import Role
from catalog.forms_rules import ApplicationForm, RegistrationForm, ReportForm
from catalog.models import Agreement, Application, Dataset, Grant, Registration, Resource
from catalog.opening_words import ApplicationState as S
from catalog.policies import grant_holds, is_open_to_public
from catalog.selectors import desk
from catalog.services import applications as services
from catalog.services import grants
from catalog.services.registrations import (
    UnableToRegister,
    decide_registration,
    phone_of,
    register,
    registration_of,
)
from catalog.vocabulary import Opening
from foundation.files import store

APPLICANTS = services.APPLICANTS
OUTSIDERS = (Role.OUTSIDE_APPLICANT, Role.BANK_OFFICER, Role.BANK_MANAGER)
READERS = (*OUTSIDERS, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER)
ROWS_A_PAGE = 30


@open_to_all
@require_http_methods(["GET", "POST"])
def register_page(request: HttpRequest) -> HttpResponse:
    """An organisation makes itself known; no account is needed."""
    user = _me(request) if request.user.is_authenticated else None
    known = registration_of(user) if user else None
    form = RegistrationForm(
        request.POST or None, initial={"name": user.agency.name if user and user.agency else ""}
    )
    if request.method == "POST" and form.is_valid():
        try:
            register(**form.cleaned_data, user=user, now=timezone.now(), origin=audit.origin_of(request))
            return render(request, "catalog/apply/registered.html")
        except UnableToRegister as refusal:
            form.add_error(refusal.field or None, str(refusal))
    context = {"form": form, "known": known}
    return render(request, "catalog/apply/register.html", context, status=400 if form.errors else 200)


@audience(Role.DATA_CENTRE_OPERATOR)
@require_http_methods(["GET", "POST"])
def registration_page(request: HttpRequest, pk: int) -> HttpResponse:
    registration = Registration.objects.select_related("agency", "decided_by").filter(pk=pk).first()
    if registration is None:
        raise Http404
    if request.method == "POST":
        try:
            decide_registration(
                _me(request), registration, request.POST.get("confirm") == "1", request.POST.get("opinion", ""),
                now=timezone.now(), origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, "登记已办结。")
        except UnableToRegister as refusal:
            messages.error(request, str(refusal))
        return redirect("catalog:registration", pk=pk)
    audit.record("catalog.registration.viewed", origin=audit.origin_of(request), target=f"registration:{pk}")
    context = {"registration": registration, "phone": phone_of(registration)}
    return render(request, "catalog/apply/registration.html", context)


@audience(*OUTSIDERS)
@require_GET
def my_page(request: HttpRequest) -> HttpResponse:
    """An outside organisation's start: data it may ask for, its applications, grants and keys."""
    return render(request, "catalog/apply/my.html", my_context(_me(request)))


def my_context(user: Any) -> dict[str, Any]:
    """What the start page shows; the roof may put it on a bank's home."""
    now = timezone.now()
    today = timezone.localdate(now)
    held = [{"grant": g, "holds": grant_holds(g, today)} for g in desk.grants_of_agency(user)[:20]]
    restricted = Dataset.objects.filter(state="published", revises__isnull=True, opening=Opening.RESTRICTED)
    tokens = ApiToken.objects.filter(agency=user.agency_id, revoked_at__isnull=True, expires_at__gt=now)
    return {
        "registration": registration_of(user), "may_apply": bool(user.roles & frozenset(APPLICANTS)),
        "applications": desk.applications_visible_to(user)[:20], "grants": held, "tokens": tokens[:10],
        "restricted": restricted.select_related("publisher").prefetch_related("resources")
        .order_by("-published_at")[:12],
        "open_count": Dataset.objects.filter(
            state="published", revises__isnull=True, opening=Opening.OPEN
        ).count(),
    }  # fmt: skip


@audience(*APPLICANTS)
@require_http_methods(["GET", "POST"])
def apply_page(request: HttpRequest, uid: str) -> HttpResponse:
    """Apply for a resource's restricted fields."""
    resource = Resource.objects.select_related("dataset__publisher").filter(uid=uid).first()
    if resource is None or not is_open_to_public(resource.dataset):
        raise Http404
    today = timezone.localdate()
    renews = (
        desk.grants_of_agency(_me(request))
        .filter(pk=request.GET.get("renews") or 0, resource=resource, agency=_me(request).agency_id)
        .first()
    )
    form = ApplicationForm(
        request.POST or None, request.FILES or None, resource=resource, today=today,
        initial=_first(renews.application) if renews and renews.application else {},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            application = services.apply_for(
                _me(request), resource, _wish(form), renews=renews, proof=_proof(form), store=store(),
                now=timezone.now(), origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, f"申请 {application.number} 已提交数源部门审核。")
            return redirect("catalog:application", number=application.number)
        except services.UnableToApply as refusal:
            field = {"fields": "fields_wanted"}.get(refusal.field, refusal.field)
            form.add_error(field if field in form.fields else None, str(refusal))
    context = {
        "resource": resource, "dataset": resource.dataset, "form": form, "renews": renews,
        "registration": registration_of(_me(request)),
    }  # fmt: skip
    return render(request, "catalog/apply/apply.html", context, status=400 if form.errors else 200)


@audience(*APPLICANTS)
@require_http_methods(["GET", "POST"])
def resubmit_page(request: HttpRequest, number: str) -> HttpResponse:
    """A returned application, to be corrected and handed in again."""
    application, user = _application(request, number), _me(request)
    if user.agency_id != application.made_by.agency_id or application.state != S.RETURNED:
        raise Http404
    today = timezone.localdate()
    first = _first(application) | {
        "starts_on": max(application.starts_on, today), "ends_on": application.ends_on,
    }  # fmt: skip
    form = ApplicationForm(
        request.POST or None, request.FILES or None, resource=application.resource, today=today, initial=first
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.resubmit(
                user, application, _wish(form), proof=_proof(form), store=store(), now=timezone.now(),
                origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, f"申请 {number} 已补正，重新提交数源部门审核。")
            return redirect("catalog:application", number=number)
        except services.UnableToApply as refusal:
            field = {"fields": "fields_wanted"}.get(refusal.field, refusal.field)
            form.add_error(field if field in form.fields else None, str(refusal))
    context = {
        "resource": application.resource, "dataset": application.dataset, "form": form, "application": application,
        "registration": application.registration, "returned": application.steps.filter(after=S.RETURNED).last(),
    }  # fmt: skip
    return render(request, "catalog/apply/apply.html", context, status=400 if form.errors else 200)


@audience(*READERS)
@require_GET
def applications_page(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    found = desk.applications_visible_to(_me(request))
    if state in S.values:
        found = found.filter(state=state)
    chips = [{"label": "全部", "value": "", "active": not state}] + [
        {"label": s.label, "value": s.value, "active": state == s.value} for s in S if s != S.DRAFT
    ]
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "catalog/apply/applications.html", {"page_obj": page, "chips": chips})


@audience(*READERS)
@require_GET
def application_page(request: HttpRequest, number: str) -> HttpResponse:
    application = _application(request, number)
    user = _me(request)
    grant = Grant.objects.filter(application=application).first()
    titles = {f.code: f.title for f in application.resource.fields.all()}
    own = user.agency_id == application.made_by.agency_id
    context = {
        "application": application, "steps": application.steps.select_related("by").order_by("-at", "-pk"),
        "fields": [f"{titles.get(code, code)}（{code}）" for code in application.fields],
        "agreement": Agreement.objects.filter(application=application).first(), "grant": grant,
        "appeals": application.appeals.select_related("by", "answered_by"), "own": own,
        "may_act": own and bool(user.roles & frozenset(APPLICANTS)),
        "may_review": (Role.DATA_REVIEWER in user.roles and application.state == S.DEPARTMENT_REVIEW)
        or (Role.DATA_CENTRE_OPERATOR in user.roles and application.state == S.CENTRE_REVIEW),
        "is_centre": Role.DATA_CENTRE_OPERATOR in user.roles,
        "may_answer": bool(user.roles & {Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER}),
        "may_revoke": grant is not None and grant.revoked_at is None
        and bool(user.roles & {Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR}),
        "may_appeal": application.state == S.REFUSED or (grant is not None and grant.revoked_at is not None),
    }  # fmt: skip
    return render(request, "catalog/apply/application.html", context)


@audience(*READERS)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Review, withdraw, offer or sign the agreement, appeal or answer (field ``action``)."""
    application = _application(request, number)
    user = _me(request)
    told: dict[str, Any] = {"now": timezone.now(), "origin": audit.origin_of(request)}
    action, text = request.POST.get("action", ""), request.POST.get("reason", "")
    try:
        if action in ("pass", "return", "refuse"):
            services.review(user, application, action, text, **told)
        elif action == "withdraw":
            services.withdraw_application(user, application, **told)
        elif action == "offer":
            grants.offer_agreement(user, application, **told)
        elif action == "sign":
            grants.sign_agreement(user, application, **told)
        elif action == "appeal":
            grants.appeal(user, application, text, **told)
        elif action == "answer":
            lodged = application.appeals.filter(answered_at__isnull=True).first()
            if lodged is None:
                raise Http404
            grants.answer_appeal(user, lodged, request.POST.get("upheld") == "1", text, **told)
        else:
            raise Http404
        messages.success(request, "已办理。")
    except (services.UnableToApply, grants.UnableToHandleGrant) as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:application", number=number)


@audience(*READERS)
@require_http_methods(["GET", "POST"])
def grant_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A grant: what it allows, how it was used, and the report its holder owes."""
    grant = desk.grants_visible_to(_me(request)).filter(pk=pk).first()
    if grant is None:
        raise Http404
    user = _me(request)
    own = user.agency_id == grant.agency_id and bool(user.roles & frozenset(APPLICANTS))
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            grants.report_use(
                user, grant, **form.cleaned_data, now=timezone.now(), origin=audit.origin_of(request)
            )
            messages.success(request, "使用情况已报送。")
            return redirect("catalog:grant", pk=pk)
        except grants.UnableToHandleGrant as refusal:
            form.add_error(None, str(refusal))
    titles = {f.code: f.title for f in grant.resource.fields.all()}
    context = {
        "grant": grant, "form": form if own else None, "own": own,
        "of_head": user.agency is not None and user.agency.parent_id == grant.agency_id,
        "holds": grant_holds(grant, timezone.localdate()),
        "fields": [titles.get(code, code) for code in grant.fields],
        "uses": grant.uses.select_related("user__agency")[:50], "reports": grant.reports.select_related("by"),
        "may_revoke": grant.revoked_at is None and bool(user.roles & {Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR}),
    }  # fmt: skip
    return render(request, "catalog/apply/grant.html", context, status=400 if form.errors else 200)


@audience(Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    grant = desk.grants_visible_to(_me(request)).filter(pk=pk).first()
    if grant is None:
        raise Http404
    try:
        grants.revoke_grant(
            _me(request),
            grant,
            request.POST.get("reason", ""),
            now=timezone.now(),
            origin=audit.origin_of(request),
        )
        messages.success(request, "授权已收回，即刻失效。")
    except grants.UnableToHandleGrant as refusal:
        messages.error(request, str(refusal))
    return redirect("catalog:grant", pk=pk)


@audience(*READERS)
@require_GET
def proof_file(request: HttpRequest, number: str) -> HttpResponse | FileResponse:
    """The document on the applicant's security capability, as an attachment."""
    application = _application(request, number)
    if not application.security_digest:
        raise Http404
    audit.record(
        "catalog.application.proof_read", origin=audit.origin_of(request), target=f"application:{number}"
    )
    with store().open(application.security_digest) as handle:
        content = handle.read()
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{application.number}.{_ending(application)}"'
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _ending(application: Application) -> str:
    return application.security_name.rsplit(".", 1)[-1].lower()


def _application(request: HttpRequest, number: str) -> Application:
    found = desk.applications_visible_to(_me(request)).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _wish(form: ApplicationForm) -> services.Wish:
    told = form.cleaned_data
    return services.Wish(
        fields=tuple(told["fields_wanted"]), purpose=told["purpose"], scene=told["scene"], way=told["way"],
        quota=told["quota"], starts_on=told["starts_on"], ends_on=told["ends_on"], security=told["security"],
        committed=told["committed"],
    )  # fmt: skip


def _first(application: Application) -> dict[str, Any]:
    """What a form begins with when something like it was handed in before."""
    told = {name: getattr(application, name) for name in ("purpose", "scene", "way", "quota", "security")}
    return told | {"fields_wanted": application.fields}


def _proof(form: ApplicationForm) -> tuple[str, bytes] | None:
    upload = form.cleaned_data.get("proof")
    if upload is None:
        return None
    if upload.size > services.PROOF_BYTES:
        raise services.UnableToApply("证明材料不超过 20 MB。", "proof")
    return upload.name, upload.read()


def _me(request: HttpRequest) -> Any:
    """Who asks; the services say what they may."""
    return request.user
