"""Vintages: as first published, as of any day, every release of a day, statistics of revisions."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import audience
from foundation.charts import ChartCaption
from index import charts
from index.dashboard import Board
from index.engine.vintages import revision_statistics
from index.selectors.series import Vintage, list_vintages
from index.views.common import READERS, board_of, crumbs, nothing_yet, standing_or_none

WINDOW_DAYS = 60


@audience(*READERS)
@require_GET
def vintages_page(request: HttpRequest) -> HttpResponse:
    if standing_or_none() is None:
        return nothing_yet(request)
    board = board_of(request)
    last = board.until
    first = board.state.since or last - timedelta(days=WINDOW_DAYS)
    vintages = list_vintages(board.standing, board.card, board.state.dimension, first, last)
    return render(request, "index/vintages.html", vintages_context(board, vintages, first, last))


def vintages_context(board: Board, vintages: list[Vintage], first: date, last: date) -> dict[str, Any]:
    by_day: dict[date, list[Vintage]] = {}
    for one in vintages:
        by_day.setdefault(one.day, []).append(one)
    days = sorted(by_day)
    opening = {day: by_day[day][0].value for day in days}
    latest = {day: by_day[day][-1].value for day in days}
    third = {day: _after(by_day[day], day, board.standing.basket.first_days) for day in days}
    figure = charts.line_chart(
        days,
        [
            charts.Line("最新", [latest[d] for d in days]),
            charts.Line("首次发布", [opening[d] for d in days], is_context=True),
        ],
        unit="点",
    )
    revised = [
        {
            "day": day,
            "first": opening[day],
            "latest": latest[day],
            "change": latest[day] - opening[day],
            "releases": by_day[day],
        }
        for day in reversed(days)
        if len(by_day[day]) > 1
    ]
    run = board.standing.run
    return {
        "board": board,
        "card": board.card,
        "state": board.state,
        "first": first,
        "last": last,
        "revised": revised,
        "figure": figure if days else None,
        "statistics": revision_statistics(opening, latest),
        "statistics_third": revision_statistics(third, latest),
        "days": len(days),
        "caption": ChartCaption(
            "28 个部门归集数据",
            last,
            f"编制定义 {board.standing.method.code}",
            f"数据版本 {run.data_version[:12]}",
        ),
        "dimensions": [
            {"label": name, "value": str(n) if n else "", "active": n == board.state.dimension}
            for n, name in enumerate(board.dimension_names)
        ],
        "crumbs": crumbs(
            ("金融指数", reverse("sme_index:board")),
            (board.card.name, reverse("sme_index:board") + board.state.query(panel=board.card.code)),
            ("修订", ""),
        ),
    }


def _after(releases: list[Vintage], day: date, wait: int) -> float:
    """The value that stood ``wait`` days after the day."""
    limit = day + timedelta(days=wait + 1)
    stood = [one.value for one in releases if one.realtime_start.date() <= limit]
    return stood[-1] if stood else releases[0].value
