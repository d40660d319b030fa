"""How figures, money, dates and codes are written on a page.

One way each, everywhere: money in 万元 with two decimals and thousands separators, dates as 2026-11-22,
time to the minute in local time, a real minus sign, a dash for what is not known. Every filter takes what a
template may hold (a value, None, or the empty string Django puts in for a missing variable) and never raises.
"""

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import QueryDict
from django.utils import timezone

register = template.Library()

NOTHING = "—"
MINUS = "−"
YUAN_PER_WAN = Decimal(10_000)


def _decimal(value: Any) -> Decimal | None:
    """The finite number a template value stands for, or None."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _figures(number: Decimal, decimals: int, *, signed: bool = False) -> str:
    """`number` with thousands separators, rounded half up; zero has no sign."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{decimals}f}"


@register.filter
def wan(yuan: Any) -> str:
    """Yuan as a figure in 万元: 12345678.9 becomes 1,234.57."""
    number = _decimal(yuan)
    return NOTHING if number is None else _figures(number / YUAN_PER_WAN, 2)


@register.filter
def wan_with_unit(yuan: Any) -> str:
    """Yuan as 1,234.57 万元, for running text and cards; tables carry the unit in their head."""
    figure = wan(yuan)
    return figure if figure == NOTHING else f"{figure} 万元"


@register.filter
def yuan(value: Any) -> str:
    """Yuan with two decimals, for small sums: 1,234.50."""
    number = _decimal(value)
    return NOTHING if number is None else _figures(number, 2)


@register.filter
def count(value: Any) -> str:
    """A whole number with thousands separators."""
    number = _decimal(value)
    return NOTHING if number is None else _figures(number, 0)


@register.filter
def decimals(value: Any, places: Any = 1) -> str:
    """A number with a fixed count of decimals (one by default) and thousands separators."""
    number, fixed = _decimal(value), _decimal(places)
    if number is None:
        return NOTHING
    return _figures(number, max(0, min(8, int(fixed))) if fixed is not None else 1)


@register.filter
def signed(value: Any, places: Any = 1) -> str:
    """A change with its sign: +12.4, −35.0, and 0.0 without one."""
    number, fixed = _decimal(value), _decimal(places)
    if number is None:
        return NOTHING
    return _figures(number, max(0, min(8, int(fixed))) if fixed is not None else 1, signed=True)


@register.filter
def percent(ratio: Any, places: Any = 1) -> str:
    """A ratio of 0-1 as a percentage: 0.1234 becomes 12.3%."""
    number = _decimal(ratio)
    return NOTHING if number is None else f"{decimals(number * 100, places)}%"


@register.filter
def pct(value: Any, places: Any = 1) -> str:
    """A value that is already 0-100 as a percentage: 12.34 becomes 12.3%."""
    number = _decimal(value)
    return NOTHING if number is None else f"{decimals(number, places)}%"


@register.filter
def direction(value: Any) -> str:
    """`up`, `down` or `flat`: the class that gives a change its shape."""
    number = _decimal(value)
    if number is None or number == 0:
        return "flat"
    return "up" if number > 0 else "down"


def _parsed(value: Any) -> dt.date | dt.datetime | None:
    if isinstance(value, (dt.date, dt.datetime)):
        return value
    if isinstance(value, str) and value:
        for parse in (dt.date.fromisoformat, dt.datetime.fromisoformat):
            try:
                return parse(value)
            except ValueError:
                continue
    return None


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def day(value: Any) -> str:
    """A date, a time or ISO text as 2026-11-22 (local day)."""
    parsed = _parsed(value)
    if parsed is None:
        return NOTHING
    return (_local(parsed).date() if isinstance(parsed, dt.datetime) else parsed).isoformat()


@register.filter
def minute(value: Any) -> str:
    """A time as 2026-11-22 14:05 (local time); a bare date stays a date."""
    parsed = _parsed(value)
    if parsed is None:
        return NOTHING
    return f"{_local(parsed):%Y-%m-%d %H:%M}" if isinstance(parsed, dt.datetime) else parsed.isoformat()


@register.filter
def month(value: Any) -> str:
    """A date as 2026年11月."""
    parsed = _parsed(value)
    if parsed is None:
        return NOTHING
    local = _local(parsed) if isinstance(parsed, dt.datetime) else parsed
    return f"{local.year}年{local.month}月"


@register.filter
def until(value: Any) -> str:
    """The end of a validity: a date, or 长期 when it is open."""
    return "长期" if value is None or value == "" else day(value)


@register.filter
def duration(seconds: Any) -> str:
    """Time left in words a person says: 约 2 分钟, 不到 1 分钟, 约 3 小时."""
    number = _decimal(seconds)
    if number is None or number < 0:
        return NOTHING
    if number < 60:
        return "不到 1 分钟"
    if number < 3600:
        return f"约 {_figures(number / 60, 0)} 分钟"
    return f"约 {_figures(number / 3600, 1)} 小时"


@register.filter
def masked_code(code: Any) -> str:
    """A code with its middle hidden, first and last four kept; a short one is hidden whole."""
    text = "" if code is None else str(code)
    if not text:
        return NOTHING
    if len(text) <= 8:
        return "*" * len(text)
    return f"{text[:4]}{'*' * (len(text) - 8)}{text[-4:]}"


@register.filter
def file_size(size: Any) -> str:
    """Bytes as kB or MB with one decimal."""
    number = _decimal(size)
    if number is None:
        return NOTHING
    if number < 1_000_000:
        return f"{_figures(number / 1000, 1)} kB"
    return f"{_figures(number / 1_000_000, 1)} MB"


@register.filter
def or_dash(value: Any) -> Any:
    """The value itself, or a dash when there is none; zero is a value."""
    return NOTHING if value is None or value == "" else value


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """The present address's query with some keys changed; None or '' drops a key, any change drops `page`.

    `<a href="{% query_with sort='-score' %}">` keeps every other filter, so links on a list stay relative.
    """
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    if "page" not in changes:
        query.pop("page", None)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, (list, tuple)):
            query.setlist(key, [str(one) for one in value])
        else:
            query[key] = str(value)
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else "?"


@register.simple_tag(takes_context=True)
def query_with_key(context: template.Context, key: str, value: Any) -> str:
    """`query_with` for a key whose name is itself a value, as in the chips include."""
    return query_with(context, **{key: value})


@register.simple_tag
def pager_steps(page: Page, around: int = 2) -> list[int | None]:
    """The page numbers a pager shows: first, last and the neighbours of the present one, None for a gap."""
    last = page.paginator.num_pages
    near = range(page.number - around, page.number + around + 1)
    shown = sorted({1, last, *(number for number in near if 1 <= number <= last)})
    steps: list[int | None] = []
    for number in shown:
        if steps and steps[-1] is not None and number - steps[-1] == 2:
            steps.append(number - 1)
        elif steps and steps[-1] is not None and number - steps[-1] > 2:
            steps.append(None)
        steps.append(number)
    return steps
