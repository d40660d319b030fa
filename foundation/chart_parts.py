"""What all charts share: the contracts of the builders, names of colours, and JSON without surprises.

Colours are names of `static/css/tokens.css` (`var(--chart-1)`); `static/js/chart.js` resolves them,
so a figure follows the theme of the page without being built again.
"""

import datetime as dt
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson

Figure = dict[str, Any]
Number = float | int | Decimal | None
When = dt.date | str

OWN, OWN_WASH, CONTEXT = "var(--chart-1)", "var(--chart-wash)", "var(--chart-context)"
SURFACE, INK, INK_2, LINE = "var(--surface)", "var(--ink)", "var(--ink-2)", "var(--line)"
GAIN, LOSS = "var(--celadon)", "var(--brick)"
PALETTE = tuple(f"var(--chart-{place})" for place in range(1, 9))
SEQUENTIAL = tuple((step / 4, f"var(--heat-{step})") for step in range(5))
ORDERED = ("var(--seq-4)", "var(--seq-3)", "var(--seq-2)", "var(--seq-1)")
DIVERGING = (
    (0.0, "var(--div-low)"),
    (0.25, "var(--div-low-2)"),
    (0.5, "var(--div-mid)"),
    (0.75, "var(--div-high-2)"),
    (1.0, "var(--div-high)"),
)


class UnableToBuildChart(ValueError):
    """The values given do not make a figure of this kind (lengths differ, too many series)."""


@dataclass(frozen=True)
class ChartCaption:
    """What stands under every chart: who supplied the data, up to which day, from which definition."""

    source: str
    as_of: dt.date
    version: str
    note: str = ""


@dataclass(frozen=True)
class Series:
    """One named row of values; `None` and NaN are gaps.

    `provisional` marks points drawn hollow: as long as `values`, or empty.
    """

    name: str
    values: Sequence[Number]
    provisional: Sequence[bool] = ()


@dataclass(frozen=True)
class Threshold:
    """A level worth a thin line across a chart, such as the lower bound of a grade."""

    value: float
    label: str


class Step(StrEnum):
    """What a column of a waterfall is: an amount that changes the sum, or the sum itself."""

    CHANGE = "change"
    TOTAL = "total"


def figure_json(figure: Mapping[str, Any], caption: ChartCaption | None = None) -> str:
    """The figure as JSON for chart.js: NaN and infinities become null, arrays lists, dates ISO text."""
    body = dict(figure) if caption is None else {**figure, "caption": asdict(caption)}
    return orjson.dumps(_plain_json(body)).decode()


def make_figure(
    traces: list[dict[str, Any]],
    layout: dict[str, Any],
    names: Sequence[str],
    rows: list[list[Any]],
    *,
    unit: str = "",
    decimals: int = 0,
) -> Figure:
    table = {"columns": list(names), "rows": rows, "unit": unit, "decimals": decimals}
    return {"data": traces, "layout": layout, "table": table}


def require_lengths(axis: Sequence[Any], series: Iterable[Series]) -> None:
    for one in series:
        if len(one.values) != len(axis) or len(one.provisional) not in (0, len(axis)):
            raise UnableToBuildChart(f"series {one.name!r} has another length than its axis")


def require_colours(series: Sequence[Series], colours: int = len(PALETTE)) -> None:
    if len(series) > colours:
        raise UnableToBuildChart(f"{len(series)} series; a reader tells at most {colours} colours apart here")


def numbers(values: Iterable[Number]) -> list[float | int | None]:
    return [_plain_json(value) for value in values]


def columns_of(axis: Sequence[Any], series: Sequence[Series]) -> list[list[Any]]:
    columns = [numbers(one.values) for one in series]
    return [[label, *(column[place] for column in columns)] for place, label in enumerate(axis)]


def day_of(when: When) -> str:
    return when if isinstance(when, str) else when.isoformat()[:10]


def plain(text: str) -> str:
    """Text that plotly.js shows as it is: its labels understand a few tags, names must not."""
    return html.escape(str(text), quote=False)


def short(value: Any, decimals: int = 0, *, signed: bool = False) -> str:
    number = _plain_json(value)
    if number is None:
        return "—"
    text = f"{abs(number):,.{decimals}f}"
    if not text.strip("0,."):
        return text
    return ("−" if number < 0 else "+" if signed else "") + text


def _plain_json(value: Any) -> Any:
    """`value` as what JSON knows: dicts, lists, text, finite numbers, booleans and null."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):  # StrEnum and NumPy text among them
        return str(value)
    if isinstance(value, float):  # NumPy's double is one, and orjson wants a plain float
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain_json(one) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _plain_json(asdict(value))
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return _plain_json(value.tolist())
    return [_plain_json(one) for one in value]
