"""The headline: figure, light, sentence and changes of the window's last day."""

from typing import Any

from index.contracts import LIGHT_WORDS, Indicator
from index.dashboard.board import Board
from index.dashboard.parts import told_parts
from index.selectors.headline import Headline, find_headline
from index.sentences import printed_change, signed, write_headline, write_movers
from index.services.freshness import PERIODIC


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
        "late_names": [ind.name for ind, _ in _late(board, one) if ind.rule.kind in PERIODIC],
        "silent_names": [
            f"{ind.name}（最近 {last}）" for ind, last in _late(board, one) if ind.rule.kind not in PERIODIC
        ],
        "light_word": LIGHT_WORDS.get(one.light, "") if one.light else "",
    }


def _late(board: Board, one: Headline) -> list[tuple[Indicator, str]]:
    """Indicators without news, with the day of their last."""
    return [(ind, one.late[ind.code]) for ind in board.standing.basket.indicators if ind.code in one.late]


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
    parts, _, _ = told_parts(board, "dimension")
    return f"{window}，{write_movers(parts, '维度')}"
