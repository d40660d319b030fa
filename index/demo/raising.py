"""Raise the demonstration of the index: two years of history, the last weeks as daily runs, marks of planted events."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

import audit
from datahub import public as datahub
from datahub.demo.calendar import last_months, month_end
from datahub.demo.vocabulary import vocabulary
from foundation.calendar import holiday_name
from index.demo.arrivals import REGISTRATION, arriving
from index.demo.bulletins import write_demo_bulletins
from index.models import Annotation, MethodVersion
from index.selectors.standing import find_standing
from index.services.backfill import plan_backfill, run_backfill
from index.services.daily import News, last_run, run_day
from index.services.following import judge_history
from index.services.method import basket_of, release_method

ORIGIN = audit.Origin.system("demo_index")
YEARS = 2
DAILY_DAYS = 12
PUBLISHED_AT = time(7, 30)
Report = Callable[[str], None]


class UnableToRaiseIndex(RuntimeError):
    """There is nothing to compute an index from; the text says what is missing."""


def raise_demo(
    *, as_of: date, seed: int = 0, size: int | None = None, report: Report | None = None
) -> MethodVersion:
    """History up to two weeks before ``as_of``, then day by day as facts would have arrived. Resumable.

    The facts of the demonstration city decide its size; ``seed`` and ``size`` are taken for the sake of the
    common call. Raises :class:`UnableToRaiseIndex` without facts.
    """
    say = report or (lambda text: None)
    latest = datahub.last_change()
    if latest is None:
        raise UnableToRaiseIndex("尚无入库数据，请先建立演示城市。")
    now = timezone.now()
    method = release_method(known_at=latest.at, now=now, origin=ORIGIN)
    settled = as_of - timedelta(days=DAILY_DAYS)
    first = (
        as_of.replace(year=as_of.year - YEARS)
        if (as_of.month, as_of.day) != (2, 29)
        else as_of - timedelta(days=731)
    )
    if last_run(method) is None:
        run = plan_backfill(
            method,
            first,
            settled,
            origin=ORIGIN,
            now=now,
            arrived_by=settled,
            realtime=_morning_after(settled),
        )
        run_backfill(
            run, now=now, report=lambda day, done, total: say(f"历史回算至 {day}（{done}/{total} 日）")
        )
    _replay_days(method, settled, as_of, say)
    _annotate(as_of, now)
    done = last_run(method)
    assert done is not None
    say(f"预警评估完成，历史预警 {judge_history(done, now=now)} 条")
    standing = find_standing()
    if standing is not None:
        say(f"演示简报 {write_demo_bulletins(standing, now=now)} 份")
    return method


def _replay_days(method: MethodVersion, settled: date, as_of: date, say: Report) -> None:
    """The days since: each knows what had arrived by then. Days that are computed already are passed over."""
    run = last_run(method)
    day = (run.last_day if run else settled) + timedelta(days=1)
    if day > as_of or run is None:
        return
    items = [REGISTRATION, *(one.item for one in basket_of(method).indicators if one.code in method.supplied)]
    _, frames = datahub.scoring_frames(list(dict.fromkeys(items)), run.known_at, shards=range(datahub.SHARDS))
    while day <= as_of:
        news = News(run.last_change_id, run.known_at, arriving(frames, day), arrived_by=day)
        realtime = min(_morning_after(day), timezone.now())
        run_day(method, day, now=timezone.now(), realtime=realtime, news=news)
        say(f"每日计算至 {day}")
        day += timedelta(days=1)


def _morning_after(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), PUBLISHED_AT))


def _annotate(as_of: date, now: datetime) -> None:
    """Planted events, and Spring Festivals of the calendar."""
    months = last_months(as_of)
    for shock in vocabulary().shocks:
        Annotation.objects.get_or_create(
            key=f"demo.{shock.key}",
            defaults={
                "day": months[shock.first], "until": month_end(months[shock.last]), "title": shock.name,
                "text": shock.text, "town": shock.town, "section": shock.section, "created_at": now,
            },
        )  # fmt: skip
    for burst in vocabulary().bursts:
        Annotation.objects.get_or_create(
            key=f"demo.{burst.key}",
            defaults={
                "day": as_of - timedelta(days=burst.since), "until": as_of - timedelta(days=burst.until),
                "title": burst.name, "text": burst.text, "town": burst.town, "created_at": now,
            },
        )  # fmt: skip
    for festival in vocabulary().spring_festival:
        if as_of - timedelta(days=731) <= festival <= as_of:
            Annotation.objects.get_or_create(
                key=f"festival.{festival.year}",
                defaults={"day": festival, "until": festival + timedelta(days=7), "created_at": now,
                          "title": holiday_name(festival) or "春节", "text": "法定节假日，用电与出货按惯例回落。"},
            )  # fmt: skip
