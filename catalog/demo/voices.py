"""Invented feedback and use, so that no page of the demonstration is empty."""

import datetime as dt
import random
from pathlib import Path

import yaml

from audit import Origin
from catalog.models import Dataset, Feedback, SearchMiss, UseDay
from catalog.services.feedback import Words, accept_feedback, answer_feedback, give_feedback

ORIGIN = Origin.system("demo")
FILE = Path(__file__).with_name("voices.yaml")
MISSES = (("充电桩", 23), ("学区", 17), ("医院排队", 9), ("厂房出租", 8), ("台风路径", 5))


def raise_voices(as_of: dt.date, now: dt.datetime) -> None:
    """Feedback with answers, ninety days of use, searches in vain; once."""
    if not Feedback.objects.filter(is_demo=True).exists():
        for number, told in enumerate(yaml.safe_load(FILE.read_text(encoding="utf-8"))):
            name, kind, title, text, answer = told
            _one(name, kind, title, text, answer, now - dt.timedelta(days=2 + 3 * number))
    for words, times in MISSES:
        SearchMiss.objects.get_or_create(words=words, defaults={"times": times, "last_on": as_of})
    chance = random.Random(20)
    counted = set(UseDay.objects.values_list("dataset_id", flat=True).distinct())
    days = [as_of - dt.timedelta(days=n) for n in range(1, 61)]
    UseDay.objects.bulk_create(
        [
            UseDay(dataset_id=pk, day=day, views=(v := int(chance.gammavariate(2, 9))), downloads=v // 6,
                   calls=int(chance.gammavariate(1.2, 8)))
            for pk in Dataset.objects.filter(is_demo=True, revises__isnull=True).values_list("pk", flat=True)
            if pk not in counted
            for day in days
        ],
        ignore_conflicts=True, batch_size=1000,
    )  # fmt: skip


def _one(name: str | None, kind: str, title: str, text: str, answer: str, at: dt.datetime) -> None:
    dataset = (
        Dataset.objects.select_related("publisher").filter(name=name, revises__isnull=True).first()
        if name
        else None
    )
    given = give_feedback(
        Words(kind, title, text), dataset=dataset, publisher=None, now=at, origin=ORIGIN, is_demo=True
    )
    if answer:
        accept_feedback(given, by=None, now=at + dt.timedelta(hours=20), origin=ORIGIN)
        answer_feedback(
            given,
            answer,
            declined=False,
            is_public=True,
            by=None,
            now=at + dt.timedelta(days=1),
            origin=ORIGIN,
        )
