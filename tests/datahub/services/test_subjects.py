"""Whose row it is: the same answer whether a file asks for few codes and names or reads the register."""

from datetime import UTC, datetime

import polars as pl
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from datahub.models import Enterprise, FormerName
from datahub.services import subjects
from datahub.services.subjects import SubjectFinder

from .conftest import CODES

NAMES = ["甲厂", "乙厂", "丙厂", "无此厂"]
STRANGER = "91330282PDY999994P"


@pytest.fixture
def firms(db: None) -> list[str]:
    """Codes of three enterprises: two bear or bore one name."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    made = [
        Enterprise.objects.create(code=code, name=name, kind="company", state="active", changed_at=now)
        for code, name in zip(CODES, ["甲厂", "乙厂", "乙厂"], strict=True)
    ]
    FormerName.objects.create(enterprise=made[0], name="丙厂")
    return CODES


def plain(rows: list[tuple[str, str]]) -> list[tuple[int, int | str]]:
    """Line with the enterprise's id or the state of waiting, by one question a row."""
    told: list[tuple[int, int | str]] = []
    for line, (code, name) in enumerate(rows, 1):
        ids = set(Enterprise.objects.filter(code=code).values_list("pk", flat=True)) if code else set()
        if not code and name:
            ids = set(Enterprise.objects.filter(name=name).values_list("pk", flat=True))
            ids |= set(FormerName.objects.filter(name=name).values_list("enterprise_id", flat=True))
        told.append((line, ids.pop() if len(ids) == 1 else "doubtful" if ids else "unknown"))
    return told


def found(rows: list[tuple[str, str]], blocks: int) -> list[tuple[int, int | str]]:
    schema = {"line": pl.Int64, "code": pl.String, "name": pl.String}
    frame = pl.DataFrame([(n, *row) for n, row in enumerate(rows, 1)], schema=schema, orient="row")
    told: list[tuple[int, int | str]] = []
    with connection.cursor() as cursor:
        finder = SubjectFinder(cursor)
        step = max(1, -(-frame.height // blocks))
        for start in range(0, frame.height, step):
            settled, waiting = finder.split(frame.slice(start, step))
            told += list(settled.select("line", "enterprise_id").iter_rows())
            told += list(waiting.select("line", "state").iter_rows())
    return sorted(told)


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 2, 5000])
@pytest.mark.parametrize("blocks", [1, 3])
def test_few_and_many_rows_find_the_same_enterprises(
    firms: list[str], monkeypatch: pytest.MonkeyPatch, few: int, blocks: int
) -> None:
    monkeypatch.setattr(subjects, "FEW", few)

    @given(
        st.lists(
            st.tuples(st.sampled_from(["", *firms, STRANGER]), st.sampled_from(["", *NAMES])), min_size=1
        )
    )
    def each(rows: list[tuple[str, str]]) -> None:
        assert found(rows, blocks) == plain(rows)

    each()
