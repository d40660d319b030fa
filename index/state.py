"""The whole state of the dashboard as it stands in the address: read tolerantly, written back canonically."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from index.selectors.cube import BY
from index.transforms import Transform

MOST_COMPARED = 6
OVERLAYS = (0, 1, 2, 3)


@dataclass(frozen=True)
class State:
    """What is shown. ``dimension`` 0 is the total; ``since`` and ``until`` bound the window; None: its default.

    ``compare``: codes of further panels; ``overlay``: how many earlier years are laid over the last one;
    ``base``: the day that is 100; ``as_of``: the day whose knowledge is shown.
    """

    panel: str = ""
    dimension: int = 0
    compare: tuple[str, ...] = ()
    how: Transform = Transform.LEVEL
    overlay: int = 0
    base: date | None = None
    since: date | None = None
    until: date | None = None
    by: str = "dimension"
    as_of: date | None = None

    def query(self, **changes: Any) -> str:
        """The address of this state after some changes; defaults are left out."""
        one = replace(self, **changes)
        pairs: list[tuple[str, str]] = []
        if one.panel:
            pairs.append(("panel", one.panel))
        if one.dimension:
            pairs.append(("dim", str(one.dimension)))
        pairs += [("vs", code) for code in one.compare]
        if one.how is not Transform.LEVEL:
            pairs.append(("how", str(one.how)))
        if one.overlay:
            pairs.append(("overlay", str(one.overlay)))
        pairs += [
            (name, day.isoformat())
            for name in ("base", "since", "until", "as_of")
            if (day := getattr(one, name)) is not None
        ]
        if one.by != "dimension":
            pairs.append(("by", one.by))
        return "?" + urlencode(pairs)


def read_state(query: Mapping[str, Any], dimensions: int = 5) -> State:
    """The state an address names; what cannot be understood is left at its default."""
    many = query.getlist("vs") if hasattr(query, "getlist") else list(query.get("vs", []))
    how = query.get("how", "")
    by = query.get("by", "")
    since, until = _day(query.get("since")), _day(query.get("until"))
    if since and until and until < since:
        since, until = until, since
    return State(
        panel=str(query.get("panel", ""))[:60], dimension=_number(query.get("dim"), dimensions),
        compare=tuple(dict.fromkeys(code[:60] for code in many if code))[:MOST_COMPARED],
        how=Transform(how) if how in set(Transform) else Transform.LEVEL,
        overlay=_number(query.get("overlay"), max(OVERLAYS)), base=_day(query.get("base")), since=since, until=until,
        by=by if by in BY else "dimension", as_of=_day(query.get("as_of")),
    )  # fmt: skip


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _number(text: Any, largest: int) -> int:
    try:
        number = int(str(text))
    except ValueError:
        return 0
    return number if 0 <= number <= largest else 0
