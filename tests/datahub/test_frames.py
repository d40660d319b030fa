"""Facts of some enterprises as columns: the same rows whether each is looked up or whole partitions are read."""

from typing import Any

import pytest

from datahub import frames
from datahub import public as datahub
from tests.firms import deliver_rows
from tests.index.small_city import CODES, raise_facts

pytestmark = pytest.mark.django_db


def test_enterprises_looked_up_one_by_one_are_those_of_whole_partitions(
    settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path)}
    raise_facts()
    deliver_rows(
        "market.annual_assets", "统一社会信用代码,年份,从业人数,营业总收入,资产总额",
        *(f"{code},{year},{20 + n + year % 2000},{5_000_000 + n},8000000" for n, code in enumerate(CODES[:9])
          for year in (2024, 2025)),
    )  # fmt: skip
    latest = datahub.last_change()
    assert latest is not None
    at, items = latest.at, ["market.registration", "power.usage"]
    everybody, whole = datahub.scoring_frames(items, at, shards=range(datahub.SHARDS))
    ids = everybody["enterprise_id"].to_list()[:40]
    told = []
    for most in (0, len(ids) + 1):
        monkeypatch.setattr(frames, "BY_INDEX", most)
        told.append(datahub.scoring_frames(items, at, enterprise_ids=[*ids, ids[0]]))
    for entities, facts in told:
        assert entities.equals(everybody.head(40))
        for item in items:
            wanted = whole[item].filter(whole[item]["enterprise_id"].is_in(ids)).sort("record_id")
            assert facts[item].sort("record_id").equals(wanted)
