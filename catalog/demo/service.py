"""Raises the demonstration catalogue through the app's own services, as often as one likes."""

import datetime as dt
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml
from django.utils import timezone

import audit
from accounts.models import User
from catalog.demo.makers import maker, rows, type_of
from catalog.demo.persons import raise_persons
from catalog.demo.voices import raise_voices
from catalog.demo.ways import raise_ways
from catalog.demo.years import raise_years
from catalog.engine.columns import Column
from catalog.models import Dataset, Publisher, Resource
from catalog.selectors.quality import quality_of
from catalog.services.drafts import create_draft, save_fields, save_resource
from catalog.services.publish_tables import fill_release, put_in_force, seal_release, start_release
from catalog.services.publishers import ensure_publishers
from catalog.vocabulary import LATE_AFTER, State

FILE = Path(__file__).with_name("datasets.yaml")
ORIGIN = audit.Origin.system("demo")
SIZES = {"small": 0.2, "normal": 1.0, "large": 10.0}
REVISED_EVERY = 7
Report = Callable[[str], None] | None


def raise_demo(*, as_of: dt.date, seed: int = 7, size: str = "normal", report: Report = None) -> int:
    """Make what is missing of the demonstration catalogue; returns how many datasets there are.

    A dataset that is there stays as it is, so an interrupted run goes on where it stopped.
    """
    specs = definitions()
    now = moment(as_of)
    publishers = ensure_publishers(now)
    known = set(
        Dataset.objects.filter(revises__isnull=True, state=State.PUBLISHED).values_list("name", flat=True)
    )
    for number, spec in enumerate(specs):
        if spec["name"] in known:
            continue
        _raise_one(spec, publishers[spec["publisher"]], as_of, seed, SIZES[size], number)
        if report:
            report(f"演示数据集 {number + 1}/{len(specs)}：{spec['title']}")
    raise_voices(as_of, now)
    people = {user.username: user for user in User.objects.filter(is_demo=True).select_related("agency")}
    raise_ways(as_of, now, people)
    raise_persons(now, as_of, people)
    raise_years(as_of, now, people)
    if report:
        report("演示申请、重点清单与大赛已就绪")
    return len(specs)


@cache
def definitions() -> list[dict[str, Any]]:
    """The datasets as their file tells them."""
    told: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return told


def moment(day: dt.date) -> dt.datetime:
    """Nine in the morning of a day, in the city."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9)))


def _raise_one(
    spec: dict[str, Any], publisher: Publisher, as_of: dt.date, seed: int, scale: float, number: int
) -> None:
    """One dataset, published some days ago; every seventh has a second version, every fifteenth is late."""
    Dataset.objects.filter(name=spec["name"], state=State.DRAFT, is_demo=True).delete()  # of a run cut off
    late = LATE_AFTER.get(spec["cycle"], dt.timedelta(days=60)) * 1.5 if number % 15 == 14 else dt.timedelta()
    published = moment(as_of - dt.timedelta(days=3 + number * 5 % 23)) - late
    values = {key: spec[key] for key in ("name", "title", "notes", "lane", "subject", "cycle", "tags")}
    values |= {"opening": spec.get("opening", "open"), "licence": spec.get("licence", "cixi-open-1.0"),
               "temporal_from": dt.date(as_of.year - 5, 1, 1), "temporal_to": published.date()}  # fmt: skip
    dataset = create_draft(values, publisher=publisher, editor=None, now=published, origin=ORIGIN)
    Dataset.objects.filter(pk=dataset.pk).update(is_demo=True)
    dataset.is_demo = True
    told = {"name": spec["title"], "description": "演示数据，内容为虚构。", "format": "CSV"}
    resource = save_resource(dataset, told, editor=None, now=published, origin=ORIGIN)
    count = max(20, int(spec["rows"] * scale))
    if number % REVISED_EVERY == 0:
        earlier = published - dt.timedelta(days=30)
        _release(resource, spec, count - count // 20, as_of, seed, earlier)
        put_in_force(dataset, now=earlier)
        dataset.refresh_from_db()
    _release(resource, spec, count, as_of, seed, published)
    dataset.refresh_from_db()
    public = put_in_force(dataset, now=published)
    score, _ = quality_of(public, moment(as_of))
    Dataset.objects.filter(pk=public.pk).update(quality=score)


def _release(
    resource: Resource, spec: dict[str, Any], count: int, as_of: dt.date, seed: int, at: dt.datetime
) -> None:
    fields = [line.split("|") for line in spec["fields"]]
    fields = [[*one, "", "", ""][:5] for one in fields]
    columns = tuple(
        Column(code, title, type_of(make), f"c{n}")
        for n, (code, title, make, _, _) in enumerate(fields, start=1)
    )
    release = start_release(resource, columns, now=at, note="按更新周期更新")
    makers = [maker(make, as_of) for _, _, make, _, _ in fields]
    fill_release(release, columns, rows(makers, count, seed ^ crc32(spec["name"].encode())))
    grade = spec.get("grade", "L1")
    save_fields(resource, columns, {
        code: {"unit": unit, "description": told or f"{title}，见数据集摘要",
               "grade": grade if n > 1 else "L1"}
        for n, (code, title, _, unit, told) in enumerate(fields)
    })  # fmt: skip
    seal_release(release, columns, now=at)
