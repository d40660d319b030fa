"""Import of residents, bulk awards, monthly notices."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.access import conflict_checker, villages_administered_by, villages_visible_to
from villages.forms import BulkForm
from villages.models import MonthlyNotice, Resident, ResidentImport
from villages.selectors.residents import list_people
from villages.services import bulk_awards, publicity, resident_import
from villages.services.bulk_awards import UnableToAwardInBulk, bulk_awards_visible_to
from villages.services.publicity import UnableToIssueNotice
from villages.services.resident_import import UnableToImport

from .desk import own_village

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"new": "新增", "same": "已在册", "ask": "待确认", "bad": "有误"}


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload a list of residents."""
    village = own_village(request)
    if request.method == "POST" and "file" in request.FILES:
        file: Any = request.FILES["file"]
        try:
            batch = resident_import.read_file(
                village,
                file.read(),
                file.name or "",
                request.user,
                now=timezone.now(),
                origin=audit.origin_of(request),
            )
            return redirect("villages:import_one", pk=batch.pk)
        except UnableToImport as refusal:
            messages.error(request, str(refusal))
    return render(
        request, "villages/import_new.html", {"village": village, "earlier": village.imports.all()[:10]}
    )


@audience(Role.VILLAGE_ADMIN)
@require_GET
def import_blank(request: HttpRequest) -> HttpResponse:
    """The empty sheet."""
    response = HttpResponse(resident_import.blank_sheet(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="residents.xlsx"'
    return response


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def import_one(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rows are taken for; doubtful ones are asked, then all are written."""
    batch = ResidentImport.objects.filter(pk=pk, village__in=villages_administered_by(request.user)).first()
    if batch is None:
        raise Http404
    if request.method == "POST":
        given = [(name, str(value)) for name, value in request.POST.items() if name.startswith("line_")]
        answers = {int(name.removeprefix("line_")): value for name, value in given if value}
        try:
            done = resident_import.carry_out(
                batch, answers, request.user, now=timezone.now(), origin=audit.origin_of(request)
            )
            messages.success(
                request,
                f"已导入：新增 {done.added} 人，更正 {done.changed} 人，未变或跳过 {done.skipped} 行。",
            )
            return redirect("villages:residents")
        except UnableToImport as refusal:
            messages.error(request, str(refusal))
    counts = {label: sum(1 for row in batch.rows if row["kind"] == kind) for kind, label in KINDS.items()}
    context = {
        "village": batch.village, "batch": batch, "counts": counts.items(), "is_open": batch.state == "open",
        "asked": [r for r in batch.rows if r["kind"] == "ask"], "bad": [r for r in batch.rows if r["kind"] == "bad"],
    }  # fmt: skip
    return render(request, "villages/import_one.html", context)


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@require_GET
def bulk_listing(request: HttpRequest) -> HttpResponse:
    """Proposals that wait and those settled."""
    found = bulk_awards_visible_to(request.user)
    return render(
        request,
        "villages/bulk.html",
        {"waiting": found.filter(state="proposed"), "settled": found.exclude(state="proposed")[:30]},
    )


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def bulk_new(request: HttpRequest) -> HttpResponse:
    """Who, how much, why; a second signer decides."""
    village, now = own_village(request), timezone.now()
    looks = "find" in request.POST
    given = request.POST if request.method == "POST" else None
    form = BulkForm(None if looks else given, initial={"on_date": timezone.localdate(now)})
    if looks:
        form = BulkForm(initial=request.POST.dict())
    people = Resident.objects.filter(village=village, status="active")
    chosen = {int(pk) for pk in request.POST.getlist("resident") if pk.isdecimal()}
    if given and not looks and form.is_valid():
        told = form.cleaned_data
        try:
            award = bulk_awards.propose(
                village, sorted(chosen), told["points"], told["reason"], told["on_date"], request.user, now=now,
                origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, "已提交，等待第二人确认。")
            return redirect("villages:bulk_one", pk=award.pk)
        except UnableToAwardInBulk as refusal:
            form.add_error(None, str(refusal))
    listed = list_people(people, request.POST.get("q", "").strip(), chosen)
    context = {"village": village, "form": form, "listed": listed, "chosen": chosen}
    return render(request, "villages/bulk_new.html", context, status=400 if form.errors else 200)


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@require_http_methods(["GET", "POST"])
def bulk_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal with its names; sign or send back."""
    award = bulk_awards_visible_to(request.user).filter(pk=pk).first()
    if award is None:
        raise Http404
    user: Any = request.user
    if request.method == "POST":
        now, origin = timezone.now(), audit.origin_of(request)
        try:
            if "sign" in request.POST:
                done = bulk_awards.sign(pk, user, now=now, origin=origin)
                messages.success(request, f"已发放：{done.granted_people} 人，共 {done.granted_points} 分。")
            else:
                bulk_awards.refuse(pk, user, request.POST.get("note", ""), now=now, origin=origin)
                messages.success(request, "已退回。")
        except UnableToAwardInBulk as refusal:
            messages.error(request, str(refusal))
        return redirect("villages:bulk_one", pk=pk)
    people = (
        Resident.objects.filter(pk__in=award.resident_ids)
        .select_related("household")
        .order_by("household__number", "pinyin")
    )
    conflict_with = conflict_checker(user)
    conflict = next((text for r in people if (text := conflict_with(r))), "")
    context = {
        "award": award, "people": people, "conflict": conflict, "village": award.village,
        "is_own": award.proposed_by_id == user.pk, "total": award.points * len(award.resident_ids),
    }  # fmt: skip
    return render(request, "villages/bulk_one.html", context)


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Months that may be issued and those that were."""
    village, now = own_village(request), timezone.now()
    if request.method == "POST":
        try:
            month = date.fromisoformat(f"{request.POST.get('month', '')}-01")
            notice = publicity.issue_notice(
                village, month, request.user, now=now, origin=audit.origin_of(request)
            )
            messages.success(request, "公示已生成，可以打印张贴。")
            return redirect("villages:notice", pk=notice.pk)
        except (UnableToIssueNotice, ValueError) as refusal:
            messages.error(
                request, str(refusal) if isinstance(refusal, UnableToIssueNotice) else "月份格式有误。"
            )
    issued = list(village.notices.select_related("issued_by"))
    have = {notice.month for notice in issued}
    months = [
        month for month in publicity.months_to_issue(village, timezone.localdate(now)) if month not in have
    ]
    return render(request, "villages/notices.html", {"village": village, "issued": issued, "months": months})


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN, Role.VILLAGER)
@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice, as it is posted on the wall."""
    found = _notice(request, pk)
    return render(request, "villages/notice.html", {"notice": found, "village": found.village})


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@require_GET
def notice_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice as XLSX."""
    found = _notice(request, pk)
    response = HttpResponse(publicity.notice_sheet(found), content_type=XLSX)
    response["Content-Disposition"] = (
        f'attachment; filename="notice-{found.village.code}-{found.month:%Y-%m}.xlsx"'
    )
    return response


def _notice(request: HttpRequest, pk: int) -> MonthlyNotice:
    visible = MonthlyNotice.objects.filter(village__in=villages_visible_to(request.user))
    found = visible.select_related("village", "issued_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
