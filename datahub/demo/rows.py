"""Small tools that every table uses: columns, document numbers, amounts."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datahub.demo.calendar import as_dates, from_number
from datahub.demo.city import City

COURT = "慈溪市人民法院"
COURT_MARK = "浙0282"


def table(firms: NDArray[np.int64], **columns: Any) -> pl.DataFrame:
    """A table of facts: column ``firm`` (place in the city) and one column per field code, canonical values.

    An argument may be an array, a series, or one value for all rows. Day numbers named ``*_days`` become dates
    under the name without the ending, -1 meaning none; a series keeps its name.
    """
    made: dict[str, Any] = {"firm": pl.Series(firms, dtype=pl.Int64)}
    for name, values in columns.items():
        if name.endswith("_days") and not isinstance(values, pl.Series):
            made[name.removesuffix("_days")] = as_dates(np.broadcast_to(values, firms.shape))
        elif isinstance(values, np.ndarray) and values.dtype.kind in "OU":
            made[name] = pl.Series(values.tolist(), dtype=pl.String)
        elif isinstance(values, np.ndarray | pl.Series):
            made[name] = pl.Series(values)
        else:
            dtype = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}.get(
                type(values), pl.String
            )
            made[name] = pl.repeat(values, firms.size, dtype=dtype, eager=True)
    return pl.DataFrame({name: column.alias(name) for name, column in made.items()})


def pick(
    rng: np.random.Generator, choices: list[Any], size: int, p: list[float] | None = None
) -> NDArray[np.object_]:
    """``size`` draws from a list of words."""
    return np.array(choices, dtype=object)[rng.choice(len(choices), size=size, p=p)]


def only(chosen: NDArray[np.bool_], values: Any) -> NDArray[np.object_]:
    """``values`` (an array or one value) where chosen, None elsewhere."""
    result = np.full(chosen.shape, None, dtype=object)
    result[chosen] = values[chosen] if isinstance(values, np.ndarray) else values
    return result


def years_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar year of each day number."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def case_numbers(days: NDArray[np.int64], mark: str, first: int = 1) -> NDArray[np.object_]:
    """Case numbers such as （2026）浙0282执1203号, one per row."""
    serial = np.arange(first, first + days.size)
    return np.array(
        [
            f"（{year}）{COURT_MARK}{mark}{number}号"
            for year, number in zip(years_of(days), serial, strict=True)
        ],
        dtype=object,
    )


def document_numbers(days: NDArray[np.int64], sign: str, first: int = 1) -> NDArray[np.object_]:
    """Numbers of decisions such as 甬慈环罚〔2026〕17号, one per row."""
    serial = np.arange(first, first + days.size)
    return np.array(
        [f"{sign}〔{year}〕{number}号" for year, number in zip(years_of(days), serial, strict=True)],
        dtype=object,
    )


def serials(prefix: str, size: int, width: int = 6, first: int = 1) -> NDArray[np.object_]:
    """Running numbers such as BDC000012."""
    return np.array([f"{prefix}{number:0{width}d}" for number in range(first, first + size)], dtype=object)


def amounts(
    rng: np.random.Generator, median: Any, size: int, spread: float = 0.9, step: float = 100.0
) -> NDArray[np.float64]:
    """Log-normal amounts in 元 around ``median``, rounded to ``step``, never below one step."""
    raw = np.asarray(median) * np.exp(rng.normal(0, spread, size))
    return np.maximum(step, np.round(raw / step) * step)


def later(rng: np.random.Generator, days: NDArray[np.int64], low: int, high: int) -> NDArray[np.int64]:
    """Each day plus a random number of days in [low, high)."""
    return days + rng.integers(low, high, size=days.size)


def if_past(
    city: City, days: NDArray[np.int64], chosen: NDArray[np.bool_] | bool = True
) -> NDArray[np.int64]:
    """The day where it was chosen and lies before today, else -1."""
    return np.where(chosen & (days <= city.today - 5), days, -1)


def yearly(city: City, count: int, due_month: int) -> list[int]:
    """The last ``count`` years whose yearly statement is due by now (in ``due_month`` of the following year)."""
    newest = city.as_of.year - (1 if city.as_of.month > due_month else 2)
    return list(range(newest - count + 1, newest + 1))


def repeat(firms: NDArray[np.int64], times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each firm as many times as told, and the running number within the firm."""
    copies = np.repeat(firms, times)
    starts = np.repeat(np.cumsum(times) - times, times)
    return copies, np.arange(copies.size) - starts


def series(city: City, firms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(firm, month) of every month that each firm lived in, month by month, the way meters are read."""
    alive = city.panel.alive[firms].T
    month, place = np.nonzero(alive)
    return firms[place], month


def month_dates(city: City, month: NDArray[np.int64]) -> pl.Series:
    """First day of each month index."""
    return as_dates(city.month_days()[month])


def quarter(number: int) -> str:
    """The quarter of a day number, such as 2026年第3季度."""
    day = from_number(number)
    return f"{day.year}年第{(day.month + 2) // 3}季度"
