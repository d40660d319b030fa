"""The city at a glance: how the grades are spread, town by town."""

from dataclasses import dataclass

from django.db import connection

from credit.services.releases import NoCurrentRelease, current_release, model_of
from datahub.public import division_name


@dataclass(frozen=True)
class TownRow:
    """One town's scored enterprises; ``weak_ratio`` is the share graded B or C."""

    code: str
    name: str
    enterprises: int
    median: float
    thin_ratio: float
    weak_ratio: float


@dataclass(frozen=True)
class CityView:
    """Grades (letter, count) best first, and towns by number of enterprises."""

    grades: tuple[tuple[str, int], ...]
    towns: tuple[TownRow, ...]
    total: int


def city_view() -> CityView:
    """Two queries over the standings, whatever their number."""
    try:
        letters = [grade.code for grade in model_of(current_release()).card.grades]
    except NoCurrentRelease:
        return CityView((), (), 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT grade, count(*) FROM credit_standing GROUP BY grade")
        counts = dict(cursor.fetchall())
        cursor.execute(
            """
            SELECT e.town_code, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY s.total),
                   avg(s.thin::int), avg((s.grade >= %s)::int)
            FROM credit_standing s JOIN datahub_enterprise e ON e.id = s.enterprise_id
            WHERE e.is_registered AND e.state = 'active' GROUP BY e.town_code ORDER BY count(*) DESC
            """,
            [len(letters) - 2],
        )
        rows = cursor.fetchall()
    towns = tuple(
        TownRow(code, division_name(code) or "未知", n, float(median), float(thin), float(weak))
        for code, n, median, thin, weak in rows
    )
    return CityView(tuple((c, counts.get(i, 0)) for i, c in enumerate(letters)), towns, sum(counts.values()))
