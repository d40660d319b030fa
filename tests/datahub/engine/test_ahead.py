"""The next item is made while the present one is used."""

import threading
from collections.abc import Iterator

import pytest

from datahub.engine.ahead import one_ahead


def test_the_items_come_in_their_order() -> None:
    assert list(one_ahead(range(100))) == list(range(100))
    assert list(one_ahead([])) == []


def test_the_next_item_is_made_while_the_present_one_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def maker() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    using = one_ahead(maker())
    next(using)
    assert made[1].wait(10)
    assert not made[2].is_set()


def test_what_making_raises_is_raised_at_its_place() -> None:
    def maker() -> Iterator[int]:
        yield 1
        raise LookupError("the second")

    using = one_ahead(maker())
    assert next(using) == 1
    with pytest.raises(LookupError, match="the second"):
        next(using)


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    using = one_ahead(range(1000))
    next(using)
    using.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("one-ahead")]
