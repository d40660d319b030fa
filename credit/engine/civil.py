"""Calendar arithmetic on whole columns: days since 1970 in, months and ages in months out.

An age in months is `(ordinal(end) - ordinal(start)) / 31` with `ordinal = 31 * month number + day of
month`: it is whole on every monthly anniversary, grows every day, and is an integer number of 31sts, so
that decay weights come from one small table and are the same bits wherever they are computed.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]

NO_DAY = np.int32(-(2**31))
"""Stands for a null date."""
STEPS_PER_MONTH = 31
_FIRST = int(np.datetime64("1850-01-01", "D").astype(np.int64))
_LAST = int(np.datetime64("2300-01-01", "D").astype(np.int64))
_ALL = np.arange(_FIRST, _LAST).astype("datetime64[D]")
_MONTH = _ALL.astype("datetime64[M]").astype(np.int32)
_DAY_OF_MONTH = (_ALL - _ALL.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int32)
_ORDINAL = _MONTH * STEPS_PER_MONTH + _DAY_OF_MONTH


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - 719163


def month_numbers(days: Days) -> NDArray[np.int32]:
    """Months since January 1970; null and absurdly old dates fall to the first month of the table."""
    return _MONTH[np.clip(days, _FIRST, _LAST - 1) - _FIRST]


def ordinals(days: Days) -> NDArray[np.int32]:
    """31 * month number + (day of month - 1)."""
    return _ORDINAL[np.clip(days, _FIRST, _LAST - 1) - _FIRST]


def age_steps(days: Days, as_of: int) -> NDArray[np.int32]:
    """Age at `as_of` in 31sts of a month."""
    today = ordinals(np.array([as_of], dtype=np.int32))[0]
    return (today - ordinals(days)).astype(np.int32)
