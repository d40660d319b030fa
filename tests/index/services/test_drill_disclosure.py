"""Attacks on every step of the drill, down to town x industry x size: nothing hidden follows from what is shown.

The attacker knows how panels are made of cells and every published number; a hidden panel is found out when its
cells are a linear combination of published ones. This oracle works on cells and knows nothing of the identities
that the protection itself uses.
"""

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.basket import load_basket
from index.contracts import PanelKind
from index.dashboard.parts import UNCROSSED, divisions_of
from index.engine.disclosure import Verdict, protect
from index.registry import MAIN, PanelKey, Registry
from index.selectors.cube import crossing_code
from index.selectors.panels import SIZES, PanelCard, Reader
from index.services.disclosure import identities

TOWNS, SECTIONS, CLASSES = (
    ("330282108", "330282109", "330282110", ""),
    ("C", "F", ""),
    ("medium", "small", "micro"),
)
KEYS = list(product(TOWNS, SECTIONS, CLASSES))
firms = st.lists(st.sampled_from([0, 0, 1, 3, 8, 12, 40]), min_size=len(KEYS), max_size=len(KEYS))


def judged(numbers: list[int]) -> tuple[Registry, np.ndarray, np.ndarray, np.ndarray]:
    """A registry of these cells; entities of each cell; of each panel; the verdicts."""
    registry = Registry(load_basket())
    for town, section, size in KEYS:
        registry.cell("company", size, town, section)
    of = registry.membership()
    inside = np.zeros((len(registry.panels), len(registry.cells)), np.int64)
    for cell, panels in enumerate(of):
        inside[panels[panels >= 0], cell] = 1
    cells = np.array(numbers, np.int64)
    count = inside @ cells
    heaviest = np.minimum(count, 1)
    sums, extra = identities(registry, count, count, heaviest)
    every = [
        np.concatenate([a, np.array(b, np.int64)])
        for a, b in zip((count, count, heaviest), extra, strict=True)
    ]
    return registry, inside, cells, protect(*every, sums)[: len(registry.panels)]


def found_out(inside: np.ndarray, verdict: np.ndarray) -> list[int]:
    """Hidden panels whose cells are a combination of published panels; empty panels are known to be empty."""
    empty = inside[verdict == Verdict.EMPTY].any(axis=0)
    unknown = inside[:, ~empty]
    shown = unknown[verdict == Verdict.SHOWN]
    if not len(shown):
        return []
    _, sizes, right = np.linalg.svd(shown.astype(float), full_matrices=False)
    basis = right[sizes > 1e-9]
    hidden = np.flatnonzero((verdict != Verdict.SHOWN) & (verdict != Verdict.EMPTY))
    rest = unknown[hidden] - (unknown[hidden] @ basis.T) @ basis
    return [int(n) for n in hidden[(rest**2).sum(axis=1) < 1e-9]]


@settings(max_examples=60, deadline=None)
@given(firms)
def test_no_hidden_panel_of_any_step_follows_from_the_published_ones(numbers: list[int]) -> None:
    _, inside, cells, verdict = judged(numbers)
    assert found_out(inside, verdict) == []
    assert ((inside @ cells)[verdict == Verdict.SHOWN] >= 10).all()


@settings(max_examples=60, deadline=None)
@given(firms)
def test_what_is_left_of_a_shown_panel_beside_its_shown_parts_is_never_a_few(numbers: list[int]) -> None:
    """The rest of a drill table: its total less every shown row, by each way of dividing it."""
    registry, inside, cells, verdict = judged(numbers)
    by_code = {key.code: number for key, number in registry.panels.items()}
    for key, number in registry.panels.items():
        if verdict[number] != Verdict.SHOWN:
            continue
        for by in divisions_of(board_of(key)):
            if by in ("dimension", "indicator"):
                continue
            parts = [by_code[one.code] for one in registry.panels if is_part(one, key, by)]
            shown = [one for one in parts if verdict[one] == Verdict.SHOWN]
            rest = cells[inside[number].astype(bool) & ~inside[shown].any(axis=0)].sum()
            assert rest == 0 or rest >= 10


def test_the_oracle_finds_a_leak_where_there_is_one() -> None:
    """Small firms hidden beside medium ones and both together: that is how it would look."""
    registry, inside, _, verdict = judged([12] * len(KEYS))
    assert found_out(inside, verdict) == []
    hidden = next(
        n for key, n in registry.panels.items() if key.kind is PanelKind.SIZE and key.size == "small"
    )
    verdict[hidden] = Verdict.TOO_FEW
    assert found_out(inside, verdict) == [hidden]


@pytest.mark.parametrize("size", sorted(UNCROSSED))
def test_a_size_class_that_crossings_do_not_know_is_not_divided(size: str) -> None:
    """Medium firms by town would show towns with one medium firm: only medium and small together are judged."""
    assert divisions_of(board_of(PanelKey(PanelKind.SIZE, MAIN, size=size))) == ["dimension", "indicator"]


def test_every_part_of_a_waterfall_is_the_panel_whose_verdict_decides_about_it() -> None:
    """Same cells, not only the same name."""
    registry, inside, _, _ = judged([12] * len(KEYS))
    by_code = {key.code: number for key, number in registry.panels.items()}
    keys = sorted(registry.cells, key=lambda key: registry.cells[key])
    for panel, number in registry.panels.items():
        for by in divisions_of(board_of(panel)):
            if by in ("dimension", "indicator"):
                continue
            for part in {getattr_of(key, by, panel) for key in keys if inside[number, registry.cells[key]]}:
                code = crossing_code(card_of(panel), by, part) if part else ""
                if code in by_code:
                    own = [registry.cells[key] for key in keys if getattr_of(key, by, panel) == part]
                    meant = np.zeros(len(keys), np.int64)
                    meant[own] = 1
                    assert (meant * inside[number] == inside[by_code[code]]).all()


def getattr_of(key: tuple[str, str, str, str], by: str, panel: PanelKey) -> str:
    """The part of a panel that a cell counts in, as the decomposition labels it."""
    value = key[("town", "section", "size").index(by) + 1]
    crossed = by == "size" and (panel.town or panel.section)
    return "small_up" if crossed and value in UNCROSSED else value


def is_part(one: PanelKey, whole: PanelKey, by: str) -> bool:
    others = [name for name in ("town", "section", "size") if name != by]
    same = all(getattr(one, name) == getattr(whole, name) for name in others)
    double = by == "size" and not (whole.town or whole.section) and one.size == "small_up"
    return one.universe == whole.universe and bool(getattr(one, by)) and same and not double


def card_of(key: PanelKey) -> PanelCard:
    name = "·".join(filter(None, (key.town, key.section, SIZES.get(key.size, ""))))
    return PanelCard(0, key.code, key.kind, key.universe, key.town, key.section, key.size, name, 0)


def board_of(key: PanelKey) -> Any:
    return SimpleNamespace(card=card_of(key), reader=Reader(everything=True, crossings=True))
