"""Small and dominated cells stay hidden, also from subtraction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.engine.disclosure import Sum, UnableToProtect, Verdict, may_stand_alone, nearest_shown, protect

ROWS, COLUMNS = 3, 3


def cross_table(counts: list[int]) -> tuple[np.ndarray, list[Sum]]:
    """Cells of a 3 x 3 table, its row totals, column totals and grand total, with all identities."""
    cells = np.array(counts).reshape(ROWS, COLUMNS)
    every = [*cells.ravel(), *cells.sum(axis=1), *cells.sum(axis=0), cells.sum()]
    n = ROWS * COLUMNS
    rows = [Sum(n + r, tuple(range(r * COLUMNS, (r + 1) * COLUMNS))) for r in range(ROWS)]
    columns = [Sum(n + ROWS + c, tuple(range(c, n, COLUMNS))) for c in range(COLUMNS)]
    grand = n + ROWS + COLUMNS
    tops = [Sum(grand, tuple(range(n, n + ROWS))), Sum(grand, tuple(range(n + ROWS, grand)))]
    return np.array(every), rows + columns + tops


def solvable(verdict: np.ndarray, values: np.ndarray, sums: list[Sum]) -> list[int]:
    """Hidden series whose value follows from the shown ones: by plain elimination over fractions of the unknowns."""
    hidden = [k for k in range(len(verdict)) if verdict[k] not in (Verdict.SHOWN, Verdict.EMPTY)]
    rows = []
    for identity in sums:
        row = [0.0] * len(hidden)
        for member, sign in [*((part, 1.0) for part in identity.parts), (identity.total, -1.0)]:
            if member in hidden:
                row[hidden.index(member)] += sign
        rows.append(row)
    matrix = np.array(rows)
    found = []
    for place, series in enumerate(hidden):
        unit = np.zeros(len(hidden))
        unit[place] = 1
        if np.linalg.matrix_rank(np.vstack([matrix, unit])) == np.linalg.matrix_rank(matrix):
            found.append(series)
    return found


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 12), st.integers(0, 300)), min_size=9, max_size=9))
def test_nothing_hidden_follows_from_what_is_shown(counts: list[int]) -> None:
    values, sums = cross_table(counts)
    verdict = protect(values, values, np.minimum(values, 1), sums)
    assert solvable(verdict, values, sums) == []
    assert (values[verdict == Verdict.SHOWN] >= 10).all()
    for identity in sums:
        hidden = [p for p in identity.parts if verdict[p] not in (Verdict.SHOWN, Verdict.EMPTY)]
        if verdict[identity.total] == Verdict.SHOWN and hidden:
            assert len(hidden) > 1 and values[hidden].sum() >= 10


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(10, 300), min_size=9, max_size=9))
def test_large_cells_are_all_shown(counts: list[int]) -> None:
    values, sums = cross_table(counts)
    assert (protect(values, values, np.ones_like(values), sums) == Verdict.SHOWN).all()


def test_one_small_part_hides_the_smallest_other_with_it() -> None:
    count = np.array([100, 5, 40, 55])
    verdict = protect(count, count, np.ones(4, dtype=int), [Sum(0, (1, 2, 3))])
    assert verdict.tolist() == [Verdict.SHOWN, Verdict.TOO_FEW, Verdict.COMPLEMENTARY, Verdict.SHOWN]


def test_two_tiny_parts_together_are_still_too_few() -> None:
    count = np.array([100, 2, 3, 40, 55])
    verdict = protect(count, count, np.ones(5, dtype=int), [Sum(0, (1, 2, 3, 4))])
    assert verdict[3] == Verdict.COMPLEMENTARY


def test_a_total_goes_when_no_part_is_left_to_hide() -> None:
    count = np.array([8 + 1, 8, 1])
    verdict = protect(count, count, np.ones(3, dtype=int), [Sum(0, (1, 2))])
    assert Verdict.SHOWN not in verdict.tolist()


def test_a_dominated_cell_is_hidden_and_an_empty_one_is_no_secret() -> None:
    verdict = may_stand_alone(np.array([20, 20, 0, 9]), np.array([100, 100, 0, 9]), np.array([70, 69, 0, 1]))
    assert verdict.tolist() == [Verdict.DOMINATED, Verdict.SHOWN, Verdict.EMPTY, Verdict.TOO_FEW]


def test_a_hidden_cell_rolls_up_to_the_nearest_shown_one() -> None:
    verdict = np.array([Verdict.SHOWN, Verdict.TOO_FEW, Verdict.COMPLEMENTARY, Verdict.SHOWN])
    assert nearest_shown(verdict, [[], [2, 3, 0], [1], [0]]) == [0, 3, None, 3]


def test_a_sum_over_unknown_series_is_refused() -> None:
    with pytest.raises(UnableToProtect):
        protect(np.array([10]), np.array([10]), np.array([1]), [Sum(0, (4,))])
