"""How much datasets are used."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Sum

from catalog.models import Dataset, SearchMiss, UseDay
from catalog.selectors.datasets import published

DAYS = 30


def use_of(dataset: Dataset, today: date) -> dict[str, int]:
    """Views, downloads and calls in all and in the last thirty days. Two queries."""
    sums = {name: Sum(name) for name in ("views", "downloads", "calls")}
    days = UseDay.objects.filter(dataset=dataset)
    whole = days.aggregate(**sums)
    recent = days.filter(day__gt=today - timedelta(days=DAYS)).aggregate(
        **{f"{name}_recent": Sum(name) for name in sums}
    )
    return {name: value or 0 for name, value in (whole | recent).items()}


def use_by_day(today: date, days: int = DAYS) -> list[tuple[date, int, int, int]]:
    """Day, views, downloads, calls of all published datasets, every day of the span."""
    rows = (
        UseDay.objects.filter(day__gt=today - timedelta(days=days), day__lte=today, dataset__in=published())
        .values_list("day")
        .annotate(v=Sum("views"), d=Sum("downloads"), c=Sum("calls"))
    )
    found = {day: (v, d, c) for day, v, d, c in rows}
    span = [today - timedelta(days=n) for n in reversed(range(days))]
    return [(day, *found.get(day, (0, 0, 0))) for day in span]


def most_used(today: date, limit: int = 10) -> list[dict[str, Any]]:
    """Datasets by downloads and calls of the last thirty days."""
    rows = (
        UseDay.objects.filter(day__gt=today - timedelta(days=DAYS), dataset__in=published())
        .values("dataset__title", "dataset__name", "dataset__publisher__name")
        .annotate(views=Sum("views"), downloads=Sum("downloads"), calls=Sum("calls"))
    )
    ordered = sorted(rows, key=lambda row: (-(row["downloads"] + row["calls"]), row["dataset__title"]))
    return [
        {"title": r["dataset__title"], "name": r["dataset__name"], "publisher": r["dataset__publisher__name"],
         "views": r["views"], "downloads": r["downloads"], "calls": r["calls"]}
        for r in ordered[:limit]
    ]  # fmt: skip


def misses(limit: int = 20) -> list[SearchMiss]:
    """What was looked for in vain, most often first."""
    return list(SearchMiss.objects.order_by("-times", "words")[:limit])
