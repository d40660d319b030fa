"""The alert inbox and the life of one alert."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

import audit
from accounts import inbox
from accounts.access import audience
from accounts.models import User
from accounts.roles import Role
from index import charts
from index.dashboard import REST
from index.models import Alert, AlertState
from index.selectors.panels import PanelCard, Panels, reader_of
from index.selectors.series import find_series
from index.selectors.standing import Standing
from index.services import alerts as service
from index.views.common import GOVERNMENT, WRITERS, crumbs, get_standing, nothing_yet, standing_or_none

PAGE = 30
SHOWN = (("open", "未关闭"), ("closed", "已关闭"), ("mine", "指派给我"))


@audience(*GOVERNMENT)
@require_GET
def alerts_page(request: HttpRequest) -> HttpResponse:
    standing = standing_or_none()
    if standing is None:
        return nothing_yet(request)
    which = request.GET.get("which", "open")
    cards = _visible(standing, request)
    rows = Alert.objects.filter(method=standing.method, panel_id__in=cards).select_related("assignee")
    if which == "closed":
        rows = rows.filter(state=AlertState.CLOSED)
    elif which == "mine":
        rows = rows.filter(assignee_id=request.user.pk).exclude(state=AlertState.CLOSED)
    else:
        rows = rows.exclude(state=AlertState.CLOSED)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [_row(alert, cards[alert.panel_id], standing) for alert in page.object_list],
        "chips": [
            {"label": label, "value": value if value != "open" else "", "active": value == which}
            for value, label in SHOWN
        ],
        "crumbs": crumbs(("金融指数", reverse("sme_index:board")), ("预警", "")),
    }
    return render(request, "index/alerts.html", context)


@audience(*GOVERNMENT)
@require_GET
def alert_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert with its evidence: points, contributions, vintage, history."""
    standing = get_standing()
    cards = _visible(standing, request)
    alert = (
        Alert.objects.filter(pk=pk, panel_id__in=cards)
        .select_related("assignee", "acknowledged_by", "closed_by")
        .first()
    )
    if alert is None:
        raise Http404
    card = cards[alert.panel_id]
    context = _row(alert, card, standing) | {
        "alert": alert,
        "events": alert.events.select_related("actor"),
        "figure": _figure(alert, card, standing),
        "parts": _parts(alert, card, standing),
        "may_act": bool(request.user.roles & set(WRITERS)),  # type: ignore[union-attr]
        "analysts": inbox.holders(Role.INDEX_ANALYST) if request.user.roles & set(WRITERS) else (),  # type: ignore[union-attr]
        "crumbs": crumbs(
            ("金融指数", reverse("sme_index:board")), ("预警", reverse("sme_index:alerts")), (card.name, "")
        ),
    }
    return render(request, "index/alert.html", context)


@audience(*WRITERS)
@require_POST
def alert_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda user, origin, now: service.acknowledge(pk, user, origin=origin, now=now),
        "已确认。",
    )


@audience(*WRITERS)
@require_POST
def alert_assign(request: HttpRequest, pk: int) -> HttpResponse:
    assignee = User.objects.filter(pk=request.POST.get("assignee") or 0, is_active=True).first()
    if assignee is None:
        raise Http404
    return _act(
        request,
        pk,
        lambda user, origin, now: service.assign(pk, assignee, user, origin=origin, now=now),
        "已指派。",
    )


@audience(*WRITERS)
@require_POST
def alert_close(request: HttpRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(
        request,
        pk,
        lambda user, origin, now: service.close(pk, reason, user, origin=origin, now=now),
        "已关闭。",
    )


def _act(request: HttpRequest, pk: int, act: Any, done: str) -> HttpResponse:
    standing = get_standing()
    if not Alert.objects.filter(pk=pk, panel_id__in=_visible(standing, request)).exists():
        raise Http404
    try:
        act(request.user, audit.origin_of(request), timezone.now())
        messages.success(request, done)
    except service.UnableToChangeAlert as error:
        messages.error(request, str(error))
    return redirect("sme_index:alert", pk=pk)


def _visible(standing: Standing, request: HttpRequest) -> dict[int, PanelCard]:
    reader = reader_of(request.user)
    return {card.number: card for card in Panels(standing).by_code.values() if reader.may_see(card)}


def _row(alert: Alert, card: PanelCard, standing: Standing) -> dict[str, Any]:
    dimension = "总指数" if alert.dimension == 0 else standing.basket.dimensions[alert.dimension - 1].name
    window = (
        f"&since={alert.evidence['window'][0]}&until={alert.evidence['window'][1]}"
        if alert.evidence.get("window")
        else ""
    )
    return {
        "alert": alert,
        "name": card.name,
        "dimension": dimension,
        "rising": alert.direction > 0,
        "url": reverse("sme_index:alert", args=[alert.pk]),
        "board_url": f"{reverse('sme_index:board')}?panel={card.code}&dim={alert.dimension}{window}",
    }


def _figure(alert: Alert, card: PanelCard, standing: Standing) -> charts.Figure | None:
    """The series around the alert, the points that caused it marked as they were."""
    from datetime import date

    told = alert.evidence.get("points") or []
    if not told:
        return None
    days = [date.fromisoformat(day) for day, _, _ in told]
    marks = [
        charts.Mark(date.fromisoformat(day), value, f"{day}：{value:.2f}", alert.direction > 0)
        for day, value, fired in told
        if fired
    ]
    lines = [charts.Line("预警时所见", [value for _, value, _ in told])]
    series = find_series(standing, card)
    if series is not None:
        places = [series.at(day) for day in days]
        latest = [float(series.values[p, alert.dimension]) if p is not None else float("nan") for p in places]
        if any(abs(a - b) > 0.005 for a, (_, b, _) in zip(latest, told, strict=True)):
            lines.append(charts.Line("最新修订", latest, is_context=True))
    return charts.line_chart(days, lines, unit="点", marks=marks)


def _parts(alert: Alert, card: PanelCard, standing: Standing) -> list[dict[str, Any]]:
    """Contributions that the evidence kept; parts that may not be shown are left out with a word."""
    from datahub import public as datahub
    from index.selectors.cube import crossing_code

    panels, blocks = Panels(standing), []
    names = {one.code: one.name for one in standing.basket.dimensions}
    names |= {one.code: one.name for one in standing.basket.indicators}
    titles = {"dimension": "维度", "indicator": "指标", "town": "镇街", "section": "行业"}
    for by, told in (alert.evidence.get("parts") or {}).items():
        rows = []
        for code, points in told:
            if by in ("town", "section"):
                part = panels.find(crossing_code(card, by, code))
                if part is None or not part.is_shown:
                    continue
                name = (
                    datahub.division_name(code) if by == "town" else datahub.INDUSTRY_SECTIONS.get(code, code)
                )
            else:
                name = names.get(code, REST)
            rows.append({"name": name, "points": round(points, 2) + 0.0})
        if rows:
            blocks.append({"title": titles[by], "rows": rows})
    return blocks
