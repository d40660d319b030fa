"""Windows of caps (上限周期): in which stretch of time something counts together."""

import datetime as dt
from enum import StrEnum
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


class Window(StrEnum):
    """Length of a cap's window; ``ONCE`` has no end."""

    TEN_MINUTES = "10min"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ONCE = "once"


WINDOW_LABELS = {
    Window.TEN_MINUTES: "每十分钟",
    Window.DAY: "每天",
    Window.WEEK: "每周",
    Window.MONTH: "每月",
    Window.QUARTER: "每季度",
    Window.YEAR: "每年",
    Window.ONCE: "累计",
}


def window_start(window: Window, on: dt.date, at: dt.datetime | None = None) -> dt.datetime:
    """First instant of the window that holds the local day ``on`` (weeks begin on Monday).

    Ten minutes are counted from ``at``, the moment of the act; all else from its day.
    """
    if window is Window.TEN_MINUTES:
        if at is None:
            raise ValueError("a window of ten minutes takes the moment of the act")
        local = at.astimezone(LOCAL)
        return local.replace(minute=local.minute // 10 * 10, second=0, microsecond=0)
    first = {
        Window.DAY: on,
        Window.WEEK: on - dt.timedelta(days=on.weekday()),
        Window.MONTH: on.replace(day=1),
        Window.QUARTER: on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1),
        Window.YEAR: on.replace(month=1, day=1),
        Window.ONCE: dt.date(2000, 1, 1),
    }[window]
    return dt.datetime.combine(first, dt.time(), LOCAL)
