"""What time alone will bring: lapses and ends of windows, kept per entity until their day."""

from collections.abc import Sequence
from datetime import date
from io import StringIO
from itertools import pairwise

import numpy as np
from django.db import connection

from index.models import MethodVersion, Upcoming
from index.packing import pack_points, unpack_points
from index.paths import NEVER, Points, day_of

LAST = 2_000_000 - 1


def write_upcoming(method: MethodVersion, points: Points) -> int:
    """Add rows for these future points (their entities must have none); returns how many entities."""
    points = points.where(points.day < NEVER)
    if not len(points):
        return 0
    order = np.lexsort((points.indicator, points.day, points.entity))
    points = points.where(order)
    starts = np.flatnonzero(np.r_[True, points.entity[1:] != points.entity[:-1]])
    bounds = np.r_[starts, len(points)]
    buffer = StringIO()
    for start, end in pairwise(bounds):
        own = points.where(slice(start, end))
        buffer.write(f"{method.pk};{own.entity[0]};{day_of(own.day[0])};\\x{pack_points(own).hex()}\n")
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY sme_index_upcoming (method_id, enterprise_id, next_day, points) FROM STDIN (FORMAT csv, DELIMITER ';')"
        ) as copy,
    ):
        copy.write(buffer.getvalue())
    return len(starts)


def due_points(method: MethodVersion, day: date) -> Points:
    """Every stored future point of entities that have something due by ``day``."""
    rows = Upcoming.objects.filter(method=method, next_day__lte=day).values_list("points", flat=True)
    return Points.of([unpack_points(body) for body in rows])


def replace_upcoming(method: MethodVersion, entities: Sequence[int], points: Points) -> None:
    """Forget what was stored for these entities and keep these points instead."""
    Upcoming.objects.filter(method=method, enterprise_id__in=list(entities)).delete()
    write_upcoming(method, points)
