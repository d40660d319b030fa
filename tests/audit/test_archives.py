"""Old entries leave only into a sealed archive, and the chain goes on."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit import archives, chain, upkeep
from audit import public as audit
from audit.contracts import Kind
from audit.models import AuditArchive, AuditEntry
from audit.verification import verify

pytestmark = pytest.mark.django_db
NOW = timezone.now()
OPERATOR = audit.Origin.system("archive_audit")


@pytest.fixture
def log(clerk: audit.Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten entries: six of 300 days ago, four of today, sealed at their time."""
    for number in range(10):
        days = 300 if number < 6 else 0
        monkeypatch.setattr("audit.services.timezone.now", lambda days=days: NOW - dt.timedelta(days=days))
        audit.record("seen", origin=clerk, target=str(number))
    monkeypatch.undo()


def days_ago(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def make(before: dt.datetime) -> AuditArchive | None:
    return archives.archive(before, now=NOW, origin=OPERATOR)


def test_old_entries_move_into_a_file_and_the_rest_stays_sound(log: None) -> None:
    made = make(days_ago(200))
    assert (made.first_seq, made.last_seq) == (1, 6)
    assert [entry["target"] for entry in archives.read(archives.folder() / made.file_name)] == list("012345")
    assert AuditEntry.objects.order_by("seq").first().seq == 7
    assert AuditEntry.objects.order_by("seq").last().action == "audit.archived"
    assert AuditEntry.objects.order_by("seq").last().detail["sm3"] == made.digest
    report = verify(from_archive=True)
    assert (report.intact, report.archived, report.entries) == (True, 6, 5)


def test_a_second_archive_follows_the_first(log: None) -> None:
    make(days_ago(200))
    assert make(days_ago(200)) is None
    assert verify(from_archive=True).intact


def test_nothing_younger_than_180_days_is_archived(log: None) -> None:
    with pytest.raises(archives.UnableToArchiveLog, match="180 天以前"):
        make(days_ago(179))
    assert AuditEntry.objects.count() == 10


def test_the_setting_cannot_go_below_180(log: None, settings: object) -> None:
    settings.PORTAL_AUDIT_RETENTION_DAYS = 179  # type: ignore[attr-defined]
    with pytest.raises(archives.UnableToArchiveLog, match="不得少于 180 天"):
        make(days_ago(400))


def test_a_longer_setting_is_kept_to(log: None, settings: object) -> None:
    settings.PORTAL_AUDIT_RETENTION_DAYS = 365  # type: ignore[attr-defined]
    with pytest.raises(archives.UnableToArchiveLog, match="365 天以前"):
        make(days_ago(200))


def test_the_settings_check_names_a_retention_that_is_too_short(settings: object) -> None:
    from audit.checks import retention_is_long_enough

    assert retention_is_long_enough(None) == []
    settings.PORTAL_AUDIT_RETENTION_DAYS = 30  # type: ignore[attr-defined]
    assert [problem.id for problem in retention_is_long_enough(None)] == ["audit.E001"]


def test_the_application_role_cannot_archive(log: None, as_role: object) -> None:
    with as_role("application"), pytest.raises(archives.UnableToArchiveLog, match="所有者"):  # type: ignore[operator]
        make(days_ago(200))


def harm(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")


def test_a_damaged_stretch_is_not_archived(log: None) -> None:
    harm("UPDATE audit_entry SET target = 'x' WHERE seq = 3")
    with pytest.raises(archives.UnableToArchiveLog, match="第 3 条"):
        make(days_ago(200))
    assert AuditEntry.objects.count() == 10


def test_entries_removed_without_an_archive_are_missed(log: None) -> None:
    harm("DELETE FROM audit_entry WHERE seq <= 6")
    assert verify().finding.kind == Kind.MISSING


def test_a_forged_archive_record_is_named(log: None) -> None:
    mac = AuditEntry.objects.get(seq=6).mac
    harm("DELETE FROM audit_entry WHERE seq <= 6")
    AuditArchive.objects.create(
        first_seq=1, last_seq=6, last_mac=mac, last_at=NOW, file_name="x", digest="0" * 64,
        archived_at=NOW, key_id="1", seal="0" * 64,
    )  # fmt: skip
    assert verify().finding.kind == Kind.ARCHIVE


def test_a_removed_archive_record_is_named(log: None) -> None:
    make(days_ago(200))
    AuditArchive.objects.all().delete()
    assert (verify().finding.seq, verify().finding.kind) == (1, Kind.MISSING)


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_damaged_archive_file_is_named_when_archives_are_verified_too(log: None, how: str) -> None:
    path: Path = archives.folder() / make(days_ago(200)).file_name
    if how == "gone":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert verify().intact
    assert verify(from_archive=True).finding.kind == Kind.ARCHIVE


def test_an_entry_put_back_under_an_archived_number_is_named(log: None) -> None:
    make(days_ago(200))
    columns = (
        "at, actor_id, actor_name, roles, agency, address, request_id, action, target, result, detail, key_id"
    )
    harm(f"INSERT INTO audit_entry SELECT 3, {columns}, prev_mac, mac FROM audit_entry WHERE seq = 8")
    assert (verify().finding.seq, verify().finding.kind) == (3, Kind.INSERTED)


def test_checkpoints_about_archived_entries_do_not_disturb(log: None) -> None:
    upkeep.checkpoint(NOW)
    make(days_ago(200))
    upkeep.checkpoint(NOW)
    assert verify().intact


def test_the_command_says_what_it_archived_and_refuses_in_words(log: None, capsys: object) -> None:
    call_command("archive_audit", "--before", (NOW - dt.timedelta(days=200)).date().isoformat())
    assert "已归档第 1 至 6 条" in capsys.readouterr().out  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="180 天以前"):
        call_command("archive_audit", "--before", NOW.date().isoformat())


def test_the_newest_entry_always_stays(clerk: audit.Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.services.timezone.now", lambda: days_ago(300))
    for _ in range(3):
        audit.record("seen", origin=clerk)
    monkeypatch.undo()
    assert make(days_ago(200)).last_seq == 2
    assert verify(from_archive=True).intact


def test_an_archived_entry_is_exactly_what_was_sealed(log: None) -> None:
    before = {entry.seq: chain.content_of(vars(entry)) for entry in AuditEntry.objects.filter(seq__lte=6)}
    made = make(days_ago(200))
    after = {e["seq"]: chain.content_of(e) for e in archives.read(archives.folder() / made.file_name)}
    assert after == before
