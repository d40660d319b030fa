import hashlib
from datetime import date
from pathlib import Path

import pytest

from datahub.contracts import DeliveryMode, Supply
from datahub.demo.generate import generate_city
from datahub.demo.manifest import Manifest, load_manifest
from datahub.engine.definitions import get_item, list_items

AS_OF = date(2026, 11, 22)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    digests = []
    for number, seed in enumerate((3, 3, 4)):
        generate_city(tmp_path / str(number), as_of=AS_OF, enterprises=300, seed=seed)
        digests.append(_digest(tmp_path / str(number)))
    assert digests[0] == digests[1] != digests[2]


def test_items_without_supply_are_written_only_when_asked_for(
    tmp_path: Path, small_manifest: Manifest
) -> None:
    default = generate_city(tmp_path / "city", as_of=AS_OF, enterprises=300, seed=3)
    supplied = {item.code for item in list_items() if item.supply is not Supply.NONE}
    assert {delivery.item for delivery in default.deliveries} == supplied
    assert {delivery.item for delivery in small_manifest.deliveries} == {item.code for item in list_items()}


def test_the_files_come_as_departments_send_them(small_manifest: Manifest) -> None:
    encodings = {delivery.encoding for delivery in small_manifest.deliveries}
    assert encodings == {"utf-8", "utf-8-sig", "gb18030", "xlsx"}
    for delivery in small_manifest.deliveries:
        data = (small_manifest.folder / delivery.file).read_bytes()
        match delivery.encoding:
            case "utf-8-sig":
                assert data.startswith(b"\xef\xbb\xbf")
            case "xlsx":
                assert data.startswith(b"PK\x03\x04")
            case encoding:
                assert "企业" in data.decode(encoding) or "慈溪" in data.decode(encoding)


def test_every_file_is_dated_by_its_day_and_none_is_from_the_future(small_manifest: Manifest) -> None:
    for delivery in small_manifest.deliveries:
        assert f"{delivery.file_date:%Y%m%d}" in delivery.file
        assert delivery.file_date < AS_OF
    names = [delivery.file for delivery in small_manifest.deliveries]
    assert len(set(names)) == len(names)
    assert len({(d.item, d.period) for d in small_manifest.deliveries}) == len(names)


def test_counts_of_a_delivery_add_up(small_manifest: Manifest) -> None:
    for delivery in small_manifest.deliveries:
        assert delivery.rows == delivery.good + delivery.bad + delivery.waiting + delivery.duplicates
        assert delivery.rows > 0


def test_a_stated_share_of_rows_is_bad(small_manifest: Manifest) -> None:
    bad = sum(delivery.bad for delivery in small_manifest.deliveries)
    assert 0.001 < bad / small_manifest.rows < 0.02
    assert all(
        sum(getattr(delivery, what) for delivery in small_manifest.deliveries)
        for what in ("waiting", "late", "duplicates", "named")
    )


def test_the_register_comes_first_and_its_late_firms_last(small_manifest: Manifest) -> None:
    order = [delivery.item for delivery in small_manifest.deliveries]
    assert order[0] == order[1] == order[-1] == "market.registration"
    assert order.count("market.registration") == 3
    assert order.index("market.changes") < min(order.index("market.persons"), order.index("court.executed"))


def test_later_files_of_an_item_come_after_earlier_ones(small_manifest: Manifest) -> None:
    for code in {delivery.item for delivery in small_manifest.deliveries}:
        days = [delivery.file_date for delivery in small_manifest.deliveries if delivery.item == code]
        assert days == sorted(days), code


def test_full_lists_are_delivered_twice_where_lines_vanish(small_manifest: Manifest) -> None:
    twice = [d.item for d in small_manifest.deliveries if get_item(d.item).delivery.mode is DeliveryMode.FULL]
    assert twice.count("reform.joint_list") == 2
    assert twice.count("transport.permit") == 2


def test_a_saved_manifest_reads_back_as_it_was(small_manifest: Manifest) -> None:
    assert load_manifest(small_manifest.folder) == small_manifest


def test_an_unfinished_folder_has_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_manifest(tmp_path)


@pytest.mark.parametrize("as_of", [date(2025, 1, 31), date(2026, 2, 28), date(2026, 6, 1), date(2024, 2, 29)])
def test_a_city_can_be_seen_from_any_day(as_of: date, tmp_path: Path) -> None:
    manifest = generate_city(tmp_path / "city", as_of=as_of, enterprises=120, seed=1, deliver_tax=True)
    assert all(delivery.file_date < as_of for delivery in manifest.deliveries)
