"""Rounding for display: once, at the end, half up in decimal as official tables do.

A sum in binary may end in ...4999999 where the decimal sum ends in ...5. So a value is first brought to twelve
significant digits and then rounded.
"""

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

Rule = Literal["half_up", "half_even", "down"]
RULES = ("half_up", "half_even", "down")
SIGNIFICANT = 12
_LARGE, _NEAR_HALF = 1e9, 1e-3
"""Away from a half every rule but `down` agrees with the float's own formatting, which is quicker."""
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def round_decimal(value: float, decimals: int, rule: str = "half_up") -> Decimal:
    """The value with that many decimals; half_up rounds halves away from zero."""
    exact = Decimal(f"{value:.{SIGNIFICANT - 1}e}")
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=_MODES[rule])


def rounded(value: float, decimals: int | None, rule: str = "half_up") -> float:
    """The same as a float; NaN and `decimals=None` pass through."""
    if decimals is None or not math.isfinite(value):
        return value
    return float(round_decimal(value, decimals, rule))


def shown(value: float, decimals: int | None, rule: str = "half_up") -> str:
    """Text of a number; empty for NaN. Without decimals: twelve significant digits, no trailing zeros."""
    if not math.isfinite(value):
        return ""
    if decimals is None:
        text = f"{Decimal(f'{value:.{SIGNIFICANT - 1}e}') + 0:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if rule != "down" and abs(value) < _LARGE:
        scaled = abs(value) * 10**decimals
        if scaled < _LARGE and abs(scaled % 1 - 0.5) > _NEAR_HALF and scaled > 0.5:
            return f"{value:.{decimals}f}"
    number = round_decimal(value, decimals, rule)
    return f"{abs(number) if number == 0 else number:f}"
