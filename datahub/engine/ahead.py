"""Making the next thing while the present one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, each made in another thread while its forerunner is in use.

    Never more than two exist at a time. What making one raises is raised here, at its place. For makers
    that spend their time outside the interpreter and touch no connection of the caller.
    """
    coming = iter(items)
    end = object()
    with ThreadPoolExecutor(1, thread_name_prefix="one-ahead") as maker:
        made = maker.submit(next, coming, end)
        while (item := made.result()) is not end:
            made = maker.submit(next, coming, end)
            yield item  # type: ignore[misc]
            del item
