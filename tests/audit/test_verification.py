"""Whatever a database owner does to the log, the verifier names the first entry that is wrong."""

import datetime as dt
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import chain, checkpoints, scrub, upkeep
from audit import public as audit
from audit.contracts import Kind
from audit.models import AuditEntry, AuditVerification, ChainHead
from audit.verification import verify

pytestmark = pytest.mark.django_db
LENGTH = 12


@pytest.fixture
def log(clerk: audit.Origin) -> None:
    for number in range(1, LENGTH + 1):
        audit.record("seen", origin=clerk, target=f"enterprise:{number}", detail={"n": number})


@pytest.fixture
def owner(log: None) -> Callable[[str], None]:
    """Run SQL as an owner who first switches the triggers off."""

    def run(*statements: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
            for sql in statements:
                cursor.execute(sql)
            cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")

    return run


def found() -> tuple[int, str] | None:
    finding = verify().finding
    return (finding.seq, finding.kind) if finding else None


SHIFT_UP = (
    "UPDATE audit_entry SET seq = seq + 1000 WHERE seq >= 5",
    "UPDATE audit_entry SET seq = seq - 999 WHERE seq >= 1005",
)
SHIFT_DOWN = (
    "UPDATE audit_entry SET seq = seq + 1000 WHERE seq > 5",
    "UPDATE audit_entry SET seq = seq - 1001 WHERE seq > 1000",
)
COPY_AS_5 = (
    "INSERT INTO audit_entry SELECT 5, at, actor_id, actor_name, roles, agency, address, request_id, action,"
    " 'forged', result, detail, key_id, prev_mac, mac FROM audit_entry WHERE seq = 6"
)


def test_an_untouched_log_is_sound(log: None) -> None:
    report = verify()
    assert (report.intact, report.verified_seq, report.entries) == (True, LENGTH, LENGTH)


def test_an_empty_log_is_sound() -> None:
    assert verify().intact


@pytest.mark.parametrize("column", [*chain.CONTENT_FIELDS[1:], "mac", "prev_mac"])
def test_a_change_of_any_column_is_named(owner: Callable[..., None], column: str) -> None:
    values = {
        "at": "at + interval '1 microsecond'", "actor_id": "8", "detail": "'{\"n\": 6}'", "key_id": "'9'",
        "mac": "repeat('0', 64)", "prev_mac": "repeat('0', 64)",
    }  # fmt: skip
    owner(f"UPDATE audit_entry SET {column} = {values.get(column, repr('x'))} WHERE seq = 5")
    assert found() == (5, Kind.UNKNOWN_KEY if column == "key_id" else Kind.CHANGED)


def test_a_removed_entry_is_named(owner: Callable[..., None]) -> None:
    owner("DELETE FROM audit_entry WHERE seq = 5")
    assert found() == (5, Kind.MISSING)


def test_a_removed_first_entry_is_named(owner: Callable[..., None]) -> None:
    owner("DELETE FROM audit_entry WHERE seq = 1")
    assert found() == (1, Kind.MISSING)


def test_a_removed_entry_is_named_even_if_the_rest_is_renumbered(owner: Callable[..., None]) -> None:
    owner("DELETE FROM audit_entry WHERE seq = 5", *SHIFT_DOWN, f"UPDATE audit_head SET seq = {LENGTH - 1}")
    assert found() == (5, Kind.MISSING)


def test_two_entries_that_changed_places_are_named(owner: Callable[..., None]) -> None:
    owner(
        "UPDATE audit_entry SET seq = 1005 WHERE seq = 5",
        "UPDATE audit_entry SET seq = 5 WHERE seq = 7",
        "UPDATE audit_entry SET seq = 7 WHERE seq = 1005",
    )
    assert found() == (5, Kind.REORDERED)


def test_an_inserted_entry_is_named(owner: Callable[..., None]) -> None:
    owner(*SHIFT_UP, COPY_AS_5, f"UPDATE audit_head SET seq = {LENGTH + 1}")
    assert found() == (5, Kind.INSERTED)


def test_an_entry_put_behind_the_end_is_named(owner: Callable[..., None]) -> None:
    owner(COPY_AS_5.replace("SELECT 5", f"SELECT {LENGTH + 1}"))
    assert found() == (LENGTH + 1, Kind.INSERTED)


def test_a_tail_cut_without_the_head_is_named(owner: Callable[..., None]) -> None:
    owner("DELETE FROM audit_entry WHERE seq > 9")
    assert found() == (10, Kind.TAIL_CUT)


def cut_and_set_back(owner: Callable[..., None], last: int) -> None:
    mac = AuditEntry.objects.get(seq=last).mac
    owner(f"DELETE FROM audit_entry WHERE seq > {last}", f"UPDATE audit_head SET seq = {last}, mac = '{mac}'")


def test_a_tail_cut_with_the_head_set_back_is_found_through_the_last_checkpoint(
    owner: Callable[..., None],
) -> None:
    upkeep.checkpoint(timezone.now())
    cut_and_set_back(owner, 9)
    assert found() == (10, Kind.TAIL_CUT)


def test_the_chain_alone_would_not_have_shown_that_cut(owner: Callable[..., None]) -> None:
    cut_and_set_back(owner, 9)
    assert found() is None


def test_a_cut_tail_written_over_since_is_found_through_the_checkpoint(
    owner: Callable[..., None], clerk: audit.Origin
) -> None:
    upkeep.checkpoint(timezone.now())
    cut_and_set_back(owner, 9)
    for _ in range(5):
        audit.record("innocent", origin=clerk)
    assert found() == (LENGTH, Kind.REWRITTEN)


def test_a_whole_log_begun_anew_is_found_through_the_checkpoint(
    owner: Callable[..., None], clerk: audit.Origin
) -> None:
    upkeep.checkpoint(timezone.now())
    owner("DELETE FROM audit_entry", "DELETE FROM audit_head")
    for _ in range(20):
        audit.record("innocent", origin=clerk)
    assert found() == (LENGTH, Kind.REWRITTEN)


def test_an_emptied_log_is_found_through_the_checkpoint(owner: Callable[..., None]) -> None:
    upkeep.checkpoint(timezone.now())
    owner("DELETE FROM audit_entry", "DELETE FROM audit_head")
    assert found() == (1, Kind.TAIL_CUT)


def test_a_full_rewrite_with_another_key_is_named(owner: Callable[..., None], settings: object) -> None:
    genuine = settings.PORTAL_KEYS  # type: ignore[attr-defined]
    settings.PORTAL_KEYS = genuine | {"AUDIT_KEY": "a-key-the-attacker-made-up"}  # type: ignore[attr-defined]
    mac = chain.GENESIS
    for entry in AuditEntry.objects.order_by("seq"):
        values = vars(entry) | {"target": "nothing"}
        new = chain.mac_of(mac, chain.content_of(values), "1")
        forged = f"target = 'nothing', prev_mac = '{mac}', mac = '{new}'"
        owner(f"UPDATE audit_entry SET {forged} WHERE seq = {entry.seq}")
        mac = new
    owner(f"UPDATE audit_head SET mac = '{mac}'")
    assert verify().intact  # what the attacker's own verifier would say
    settings.PORTAL_KEYS = genuine  # type: ignore[attr-defined]
    assert found() == (1, Kind.CHANGED)


def test_a_missing_head_is_named(owner: Callable[..., None]) -> None:
    owner("DELETE FROM audit_head")
    assert verify().finding is not None


def test_a_changed_head_is_named(owner: Callable[..., None]) -> None:
    owner("UPDATE audit_head SET mac = repeat('0', 64)")
    assert found() == (LENGTH, Kind.HEAD)


def test_entries_sealed_before_a_key_rotation_stay_good(
    log: None, clerk: audit.Origin, settings: object
) -> None:
    old = settings.PORTAL_KEYS["AUDIT_KEY"]  # type: ignore[attr-defined]
    settings.PORTAL_KEYS = settings.PORTAL_KEYS | {"AUDIT_KEY": f"2:a-newer-secret-of-length,1:{old}"}  # type: ignore[attr-defined]
    audit.record("seen", origin=clerk)
    assert verify().intact
    assert set(AuditEntry.objects.values_list("key_id", flat=True)) == {"1", "2"}
    settings.PORTAL_KEYS = settings.PORTAL_KEYS | {"AUDIT_KEY": "2:a-newer-secret-of-length"}  # type: ignore[attr-defined]
    assert found() == (1, Kind.UNKNOWN_KEY)


def test_a_changed_checkpoint_is_named(log: None, checkpoint_folder: Path) -> None:
    path = upkeep.checkpoint(timezone.now())
    path.write_text(path.read_text().replace('"count":12', '"count":11'))
    assert found() == (LENGTH, Kind.CHECKPOINT)


def test_a_checkpoint_copied_under_another_number_is_named(log: None, checkpoint_folder: Path) -> None:
    path = upkeep.checkpoint(timezone.now())
    shutil.copy(path, checkpoints.folder() / "checkpoint-000000000000007.json")
    assert found() == (7, Kind.CHECKPOINT)


def test_a_checkpoint_is_written_once_for_one_end_and_again_when_the_log_grew(
    log: None, clerk: audit.Origin
) -> None:
    first = upkeep.checkpoint(timezone.now())
    assert upkeep.checkpoint(timezone.now()) is None
    audit.record("seen", origin=clerk)
    second = upkeep.checkpoint(timezone.now())
    assert [checkpoints.seq_of(path) for path in (first, second)] == [LENGTH, LENGTH + 1]
    assert verify().checkpoints == 2
    assert first.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "harm", ["UPDATE audit_entry SET target = 'x' WHERE seq = 5", "DELETE FROM audit_entry WHERE seq = 5"]
)
def test_a_checkpoint_does_not_bless_a_damaged_log(owner: Callable[..., None], harm: str) -> None:
    owner(harm)
    with pytest.raises(checkpoints.UnableToWriteCheckpoint, match="第 5 条"):
        upkeep.checkpoint(timezone.now())
    assert checkpoints.paths() == []
    assert AuditVerification.objects.get().bad_seq == 5


def test_a_checkpoint_refuses_an_end_that_went_back(owner: Callable[..., None]) -> None:
    upkeep.checkpoint(timezone.now())
    cut_and_set_back(owner, 9)
    with pytest.raises(checkpoints.UnableToWriteCheckpoint, match="第 10 条"):
        upkeep.checkpoint(timezone.now())


def test_a_checkpoint_folder_that_cannot_be_written_says_so(log: None, checkpoint_folder: Path) -> None:
    checkpoint_folder.write_text("a file in its place")
    with pytest.raises(checkpoints.UnableToWriteCheckpoint, match="无法写入"):
        upkeep.checkpoint(timezone.now())


def test_the_command_exits_with_0_on_a_sound_log_and_keeps_the_outcome(log: None, capsys: object) -> None:
    call_command("verify_audit")
    assert "日志完好" in capsys.readouterr().out  # type: ignore[attr-defined]
    kept = AuditVerification.objects.get()
    assert (kept.intact, kept.verified_seq, kept.started_by) == (True, LENGTH, "verify_audit")
    assert AuditEntry.objects.get(seq=LENGTH + 1).action == "audit.verified"


@pytest.mark.parametrize(
    "harm", ["UPDATE audit_entry SET target = 'x' WHERE seq = 5", "DELETE FROM audit_head"]
)
def test_the_command_exits_with_1_and_names_the_entry(
    owner: Callable[..., None], capsys: object, harm: str
) -> None:
    owner(harm)
    with pytest.raises(SystemExit) as left:
        call_command("verify_audit")
    assert left.value.code == 1
    assert "异常（" in capsys.readouterr().err  # type: ignore[attr-defined]
    assert not AuditVerification.objects.get().intact


def test_memory_stays_the_same_however_long_the_log(
    clerk: audit.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.links.BATCH", 100)

    def peak(entries: int) -> int:
        with audit.action("many", origin=clerk):
            for number in range(entries):
                audit.record("seen", origin=clerk, detail={"n": number, "text": "x" * 200})
        tracemalloc.start()
        assert verify().intact
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    short = peak(400)
    assert peak(1600) < 1.3 * short


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.decimals(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(detail=st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_any_detail_is_read_back_from_the_database_as_it_was_sealed(
    clerk: audit.Origin, detail: dict[str, object]
) -> None:
    audit.record("seen", origin=clerk, detail=detail)
    stored = AuditEntry.objects.order_by("seq").last()
    assert chain.canonical(stored.detail) == chain.canonical(scrub.clean(detail))
    assert chain.mac_of(stored.prev_mac, chain.content_of(vars(stored)), stored.key_id) == stored.mac


def test_checkpoint_times_are_told_in_local_time() -> None:
    from audit.verification import told_at

    at = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)
    assert told_at(chain.instant(at)) == "2026-11-22 16:00:00"


def test_the_head_row_is_the_only_one(log: None) -> None:
    assert ChainHead.objects.count() == 1
