"""Narrowing and ordering of a search, as it stands in the address of the page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

SORTS = {"": "相关度", "grade": "信用等级", "newest": "成立日期", "rank": "规模"}
ELSEWHERE = "other"
"""Value of the town filter for seats outside of the city, or unknown."""


@dataclass(frozen=True)
class Filters:
    """Accepted values per filter; an empty tuple does not narrow. ``sort`` is a key of ``SORTS``."""

    town: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    sort: str = ""

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return any(getattr(self, name) for name in NAMES)

    def as_dict(self) -> dict[str, list[str]]:
        """The filters that are set, for the log."""
        return {name: list(getattr(self, name)) for name in NAMES if getattr(self, name)}


NAMES = tuple(field.name for field in fields(Filters) if field.name != "sort")


def read_filters(values_of: Callable[[str], Iterable[str]], allowed: Mapping[str, Iterable[str]]) -> Filters:
    """Filters from an address; ``values_of`` is a query dict's ``getlist``.

    What is not among the ``allowed`` values is passed over: an old link narrows less, it does not fail.
    """
    chosen = {
        name: tuple(value for value in dict.fromkeys(values_of(name)) if value in set(allowed[name]))
        for name in NAMES
    }
    sort = next((value for value in values_of("sort") if value in SORTS), "")
    return Filters(**chosen, sort=sort)
