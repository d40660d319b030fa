"""Chips and choices of the state."""

from typing import Any

from django.urls import reverse

from index.contracts import PanelKind
from index.dashboard.board import Board
from index.selectors.panels import visible
from index.transforms import LABELS, Transform


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
