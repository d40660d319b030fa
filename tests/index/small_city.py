"""A small city behind the door: seven towns, a shock in one of them, enough days for a season."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from datahub import public as datahub
from datahub.demo.codes import demo_codes
from index.models import MethodVersion, Run
from index.services.backfill import plan_backfill, run_backfill
from index.services.disclosure import judge_disclosure
from index.services.method import release_method
from tests.firms import NOW, ORIGIN, deliver_rows

HIT, CALM, THIN = "330282108", "330282109", "330282110"
FIRST, LAST = date(2025, 10, 1), date(2026, 6, 20)
MONTHS = [date(2025, 8 + n, 1) if n < 5 else date(2026, n - 4, 1) for n in range(10)]  # 2025-08 to 2026-05
SHOCK_FROM = date(2026, 4, 1)
PLACES = (
    [(HIT, "3857")] * 16 + [(CALM, "3857")] * 14 + [(CALM, "5138")] * 12 + [("330282111", "3857")] * 13
    + [("330282112", "3857")] * 11 + [("330282113", "5138")] * 15 + [(THIN, "3857")] * 5 + [("330282116", "3857")] * 6
)  # fmt: skip
CODES = [str(code) for code in demo_codes(np.array(["91"] * len(PLACES)), np.arange(1, len(PLACES) + 1))]
USAGE_HEAD = "统一社会信用代码,用户号,用电月份,用电量"


def register() -> None:
    """92 companies without annual reports, so all of them micro."""
    head = "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划"
    deliver_rows(
        "market.registration",
        head,
        *(
            f"{code},慈溪演示第{n}电器有限公司,有限责任公司,存续,5000000,2015-03-01,{industry},{town}"
            for n, (code, (town, industry)) in enumerate(zip(CODES, PLACES, strict=True))
        ),
    )


def usage(n: int, month: date) -> int:
    """A firm's electricity: its own level, a small wobble, three quarters gone in the town that is hit."""
    level = 20_000 + 3_000 * n + 200 * ((n * 7 + month.month * 3) % 5)
    return level // 4 if PLACES[n][0] == HIT and month >= SHOCK_FROM else level


def deliver_usage(*months: date, skip: frozenset[int] = frozenset()) -> None:
    deliver_rows(
        "power.usage",
        USAGE_HEAD,
        *(
            f"{code},U{n:04d},{month:%Y-%m},{usage(n, month)}"
            for month in months for n, code in enumerate(CODES) if n not in skip
        ),
    )  # fmt: skip


def deliver_cases(*days: date) -> None:
    """One lawsuit a day, each against another firm of the calm town."""
    deliver_rows(
        "court.cases_filed",
        "统一社会信用代码,案号,案由,标的金额,立案日期,审理法院,诉讼地位",
        *(
            f"{CODES[17 + n]},（2026）浙0282民初{n}号,买卖合同纠纷,10000,{day},慈溪市人民法院,被告"
            for n, day in enumerate(days)
        ),
    )


def raise_facts(months: list[date] | None = None) -> None:
    register()
    deliver_usage(*(months or MONTHS))
    deliver_cases(date(2026, 3, 3), date(2026, 5, 20))


def raise_index(last: date = LAST) -> tuple[MethodVersion, Run]:
    """Definition released, history computed, disclosure judged."""
    method = release()
    run = plan_backfill(method, FIRST, last, origin=ORIGIN, now=NOW, realtime=morning_after(last))
    run_backfill(run, now=NOW)
    judge_disclosure(run)
    return method, run


def release() -> MethodVersion:
    """The definition, frozen on what is known now."""
    latest = datahub.last_change()
    assert latest is not None
    return release_method(known_at=latest.at, now=NOW, origin=ORIGIN)


def morning_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0, 30), tzinfo=UTC)
