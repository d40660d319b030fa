"""One step down: parts of the panel, those that may not be shown say so."""

from typing import Any

from django.urls import reverse

from index.contracts import PanelKind
from index.dashboard.board import Board
from index.dashboard.parts import BY_NAMES, divisions_of, hundredths, part_name
from index.selectors.panels import PanelCard
from index.selectors.series import SeriesData, load_series
from index.transforms import month_before


def drill_block(board: Board) -> list[dict[str, Any]]:
    """One step down: for each open division its parts; those that may not be shown say so and name where they count.

    City, town, industry, size; below the last step lies the list of firms.
    """
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
    name = part_name(by, getattr(card, by))
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
        "month": hundredths(value - series.values[month, board.state.dimension])
        if month is not None
        else None,
        "spark": [float(v) for v in series.values[max(last - 365, 0) : last + 1 : 7, board.state.dimension]],
        "url": reverse("sme_index:board") + board.state.query(panel=card.code, compare=()),
    }
