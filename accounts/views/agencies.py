"""Agencies, for the system officer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.forms.officers import AgencyForm, AgencyNameForm
from accounts.models import Agency
from accounts.roles import AgencyKind, Role
from accounts.selectors import agencies
from accounts.services.agencies import UnableToKeepAgency, create_agency, rename_agency, set_agency_active

from .common import actor, crumbs, page_of


@audience(Role.SYSTEM_OFFICER)
@require_GET
def agency_list(request: HttpRequest) -> HttpResponse:
    kind, words = request.GET.get("kind", ""), request.GET.get("q", "").strip()
    kinds = [{"value": k.value, "label": label} for k, label in Agency.KINDS.items()]
    context = {"page_obj": page_of(request, agencies(kind, words)), "kind": kind, "q": words, "kinds": kinds}
    return render(request, "accounts/agency_list.html", context)


@audience(Role.SYSTEM_OFFICER)
@require_http_methods(["GET", "POST"])
def agency_new(request: HttpRequest) -> HttpResponse:
    form = AgencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data | {"kind": AgencyKind(form.cleaned_data["kind"])}
        try:
            agency = create_agency(actor(request), **values, origin=audit.origin_of(request))
        except UnableToKeepAgency as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, f"已登记机构“{agency}”。")
            return redirect("accounts:agency", agency.pk)
    context = {"form": form, "crumbs": crumbs(("机构", reverse("accounts:agencies")), ("登记机构", ""))}
    return render(request, "accounts/agency_new.html", context)


@audience(Role.SYSTEM_OFFICER)
@require_http_methods(["GET", "POST"])
def agency_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One agency with its people; its name may be changed here."""
    agency = get_object_or_404(Agency.objects.select_related("parent"), pk=pk)
    form = AgencyNameForm(request.POST or None, initial={"name": agency.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_agency(actor(request), agency, form.cleaned_data["name"], origin=audit.origin_of(request))
        except UnableToKeepAgency as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "名称已更改。")
            return redirect("accounts:agency", agency.pk)
    context = {
        "agency": agency,
        "form": form,
        "people": agency.users.prefetch_related("role_grants").order_by("username"),
        "crumbs": crumbs(("机构", reverse("accounts:agencies")), (agency.name, "")),
    }
    return render(request, "accounts/agency.html", context)


@audience(Role.SYSTEM_OFFICER)
@require_POST
def agency_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Close or open an agency (``active`` = 0 or 1)."""
    agency = get_object_or_404(Agency, pk=pk)
    active = request.POST.get("active") == "1"
    try:
        set_agency_active(actor(request), agency, active, origin=audit.origin_of(request))
    except UnableToKeepAgency as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已{'启用' if active else '停用'}“{agency}”。")
    return redirect("accounts:agency", agency.pk)
