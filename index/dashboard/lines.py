"""The main chart: lines, comparison, transforms, events, alert points, and the line behind its slider."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from foundation.charts import Figure
from index import charts
from index.dashboard.board import Board, _instant, annotations_of, caption_of
from index.models import Alert, AlertState
from index.selectors.series import SeriesData, load_series
from index.state import State
from index.transforms import (
    Transform,
    on_days,
    rebased,
    transformed,
    year_before,
)


def main_chart(board: Board) -> dict[str, Any]:
    """The main chart with comparison, transforms, events and alert points, and the line behind its slider."""
    state, series = board.state, board.series
    days, dimension = series.days, state.dimension
    own = _shaped(board, series, days)
    lines = [charts.Line(board.card.name, own.tolist(), series.provisional)]
    others = [
        card for code in state.compare if (card := board.panels.find(code)) and board.reader.may_see(card)
    ]
    data = load_series(board.standing, others, _instant(state.as_of))
    lines += [
        charts.Line(card.name, _shaped(board, data[card.code], days).tolist())
        for card in others
        if card.code in data
    ]
    for years in range(1, state.overlay + 1):
        moved = [_years_before(day, years) for day in days]
        values = on_days(days, series.values[:, dimension], moved)
        if np.isfinite(values).any():
            lines.append(
                charts.Line(f"{years} 年前同期", _transform(days, values, state).tolist(), is_context=True)
            )
    spans = [
        charts.Span(note.day, note.until or note.day, note.title)
        for note in annotations_of(board)
        if note.day <= days[-1] and (note.until or note.day) >= days[0]
    ]
    base = 100.0 if state.how is Transform.LEVEL else 0.0
    figure = charts.line_chart(
        days,
        lines,
        unit="%" if state.how in (Transform.PCT, Transform.YEAR) else "点",
        marks=_marks(board, own),
        spans=spans,
        base=base,
    )
    start, end = (series.at(day) for day in (board.state.since or days[0], board.until))
    _show_window(figure, days[start or 0], days[end if end is not None else -1])
    return {
        "chart": figure,
        "caption": caption_of(board),
        "overview": charts.overview(own.tolist()),
        "slider": {
            "first": days[0],
            "last": days[-1],
            "count": len(days) - 1,
            "start": start or 0,
            "end": end if end is not None else len(days) - 1,
        },
        "compared": [
            {"name": card.name, "url": state.query(compare=tuple(c for c in state.compare if c != card.code))}
            for card in others
        ],
        "denied": len(state.compare) - len(others),
    }


def _show_window(figure: Figure, since: date, until: date) -> None:
    figure["layout"]["xaxis"]["range"] = [since.isoformat(), (until + timedelta(days=1)).isoformat()]


def _shaped(board: Board, series: SeriesData, days: Sequence[date]) -> np.ndarray:
    values = series.values[:, board.state.dimension]
    made = _transform(series.days, values, board.state)
    return made if series.days == days else on_days(series.days, made, days)


def _transform(days: Sequence[date], values: np.ndarray, state: State) -> np.ndarray:
    if state.how is Transform.LEVEL:
        return rebased(days, values, state.base) if state.base else values
    return transformed(days, values, state.how)


def _years_before(day: date, years: int) -> date:
    for _ in range(years):
        day = year_before(day)
    return day


def _marks(board: Board, values: np.ndarray) -> list[charts.Mark]:
    if not board.reader.alerts:
        return []
    rows = Alert.objects.filter(
        method=board.standing.method, panel_id=board.card.number, dimension=board.state.dimension
    ).exclude(state=AlertState.PENDING)
    made = []
    for alert in rows:
        place = board.series.at(alert.opened_on)
        if place is not None and np.isfinite(values[place]):
            word = f"{alert.opened_on.isoformat()} 起异常{'上升' if alert.direction > 0 else '下降'}，强度 {alert.size:.1f}"
            made.append(charts.Mark(alert.opened_on, float(values[place]), word, alert.direction > 0))
    return made
