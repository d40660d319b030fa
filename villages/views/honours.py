"""荣誉申报 at the desk: what was declared, its document, the notice and objections."""

from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from foundation import files
from villages.access import villages_of_office
from villages.models import Honour
from villages.services import honours
from villages.services.openings import note_opening

from .staff import STAFF, attempt, how_of, id_of

SHOWN = 200
SETTLED = (Honour.State.GRANTED, Honour.State.REFUSED)
# By its first bytes, never by the name it came with.
SHOWN_KINDS = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"))


@audience(*STAFF)
@require_http_methods(["GET", "POST"])
def honour_list(request: HttpRequest) -> HttpResponse:
    """Honours to check and under notice."""
    visible = villages_of_office(request.user)
    if request.method == "POST":
        found = Honour.objects.filter(pk=id_of(request.POST.get("pk", "")), village__in=visible).first()
        if found is None:
            raise Http404
        yes, why = request.POST.get("decision") == "yes", request.POST.get("reason", "")
        if request.POST.get("decision") == "object":
            attempt(request, "异议已登记。", lambda: honours.object_to(found.pk, why, **how_of(request)))
        else:
            attempt(
                request,
                "已处理。",
                lambda: honours.check(request.user, found.pk, yes, why, **how_of(request)),
            )
        return redirect("villages:honours")
    rows = Honour.objects.filter(village__in=visible).select_related("resident", "village")
    rows = rows.annotate(is_settled=Q(state__in=SETTLED)).order_by("is_settled", "-declared_at")
    return render(request, "villages/rules/honours.html", {"rows": rows[:SHOWN]})


@audience(*STAFF)
@never_cache
@require_GET
def document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was handed in as proof: pictures and PDF open in the browser, anything else is saved; opening is logged."""
    found = (
        Honour.objects.filter(pk=pk, village__in=villages_of_office(request.user))
        .select_related("resident")
        .first()
    )
    if found is None:
        raise Http404
    try:
        with files.store().open(found.document) as handle:
            content = handle.read()
    except files.UnableToReadFile as error:
        raise Http404 from error
    note_opening(
        found.resident, request.user, "荣誉证明材料", now=timezone.now(), origin=audit.origin_of(request)
    )
    kind = next((mime for begins, mime in SHOWN_KINDS if content.startswith(begins)), "")
    answer = HttpResponse(content, content_type=kind or "application/octet-stream")
    answer["Content-Disposition"] = (
        content_disposition_header(not kind, found.document_name or "document") or ""
    )
    return answer
