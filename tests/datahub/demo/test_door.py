"""What the generator says it wrote is what the reader and the checks of the door find."""

import json
from collections import defaultdict
from datetime import date

import polars as pl
import pytest

from datahub.demo.manifest import Delivery, Manifest
from datahub.engine.checks import check_block
from datahub.engine.definitions import get_item
from datahub.engine.reader import open_delivery

AS_OF = date(2026, 11, 22)
Found = dict[str, tuple[int, int, int, int, int]]


class _PlainDoor:
    """The subject rule read aloud: by code, else by the one firm that bears or bore the name."""

    def __init__(self, manifest: Manifest) -> None:
        self.folder = manifest.folder
        self.codes: set[str] = set()
        self.bearers: dict[str, set[str]] = defaultdict(set)

    def take(self, delivery: Delivery) -> tuple[int, int, int, int, int]:
        """(rows, good, bad, waiting, duplicates)"""
        item = get_item(delivery.item)
        file = open_delivery(self.folder / delivery.file, item)
        assert set(file.match.unused) <= {"序号"}
        received, blocks = 0, []
        for block in file.blocks():
            checked = check_block(item, block.frame, today=AS_OF, units=file.units)
            received += block.received
            blocks.append(checked.rows)
        rows = pl.concat(blocks)
        subjects = [
            self._subject(item.code, *row) for row in rows.select("code", "name", "payload").iter_rows()
        ]
        stated = [(s, k) for s, k in zip(subjects, rows["natural_key"], strict=True) if s]
        waiting, good = rows.height - len(stated), len(set(stated))
        return received, good, received - rows.height, waiting, len(stated) - good

    def _subject(self, item: str, code: str, name: str, payload: str) -> str | None:
        facts = json.loads(payload)
        if item == "market.registration":
            self.codes.add(code)
            self.bearers[facts["name"]].add(code)
            return code
        if code:
            found = code if code in self.codes else None
        else:
            bearers = self.bearers.get(name, set())
            found = next(iter(bearers)) if len(bearers) == 1 else None
        if item == "market.changes" and found and facts["alt_kind"] == "name":
            self.bearers[facts["before"]].add(found)
        return found


@pytest.fixture(scope="module")
def found(small_manifest: Manifest) -> Found:
    door = _PlainDoor(small_manifest)
    return {delivery.file: door.take(delivery) for delivery in small_manifest.deliveries}


def test_every_file_holds_what_the_manifest_says(small_manifest: Manifest, found: Found) -> None:
    told = {d.file: (d.rows, d.good, d.bad, d.waiting, d.duplicates) for d in small_manifest.deliveries}
    assert found == told


def test_the_city_can_be_read_whole(small_manifest: Manifest, found: Found) -> None:
    assert sum(rows for rows, *_ in found.values()) == small_manifest.rows
