"""Publication goes through a table block by block: the same rows come out, never more than a block at once."""

import polars as pl
import pytest

from catalog.engine.columns import columns_of
from catalog.engine.privacy.transforms import Step, UnableToTransform, run_steps
from catalog.services import treated_rows
from catalog.services.desensitise import protect, read_frame
from catalog.services.publish_tables import start_release
from catalog.services.treated_rows import PersonalScan, kept_blocks, read_blocks, treated_blocks, write_blocks
from tests.catalog.openings import NOW, ORIGIN
from tests.datasets import make_dataset, make_release, make_resource

pytestmark = pytest.mark.django_db
TOLD = (("name", "名称", "text"), ("amount", "金额", "number"), ("note", "说明", "text"))
ROWS = [(f"名{n}", n * 7, None if n % 5 else f'说,"明"\n{n}') for n in range(1, 101)]


@pytest.fixture
def release():
    return make_release(make_resource(make_dataset()), ROWS, TOLD)


def test_blocks_hold_all_rows_in_order_and_none_more_than_its_size(release):
    blocks = [*read_blocks(release, ["name", "note"], 7)]
    assert [b.height for b in blocks] == [7] * 14 + [2]
    whole = pl.concat(blocks)
    assert whole.rows() == [(name, note) for name, _, note in ROWS]


def test_a_table_that_ends_with_a_block_ends(release):
    assert [b.height for b in read_blocks(release, ["name"], 50)] == [50, 50]


def test_rules_run_by_block_give_what_they_give_on_the_whole(release, monkeypatch):
    steps = [Step("amount", "round", {"base": 100}), Step("name", "mask", {"kind": "name"})]
    whole = run_steps(read_frame(release, ["name", "amount", "note"]), steps)
    monkeypatch.setattr(treated_rows, "BLOCK_ROWS", 9)
    assert pl.concat(treated_blocks(release, ["name", "amount", "note"], steps, str)).equals(whole)


def test_dropped_rows_are_dropped_where_they_stand(release):
    dropped = pl.Series([n % 3 == 0 for n in range(100)])
    kept = pl.concat(kept_blocks(read_blocks(release, ["name"], 11), dropped))
    assert kept["name"].to_list() == [f"名{n + 1}" for n in range(100) if n % 3]


def test_what_is_written_by_block_is_what_was_read(release, monkeypatch):
    monkeypatch.setattr(treated_rows, "BLOCK_ROWS", 9)
    columns = columns_of(release.columns)
    copy = start_release(release.resource, columns, now=NOW, made_from=release)
    assert write_blocks(copy, columns, read_blocks(release, ["name", "amount", "note"])) == 100
    assert read_frame(copy, ["name", "amount", "note"]).equals(
        read_frame(release, ["name", "amount", "note"])
    )


def test_publication_never_asks_for_more_than_a_block(release, monkeypatch):
    monkeypatch.setattr(treated_rows, "BLOCK_ROWS", 9)
    heights, run = [], treated_rows.run_steps
    monkeypatch.setattr(
        treated_rows, "run_steps", lambda block, *rest: heights.append(block.height) or run(block, *rest)
    )
    proof = protect(release.resource, by=None, now=NOW, origin=ORIGIN)
    assert proof.passed and proof.release.row_count == 100 and max(heights) == 9
    assert proof.release.content_digest and read_frame(proof.release, ["note"])["note"].null_count() == 80


def test_personal_information_is_counted_over_all_blocks(release):
    scan = PersonalScan([{"code": "note", "method": "keep", "parameters": {}}])
    block = pl.DataFrame({"note": ["电话 13812345678", "无"]})
    assert sum(b.height for b in scan.passing([block, block])) == 4
    assert list(scan.found["note"].values()) == [2]


def test_small_cells_of_a_table_too_large_to_be_seen_whole_are_refused(release, monkeypatch):
    monkeypatch.setattr(treated_rows, "WHOLE_TABLE_ROWS", 99)
    with pytest.raises(UnableToTransform, match="99 行以内"):
        list(treated_blocks(release, ["amount"], [Step("amount", "small_cells", {"threshold": 5})], str))
