"""简报: list, draft, page with comment and sign-off, A4 print page, table as CSV."""

import csv
import io
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

import audit
from accounts.access import audience
from accounts.roles import Role
from foundation.charts import ChartCaption
from index import charts
from index.models import Bulletin, BulletinState
from index.selectors.panels import Panels, reader_of
from index.selectors.series import find_series
from index.selectors.standing import Standing
from index.sentences import printed, printed_parts
from index.services import bulletins as service
from index.views.common import (
    GOVERNMENT,
    WRITERS,
    board_of,
    crumbs,
    get_standing,
    nothing_yet,
    standing_or_none,
)

PAGE = 30
MOST_PARTS = 6
SIGNERS = (Role.INDEX_ANALYST, Role.LEADER)
BY_NAMES = {"dimension": "维度", "indicator": "指标", "town": "镇街", "section": "行业", "size": "规模"}


@audience(*GOVERNMENT)
@require_GET
def bulletins_page(request: HttpRequest) -> HttpResponse:
    standing = standing_or_none()
    if standing is None:
        return nothing_yet(request)
    codes = _visible_codes(standing, request)
    rows = Bulletin.objects.filter(panel_code__in=codes).select_related("author", "signed_by")
    user: Any = request.user
    if not user.roles & set(SIGNERS):
        rows = rows.filter(state=BulletinState.SIGNED)
    context = {
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "may_write": bool(user.roles & set(WRITERS)),
        "crumbs": crumbs(("金融指数", reverse("sme_index:board")), ("简报", "")),
    }
    return render(request, "index/bulletins.html", context)


@audience(*WRITERS)
@require_POST
def bulletin_new(request: HttpRequest) -> HttpResponse:
    """Draft the bulletin of the board's window: panel, since and until stand in the address."""
    board = board_of(request)
    try:
        made = service.draft(board, request.user, origin=audit.origin_of(request), now=timezone.now())  # type: ignore[arg-type]
    except service.UnableToWriteBulletin as error:
        messages.error(request, str(error))
        return redirect(reverse("sme_index:board") + board.state.query())
    return redirect("sme_index:bulletin", pk=made.pk)


@audience(*GOVERNMENT)
@require_GET
def bulletin_page(request: HttpRequest, pk: int) -> HttpResponse:
    standing = get_standing()
    one = find_bulletin(pk, standing, request)
    user: Any = request.user
    context = bulletin_context(one, standing) | {
        "may_comment": bool(user.roles & set(WRITERS)) and one.state == BulletinState.DRAFT,
        "may_sign": bool(user.roles & set(SIGNERS))
        and one.state == BulletinState.DRAFT
        and one.author_id != user.pk,
        "crumbs": crumbs(
            ("金融指数", reverse("sme_index:board")),
            ("简报", reverse("sme_index:bulletins")),
            (one.title, ""),
        ),
    }
    return render(request, "index/bulletin.html", context)


@audience(*GOVERNMENT)
@require_GET
def bulletin_print(request: HttpRequest, pk: int) -> HttpResponse:
    """A4 sheet for the browser's print dialog."""
    standing = get_standing()
    return render(
        request, "index/bulletin_print.html", bulletin_context(find_bulletin(pk, standing, request), standing)
    )


@audience(*GOVERNMENT)
@require_GET
def bulletin_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The table as ``manage.py check_bulletin`` reads it."""
    one = find_bulletin(pk, get_standing(), request)
    buffer = io.StringIO()
    csv.writer(buffer).writerows(service.table_rows(one.facts))
    response = HttpResponse(("\ufeff" + buffer.getvalue()).encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bulletin_{one.pk}.csv"'
    return response


@audience(*WRITERS)
@require_POST
def bulletin_comment(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda user, origin: service.comment(pk, request.POST.get("comment", ""), user, origin=origin),
        "点评已保存。",
    )


@audience(*SIGNERS)
@require_POST
def bulletin_sign(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda user, origin: service.sign(pk, user, origin=origin, now=timezone.now()),
        "已签发。",
    )


def _act(request: HttpRequest, pk: int, act: Any, done: str) -> HttpResponse:
    find_bulletin(pk, get_standing(), request)
    try:
        act(request.user, audit.origin_of(request))
        messages.success(request, done)
    except service.UnableToWriteBulletin as error:
        messages.error(request, str(error))
    return redirect("sme_index:bulletin", pk=pk)


def _visible_codes(standing: Standing, request: HttpRequest) -> list[str]:
    reader = reader_of(request.user)
    return [card.code for card in Panels(standing).by_code.values() if reader.may_see(card)]


def find_bulletin(pk: int, standing: Standing, request: HttpRequest) -> Bulletin:
    """A bulletin the reader may open; drafts are the writers' and signers' own business."""
    one = (
        Bulletin.objects.filter(pk=pk, panel_code__in=_visible_codes(standing, request))
        .select_related("author", "signed_by", "run")
        .first()
    )
    if one is None or (one.state == BulletinState.DRAFT and not request.user.roles & set(SIGNERS)):  # type: ignore[union-attr]
        raise Http404
    return one


def bulletin_context(one: Bulletin, standing: Standing) -> dict[str, Any]:
    """Text, table and charts from the figures that were kept when it was written."""
    facts = one.facts
    parts = facts.get("parts", {})
    first = told(one, "dimension")
    before, after = (float(printed(facts[name])) for name in ("before", "value"))
    waterfall = charts.waterfall_of(first, before, after, one.since, one.until) if first else None
    return {
        "one": one,
        "paragraphs": one.text.split("\n"),
        "table": facts.get("table", []),
        "facts": facts,
        "waterfall": waterfall,
        "line": _line(one, standing),
        "parts": [
            {"title": BY_NAMES.get(by, by), "rows": largest_parts(told(one, by))}
            for by in parts
            if by != "dimension"
        ],
        "caption": ChartCaption(
            "28 个部门归集数据",
            one.until,
            f"编制定义 {facts['method']}",
            f"数据版本 {facts['data_version'][:12]}",
        ),
    }


def told(one: Bulletin, by: str) -> list[tuple[str, float]]:
    """Contributions as printed, adding up to the printed change."""
    pairs = [(str(name), float(points)) for name, points in one.facts.get("parts", {}).get(by, [])]
    return printed_parts(pairs, one.facts["before"], one.facts["value"])


def largest_parts(rows: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The parts that moved most, as printed; what rounds to zero has no sign."""
    ordered = sorted(rows, key=lambda row: -abs(row[1]))[:MOST_PARTS]
    return [(name, round(points, 2) + 0.0) for name, points in ordered]


def last_year(one: Bulletin, standing: Standing) -> tuple[list[date], list[float], list[bool]] | None:
    """Days, values and provisional marks of the year up to the bulletin's end, as known when it was written."""
    card = Panels(standing).find(one.panel_code)
    series = find_series(standing, card, one.run.realtime) if card is not None and card.is_shown else None
    end = series.until(one.until) if series is not None else None
    if series is None or end is None:
        return None
    start = max(end - 365, 0)
    return (
        series.days[start : end + 1],
        series.values[start : end + 1, 0].tolist(),
        series.provisional[start : end + 1],
    )


def _line(one: Bulletin, standing: Standing) -> charts.Figure | None:
    found = last_year(one, standing)
    if found is None:
        return None
    days, values, provisional = found
    return charts.line_chart(
        days,
        [charts.Line(one.facts["panel"], values, provisional)],
        unit="点",
        spans=[charts.Span(one.since, one.until, "简报时段")],
        base=100.0,
    )
