"""The dashboard's context: what selectors found, as templates show it. One function per block."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils import timezone

from datahub import public as datahub
from foundation.charts import ChartCaption, Figure
from index import charts
from index.basket import load_tiles
from index.contracts import LIGHT_SHAPES, LIGHT_WORDS, Light, PanelKind
from index.models import Alert, AlertState, Annotation
from index.registry import MAIN
from index.selectors.cube import Decomposed, crossing_code, decompose
from index.selectors.headline import Headline, find_headline, light_history
from index.selectors.panels import PanelCard, Panels, Reader, home_panel, visible
from index.selectors.series import SeriesData, find_series, load_series
from index.selectors.standing import Standing
from index.sentences import printed_change, signed, write_headline, write_movers
from index.state import State
from index.transforms import LABELS, Transform, month_before, on_days, rebased, transformed, year_before

REST = "其他（主体不足，合并列示）"
TOTAL = "总指数"


@dataclass
class Board:
    """Everything one request needs, read once."""

    standing: Standing
    panels: Panels
    reader: Reader
    state: State
    card: PanelCard
    series: SeriesData
    rolled_from: PanelCard | None = None

    @property
    def dimension_names(self) -> list[str]:
        return [TOTAL, *(d.name for d in self.standing.basket.dimensions)]

    @property
    def dimension_name(self) -> str:
        return self.dimension_names[self.state.dimension]

    @property
    def until(self) -> date:
        """The last day of the window: the one asked for, else the last one."""
        wanted = self.state.until or self.series.days[-1]
        place = self.series.until(wanted)
        return self.series.days[place if place is not None else 0]

    @property
    def since(self) -> date:
        wanted = self.state.since or month_before(self.until)
        return min(max(wanted, self.series.days[0]), self.until)


class NothingToShow(LookupError):
    """No panel of the index may be shown to this reader."""


def open_board(standing: Standing, reader: Reader, state: State) -> Board:
    """The panel asked for if the reader may see it, the nearest wider one otherwise.

    Raises :class:`NothingToShow`.
    """
    panels = Panels(standing)
    asked = panels.find(state.panel) if state.panel else home_panel(panels, reader)
    if asked is None:
        asked = home_panel(panels, reader)
    if asked is None:
        raise NothingToShow
    card = panels.nearest_shown(asked, reader)
    if card is None:
        raise NothingToShow
    series = find_series(standing, card, _instant(state.as_of))
    if series is None:
        raise NothingToShow
    return Board(standing, panels, reader, state, card, series, asked if asked is not card else None)


def _instant(day: date | None) -> datetime | None:
    """The end of a day, as the instant whose knowledge is asked for."""
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None


def headline_block(board: Board) -> dict[str, Any]:
    """Figure, light, sentence and changes of the window's last day."""
    one = find_headline(board.standing, board.series, board.state.dimension, board.until)
    if one is None:
        return {}
    dimension = "" if board.state.dimension == 0 else board.dimension_name
    return {
        "headline": one,
        "sentence": write_headline(one, board.card.name, dimension),
        "movers": _mover_sentence(board),
        "changes": _change_rows(one),
        "late_names": [ind.name for ind in board.standing.basket.indicators if ind.code in one.late],
        "light_word": LIGHT_WORDS.get(one.light, "") if one.light else "",
    }


def _change_rows(one: Headline) -> list[dict[str, Any]]:
    """Changes as the sentence prints them."""
    rows = []
    for key, label in (("day", "较上日"), ("month", "较上月同日"), ("year", "较上年同日")):
        compared = one.changes.get(key)
        if compared is not None:
            change, percent = printed_change(one.value, compared.value)
            direction = "up" if change > 0 else "down" if change < 0 else "flat"
            told = {"label": label, "points": signed(change), "percent": signed(percent), "day": compared.day}
            rows.append(told | {"direction": direction})
    return rows


def _mover_sentence(board: Board) -> str:
    if board.state.dimension:
        return ""
    window = f"{board.since.isoformat()} 至 {board.until.isoformat()}"
    parts = named_parts(board, "dimension")
    return f"{window}，{write_movers(parts, '维度')}"


def named_parts(board: Board, by: str) -> list[tuple[str, float]]:
    """Contributions over the window with names; parts that may not be shown are put together."""
    found = decompose(board.standing, board.card, board.since, board.until, by)
    return _named(board, found, by)


def _named(board: Board, found: Decomposed, by: str) -> list[tuple[str, float]]:
    if by in ("dimension", "indicator"):
        listed = board.standing.basket.dimensions if by == "dimension" else board.standing.basket.indicators
        return [(one.name, found.parts.get(one.code, 0.0)) for one in listed if one.code in found.parts]
    named, rest, hidden = [], 0.0, 0
    for part, points in found.parts.items():
        card = board.panels.find(crossing_code(board.card, by, part)) if part else None
        if card is not None and card.is_shown:
            named.append((_part_name(by, part), points))
        else:
            rest += points
            hidden += 1
    named.sort(key=lambda pair: -abs(pair[1]))
    if hidden == 1 and named:
        # A rest of one part would be that part: the smallest shown one goes with it.
        rest += named.pop()[1]
    return named + ([(REST, rest)] if hidden else [])


def _part_name(by: str, part: str) -> str:
    from index.selectors.panels import SIZES

    if by == "town":
        return datahub.division_name(part)
    if by == "section":
        return datahub.INDUSTRY_SECTIONS.get(part, part)
    return SIZES.get(part, part)


def divisions_of(board: Board) -> list[str]:
    """Ways to divide this panel: what it is not yet divided by, one step down. A crossing is not divided further."""
    open_ways = ["dimension", "indicator"]
    if (
        sum(map(bool, (board.card.town, board.card.section, board.card.size))) <= 1
        and board.card.universe == MAIN
    ):
        for by in ("town", "section", "size"):
            if not getattr(board.card, by) and (board.reader.everything or by != "town"):
                open_ways.append(by)
    return open_ways


BY_NAMES = {"dimension": "维度", "indicator": "指标", "town": "镇街", "section": "行业", "size": "规模"}


def waterfall_block(board: Board) -> dict[str, Any]:
    """Waterfall of the window by the chosen division."""
    ways = divisions_of(board)
    by = board.state.by if board.state.by in ways else "dimension"
    start, end = board.series.at(board.since), board.series.at(board.until)
    if start is None or end is None or board.state.as_of is not None:
        return {"by": by}
    parts = named_parts(board, by)
    before = float(board.series.values[start, 0])
    after = before + sum(points for _, points in parts)
    shown = _joined(parts, 12)
    return {
        "by": by,
        "waterfall": charts.waterfall_of(shown, before, after, board.since, board.until),
        "ways": [
            {"label": BY_NAMES[way], "value": way if way != "dimension" else "", "active": way == by}
            for way in ways
        ],
        "parts": [(name, _hundredths(points)) for name, points in parts],
        "change": after - before,
    }


def _hundredths(points: float) -> float:
    """As printed: what rounds to zero has no sign."""
    return round(float(points), 2) + 0.0


def _joined(parts: Sequence[tuple[str, float]], most: int) -> list[tuple[str, float]]:
    """The largest parts by themselves, the small ones in one column."""
    if len(parts) <= most:
        return list(parts)
    ordered = sorted(parts, key=lambda pair: -abs(pair[1]))
    kept = {name for name, _ in ordered[: most - 1]}
    rest = sum(points for name, points in parts if name not in kept)
    return [pair for pair in parts if pair[0] in kept] + [("其余各项", rest)]


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


def annotations_of(board: Board) -> list[Annotation]:
    """Events of the city and of the panel's town and section: they follow the filter."""
    rows = Annotation.objects.all()
    return [
        note
        for note in rows
        if (
            not note.town or note.town == board.card.town or (not board.card.town and board.reader.everything)
        )
        and (not note.section or not board.card.section or note.section == board.card.section)
    ]


def caption_of(board: Board) -> ChartCaption:
    run = board.standing.run
    note = f"数据版本 {run.data_version[:12]}"
    if board.state.as_of:
        note += f"，按 {board.state.as_of.isoformat()} 当时所知"
    if board.series.is_short:
        note += "，该序列基期不足，以自身首年均值为 100"
    return ChartCaption(
        "28 个部门归集数据", board.series.days[-1], f"编制定义 {board.standing.method.code}", note
    )


def heat_block(board: Board) -> Figure | None:
    """Towns by dimension: how far each lies from its mean of the last year, in per cent."""
    towns = visible(board.panels.of_kind(PanelKind.TOWN), board.reader)
    if len(towns) < 2:
        return None
    data = load_series(board.standing, towns)
    names, rows = [], []
    for card in sorted(towns, key=lambda c: c.town):
        if (series := data.get(card.code)) is None:
            continue
        place = series.until(board.until)
        if place is None:
            continue
        names.append(card.name)
        rows.append(
            [_gap(series.values[: place + 1, n]) for n in range(1 + len(board.standing.basket.dimensions))]
        )
    return charts.heat_map(board.dimension_names, names, rows, unit="%", decimals=1, midpoint=0.0)


def _gap(values: np.ndarray) -> float | None:
    from index.transforms import gaps_from_year

    gap = float(gaps_from_year(values)[-1])
    return round(gap, 2) if np.isfinite(gap) else None


def town_blocks(board: Board) -> dict[str, Any]:
    """Tile map and small multiples of the 19 towns, each with its light."""
    towns = {card.town: card for card in board.panels.of_kind(PanelKind.TOWN)}
    shown = [card for card in towns.values() if board.reader.may_see(card)]
    data = load_series(board.standing, shown)
    rows = {card.town: _town_row(board, card, data[card.code]) for card in shown if card.code in data}
    tiles = []
    for tile in load_tiles():
        row = rows.get(tile.town)
        tiles.append(
            {
                "col": tile.col,
                "row": tile.row,
                "x": (tile.col - 1) * 100 + 2,
                "y": (tile.row - 1) * 72 + 2,
                "name": datahub.division_name(tile.town),
                "short": datahub.division_name(tile.town).removesuffix("街道").removesuffix("镇"),
                "light": row["light"] if row else "",
                "shape": row["shape"] if row else "",
                "word": row["word"] if row else "不可见",
                "value": row["value"] if row else None,
                "url": row["url"] if row else "",
            }
        )
    return {"tiles": tiles, "towns": sorted(rows.values(), key=lambda row: -row["value"])}


def _town_row(board: Board, card: PanelCard, series: SeriesData) -> dict[str, Any]:
    place = series.until(board.until)
    last = place if place is not None else len(series.days) - 1
    values = series.values[: last + 1, board.state.dimension]
    found, _, _ = light_history(values, board.standing.basket.light_years)
    light: Light | None = found[-1] if found else None
    month = series.at(month_before(series.days[last]))
    return {
        "name": card.name,
        "code": card.code,
        "value": float(values[-1]),
        "light": str(light) if light else "",
        "shape": LIGHT_SHAPES.get(light, "") if light else "",
        "word": LIGHT_WORDS.get(light, "暂无") if light else "暂无",
        "month": _hundredths(values[-1] - values[month]) if month is not None else None,
        "entities": series.entities[last],
        "spark": [float(v) for v in values[-365::7]],
        "url": reverse("sme_index:board") + board.state.query(panel=card.code, compare=()),
    }


def drill_block(board: Board) -> list[dict[str, Any]]:
    """One step down: for each open division its parts; those that may not be shown say so and name where they count."""
    blocks = []
    for by in divisions_of(board)[2:]:
        if by == "town" and board.card.kind is PanelKind.UNIVERSE:
            continue  # the tile map shows them
        cards = _parts_below(board, by)
        data = load_series(board.standing, [card for card in cards if board.reader.may_see(card)])
        rows = [_drill_row(board, by, card, data.get(card.code)) for card in cards]
        rows.sort(key=lambda row: (row["hidden"], -(row["entities"] or 0)))
        if rows:
            blocks.append(
                {"by": by, "name": BY_NAMES[by], "rows": rows, "hidden": sum(row["hidden"] for row in rows)}
            )
    return blocks


def _parts_below(board: Board, by: str) -> list[PanelCard]:
    card, found = board.card, []
    for one in board.panels.by_code.values():
        if one.universe != card.universe or not getattr(one, by) or one.verdict == 4:
            continue
        others = [name for name in ("town", "section", "size") if name != by]
        if all(getattr(one, name) == getattr(card, name) for name in others) and not (
            by == "size" and not card.town and not card.section and one.size == "small_up"
        ):
            found.append(one)
    return found


def _drill_row(board: Board, by: str, card: PanelCard, series: SeriesData | None) -> dict[str, Any]:
    name = _part_name(by, getattr(card, by))
    if series is None:
        return {
            "name": name,
            "hidden": True,
            "reason": card.reason or "不在可见范围",
            "entities": None,
            "rolled": board.card.name,
        }
    place = series.until(board.until)
    last = place if place is not None else len(series.days) - 1
    month = series.at(month_before(series.days[last]))
    value = float(series.values[last, board.state.dimension])
    return {
        "name": name,
        "hidden": False,
        "value": value,
        "entities": series.entities[last],
        "month": _hundredths(value - series.values[month, board.state.dimension])
        if month is not None
        else None,
        "spark": [float(v) for v in series.values[max(last - 365, 0) : last + 1 : 7, board.state.dimension]],
        "url": reverse("sme_index:board") + board.state.query(panel=card.code, compare=()),
    }


def one_headline(board: Board) -> Headline | None:
    return find_headline(board.standing, board.series, board.state.dimension, board.until)


def chip_blocks(board: Board) -> dict[str, Any]:
    """Chips and choices of the state."""
    state, standing = board.state, board.standing
    return {
        "dimensions": [
            {"label": name, "value": str(n) if n else "", "active": n == state.dimension}
            for n, name in enumerate(board.dimension_names)
        ],
        "transforms": [
            {"label": label, "value": "" if how is Transform.LEVEL else str(how), "active": how is state.how}
            for how, label in LABELS.items()
        ],
        "overlays": [
            {"label": label, "value": value, "active": str(state.overlay or "") == value}
            for label, value in (("不叠加", ""), ("叠加上年", "1"), ("叠加前两年", "2"))
        ],
        "choices": _choices(board),
        "universes": [
            {
                "label": u.name,
                "url": reverse("sme_index:board") + state.query(panel=u.code, compare=()),
                "active": board.card.code == u.code,
            }
            for u in standing.basket.universes
            if (card := board.panels.find(u.code)) is not None and board.reader.may_see(card)
        ],
    }


def _choices(board: Board) -> list[dict[str, Any]]:
    """Panels that may be compared, in groups."""
    kinds = (
        (PanelKind.UNIVERSE, "全市"),
        (PanelKind.TOWN, "镇街"),
        (PanelKind.SECTION, "行业"),
        (PanelKind.SIZE, "规模"),
    )
    return [
        {
            "name": name,
            "options": [
                {"code": card.code, "name": card.name}
                for card in visible(board.panels.of_kind(kind), board.reader)
                if card.code != board.card.code and card.code not in board.state.compare
            ],
        }
        for kind, name in kinds
    ]
