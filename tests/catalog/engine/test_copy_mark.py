"""The mark in the order of rows: nothing but neighbours changes place, and the order tells the mark."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.engine.copy_mark import agreement, marked_order, marked_page, observed_bits

numbers_of_rows = st.lists(st.integers(1, 300), unique=True).map(sorted)


def bit(pair):
    return pair * 7919 % 5 < 2


def plain_marked(numbers):
    """Slow and obvious: look at each pair in turn."""
    told, left = [], list(numbers)
    while left:
        first = left.pop(0)
        partner = first + 1 if first % 2 else None
        if partner in left:
            left.remove(partner)
            told += [partner, first] if bit((first - 1) // 2) else [first, partner]
        else:
            told.append(first)
    return told


@given(numbers_of_rows)
def test_only_pairs_change_places(numbers):
    assert list(marked_order(((n, n) for n in numbers), bit)) == plain_marked(numbers)


@given(numbers_of_rows)
def test_the_order_gives_back_every_bit(numbers):
    marked = list(marked_order(((n, n) for n in numbers), bit))
    bits = observed_bits(marked)
    assert bits == {pair: bit(pair) for pair in bits}
    assert set(bits) == {(n - 1) // 2 for n in numbers if n % 2 and n + 1 in numbers}


def test_the_last_two_rows_of_a_page_stay():
    numbers = list(range(1, 11))
    page = marked_page(numbers, numbers, lambda pair: True)
    assert page == [2, 1, 4, 3, 6, 5, 8, 7, 9, 10]


def test_a_foreign_order_agrees_by_chance_only():
    numbers = range(1, 401)
    marked = list(marked_order(((n, n) for n in numbers), bit))
    own = agreement(observed_bits(marked), bit)
    other = agreement(observed_bits(marked), lambda pair: pair % 2 == 0)
    assert own.agreeing == own.pairs == 200 and own.chance < 1e-50
    assert other.chance > 1e-6


def test_many_pairs_do_not_overflow_the_chance():
    observed = {pair: bit(pair) for pair in range(30_000)}
    assert agreement(observed, bit).chance == 0.0 or agreement(observed, bit).chance < 1e-300
    assert agreement({}, bit).chance == 1.0
