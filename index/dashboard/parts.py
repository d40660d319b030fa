"""Contributions over the window by parts with names, and their waterfall."""

from collections.abc import Sequence
from typing import Any

from datahub import public as datahub
from index import charts
from index.dashboard.board import Board
from index.registry import MAIN
from index.selectors.cube import Decomposed, crossing_code, decompose
from index.selectors.panels import SIZES
from index.sentences import printed, printed_parts

REST = "其他（主体不足，合并列示）"
UNCROSSED = frozenset({"medium", "small"})
BY_NAMES = {"dimension": "维度", "indicator": "指标", "town": "镇街", "section": "行业", "size": "规模"}


def named_parts(board: Board, by: str) -> list[tuple[str, float]]:
    """Contributions over the window with names; parts that may not be shown are put together."""
    found = decompose(board.standing, board.card, board.since, board.until, by)
    return _named(board, found, by)


def told_parts(board: Board, by: str) -> tuple[list[tuple[str, float]], float, float]:
    """Parts, first and last value of the window as printed: the parts add up to the difference of the two."""
    start, end = board.series.at(board.since), board.series.at(board.until)
    assert start is not None
    assert end is not None
    before, after = float(board.series.values[start, 0]), float(board.series.values[end, 0])
    parts = printed_parts(named_parts(board, by), before, after)
    return parts, float(printed(before)), float(printed(after))


def _named(board: Board, found: Decomposed, by: str) -> list[tuple[str, float]]:
    if by in ("dimension", "indicator"):
        listed = board.standing.basket.dimensions if by == "dimension" else board.standing.basket.indicators
        return [(one.name, found.parts.get(one.code, 0.0)) for one in listed if one.code in found.parts]
    named, rest, hidden = [], 0.0, 0
    for part, points in found.parts.items():
        card = board.panels.find(crossing_code(board.card, by, part)) if part else None
        if card is not None and board.reader.may_see(card):
            named.append((part_name(by, part), points))
        else:
            rest += points
            hidden += 1
    named.sort(key=lambda pair: -abs(pair[1]))
    if hidden == 1 and named:
        # A rest of one part would be that part: the smallest shown one goes with it.
        rest += named.pop()[1]
    return named + ([(REST, rest)] if hidden else [])


def part_name(by: str, part: str) -> str:
    if by == "town":
        return datahub.division_name(part)
    if by == "section":
        return datahub.INDUSTRY_SECTIONS.get(part, part)
    return SIZES.get(part, part)


def divisions_of(board: Board) -> list[str]:
    """Ways to divide this panel: what it is not yet divided by, one step down.

    Crossings know medium and small together only, so a panel of one of the two is not divided: its parts have never
    been judged.
    """
    open_ways = ["dimension", "indicator"]
    if board.card.universe != MAIN or board.card.size in UNCROSSED:
        return open_ways
    for by in ("town", "section", "size"):
        if not getattr(board.card, by) and (board.reader.everything or by != "town"):
            open_ways.append(by)
    return open_ways


def waterfall_block(board: Board) -> dict[str, Any]:
    """Waterfall of the window by the chosen division."""
    ways = divisions_of(board)
    by = board.state.by if board.state.by in ways else "dimension"
    start, end = board.series.at(board.since), board.series.at(board.until)
    if start is None or end is None or board.state.as_of is not None:
        return {"by": by}
    parts, before, after = told_parts(board, by)
    shown = _joined(parts, 12)
    return {
        "by": by,
        "waterfall": charts.waterfall_of(shown, before, after, board.since, board.until),
        "ways": [
            {"label": BY_NAMES[way], "value": way if way != "dimension" else "", "active": way == by}
            for way in ways
        ],
        "parts": [(name, hundredths(points)) for name, points in parts],
        "change": hundredths(after - before),
    }


def hundredths(points: float) -> float:
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
