"""The auditor's pages: read by the auditor alone, filtered, exported whole, and logged themselves."""

import csv
import io
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from audit import export as audit_export
from audit import public as audit
from audit import selectors, tasks, upkeep
from audit.contracts import Filters
from audit.models import AuditEntry, AuditVerification
from foundation import progress
from tests.people import client_of, make_person

pytestmark = pytest.mark.django_db
CLERK = audit.Origin(7, "clerk", "data_steward", "人民法院", "10.0.0.7", "request-7")


@pytest.fixture
def auditor() -> Client:
    return client_of(make_person(Role.AUDITOR, username="auditor"))


def entries(count: int, **values: object) -> None:
    for number in range(count):
        audit.record("shop.seen", origin=CLERK, target=f"shop:{number}", **values)  # type: ignore[arg-type]


def seqs(client: Client, query: str = "") -> list[int]:
    return [row["seq"] for row in client.get(f"/audit/{query}").context["rows"]]


PATHS = ["/audit/", "/audit/entries/1/", "/audit/export.csv"]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDITOR])
def test_nobody_but_the_auditor_reads_the_log_the_system_officer_included(role: Role) -> None:
    entries(1)
    client = client_of(make_person(role))
    assert {client.get(path).status_code for path in PATHS} == {403}
    assert client.post("/audit/verification/").status_code == 403


def test_a_visitor_is_sent_to_the_sign_in() -> None:
    assert {Client().get(path).status_code for path in PATHS} == {302}


def test_the_list_shows_entries_newest_first_in_chinese(auditor: Client) -> None:
    entries(2)
    auditor.get("/audit/")
    answer = auditor.get("/audit/")
    text = answer.content.decode()
    assert seqs(auditor)[:1] > [2]
    for shown in ("查阅审计日志", "部门数据管理员", "人民法院", "shop:1", "成功", "10.0.0.7"):
        assert shown in text
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_looking_at_the_log_stands_in_the_log(auditor: Client) -> None:
    entries(1)
    auditor.get("/audit/?actor=clerk")
    auditor.get("/audit/entries/1/")
    auditor.get("/audit/export.csv?actor=clerk")
    told = AuditEntry.objects.filter(actor_name="auditor", action__startswith="audit.").order_by("seq")
    assert list(told.values_list("action", "target")) == [
        ("audit.viewed", "audit"), ("audit.entry.viewed", "audit:1"), ("audit.exported", "audit"),
    ]  # fmt: skip
    assert told[0].detail["filters"] == {"actor": "clerk"}


def test_nothing_is_shown_when_the_look_cannot_be_logged(auditor: Client, settings: object) -> None:
    entries(1)
    settings.PORTAL_KEYS = settings.PORTAL_KEYS | {"AUDIT_KEY": ""}  # type: ignore[attr-defined]
    auditor.raise_request_exception = False
    assert auditor.get("/audit/").status_code >= 500


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?actor=clerk", {1, 2, 3}),
        ("?actor=nobody", set()),
        ("?target=shop:1", {2}),
        ("?target=shop:", {1, 2, 3}),
        ("?action=shop.seen", {1, 2, 3}),
        ("?action=shop.refused", {4}),
        ("?result=refused", {4}),
        ("?request_id=request-7", {1, 2, 3}),
        ("?since=2099-01-01", set()),
        ("?until=2020-01-01T00:00", set()),
        ("?actor=clerk&target=shop:2&result=ok", {3}),
        ("?target=%25", set()),
    ],
)
def test_a_filter_finds_what_it_says(auditor: Client, query: str, expected: set[int]) -> None:
    entries(3)
    other = audit.Origin(8, "other", "leader", "镇", "10.0.0.8", "request-8")
    audit.record("shop.refused", origin=other, target="stall:9", result="refused")
    assert set(seqs(auditor, query)) & {1, 2, 3, 4} == expected


@pytest.mark.parametrize(
    "query",
    ["?since=yesterday", "?result=odd", "?action=%00", "?before=x", "?after=-1", "?before=" + "9" * 30],
)
def test_an_odd_query_is_answered_with_a_page(auditor: Client, query: str) -> None:
    entries(1)
    assert auditor.get(f"/audit/{query}").status_code == 200


def test_a_time_range_that_ends_before_it_begins_says_so(auditor: Client) -> None:
    answer = auditor.get("/audit/?since=2026-11-22T10:00&until=2026-11-22T09:00")
    assert "截止时间应晚于起始时间" in answer.content.decode()


def test_pages_go_on_by_key_without_a_gap_or_a_double() -> None:
    entries(23)
    first = selectors.list_page(Filters(), size=10)
    second = selectors.list_page(Filters(), before=first.older, size=10)
    third = selectors.list_page(Filters(), before=second.older, size=10)
    shown = [entry.seq for page in (first, second, third) for entry in page.entries]
    assert shown == list(range(23, 0, -1))
    assert (first.newer, third.older) == (None, None)
    back = selectors.list_page(Filters(), after=third.newer, size=10)
    assert [entry.seq for entry in back.entries] == [entry.seq for entry in second.entries]


def test_the_detail_shows_the_entry_and_whether_its_seal_holds(auditor: Client) -> None:
    entries(2, detail={"rows": 3, "nested": {"a": [1]}})
    text = auditor.get("/audit/entries/2/").content.decode()
    for shown in ("shop:1", "行数", "nested", "相符", AuditEntry.objects.get(seq=2).mac):
        assert shown in text
    assert auditor.get("/audit/entries/99999/").status_code == 404


def test_the_detail_of_a_changed_entry_says_so(auditor: Client) -> None:
    from django.db import connection

    entries(2)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_entry SET target = 'x' WHERE seq = 2")
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    assert "曾被改动或伪造" in auditor.get("/audit/entries/2/").content.decode()


def exported(client: Client, query: str = "") -> str:
    answer = client.get(f"/audit/export.csv{query}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_the_export_holds_everything_that_matches_and_proves_itself(auditor: Client) -> None:
    entries(450)
    text = exported(auditor, "?actor=clerk")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["序号", "时间（北京）", "时间（UTC）"]
    assert [int(row[0]) for row in rows[1:-1]] == list(range(1, 451))
    proven = audit_export.verify(io.StringIO(text, newline=""))
    assert (proven.rows, proven.first_seq, proven.last_seq, proven.filters) == (
        450,
        1,
        450,
        {"actor": "clerk"},
    )


def test_an_empty_export_proves_itself_too(auditor: Client) -> None:
    assert audit_export.verify(io.StringIO(exported(auditor, "?actor=nobody"), newline="")).rows == 0


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(auditor: Client) -> None:
    bad = [
        '=HYPERLINK("http://x")',
        "+1",
        "-1",
        "@SUM(A1)",
        "'quoted",
        "two\nlines",
        'with "quotes", and commas',
    ]
    for target in bad:
        audit.record("shop.seen", origin=CLERK, target=target)
    text = exported(auditor, "?actor=clerk")
    cells = [row[11] for row in csv.reader(io.StringIO(text, newline="")) if len(row) > 2][1:]
    assert cells == ["'" + bad[0], "'+1", "'-1", "'@SUM(A1)", "''quoted", "two\nlines", bad[6]]
    assert audit_export.verify(io.StringIO(text, newline="")).rows == len(bad)


def change_cell(text: str) -> str:
    return text.replace("shop:3", "shop:7")


def drop_row(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:3] + lines[4:])


def drop_last_row(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:-2] + lines[-1:])


def swap_rows(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:3], lines[4], lines[3], *lines[5:]])


def drop_proof(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


def forge_proof(text: str) -> str:
    return text.replace('""rows"":6', '""rows"":5')


def add_after(text: str) -> str:
    return text + text.splitlines(keepends=True)[1]


def change_head(text: str) -> str:
    return text.replace("来源地址", "地址")


@pytest.mark.parametrize(
    "harm",
    [
        change_cell,
        drop_row,
        drop_last_row,
        swap_rows,
        drop_proof,
        forge_proof,
        add_after,
        change_head,
        lambda text: "",
    ],
)
def test_an_altered_export_is_found_out(auditor: Client, harm: Callable[[str], str]) -> None:
    entries(6)
    text = exported(auditor, "?actor=clerk")
    assert harm(text) != text
    with pytest.raises(audit_export.UnableToReadExport):
        audit_export.verify(io.StringIO(harm(text), newline=""))


def test_the_command_verifies_an_export(auditor: Client, tmp_path: object, capsys: object) -> None:
    entries(3)
    file = tmp_path / "log.csv"  # type: ignore[operator]
    text = exported(auditor)
    file.write_bytes(text.encode())
    call_command("verify_export", str(file))
    assert "文件完好：3 条，序号 1 至 3" in capsys.readouterr().out  # type: ignore[attr-defined]
    file.write_bytes(change_cell(text).replace("shop:1", "shop:9").encode())
    with pytest.raises(SystemExit):
        call_command("verify_export", str(file))


def test_the_button_verifies_in_the_background_and_the_panel_shows_the_outcome(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries(3)
    queued: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks.verify, "delay", lambda *a, **k: queued.append((a, k)))
    answer = auditor.post("/audit/verification/")
    assert answer.status_code == 302
    auditor.post("/audit/verification/")  # still under way: not started twice
    assert len(queued) == 1
    assert "data-progress=" in auditor.get("/audit/").content.decode()
    (key, origin), options = queued[0]
    tasks.verify(key, origin, **options)
    assert progress.find(str(key)).message == "核验完成，日志完好。"
    kept = AuditVerification.objects.get()
    assert (kept.intact, kept.started_by) == (True, "auditor")
    text = auditor.get("/audit/").content.decode()
    assert "完好" in text
    assert "data-progress=" not in text


def test_the_panel_shows_a_damaged_log(auditor: Client) -> None:
    AuditVerification.objects.create(
        started_at=timezone.now(), finished_at=timezone.now(), verified_seq=4, entries=4, checkpoints=0,
        intact=False, bad_seq=5, kind="changed", message="第 5 条的内容与校验码不符。", started_by="checkpoint",
    )  # fmt: skip
    text = auditor.get("/audit/").content.decode()
    assert "第 5 条的内容与校验码不符。" in text
    assert "异常" in text


def test_the_panel_shows_the_last_checkpoint(auditor: Client) -> None:
    entries(3)
    upkeep.checkpoint(timezone.now())
    assert "存于库外" in auditor.get("/audit/").content.decode()


def test_the_list_takes_few_queries(auditor: Client, django_assert_max_num_queries: object) -> None:
    entries(60)
    auditor.get("/audit/")
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        auditor.get("/audit/")


def test_every_named_action_has_a_chinese_label() -> None:
    from audit import labels

    for app, (name, actions) in labels.groups().items():
        assert name
        for code, label in actions.items():
            assert code.startswith(f"{app}.")
            assert any("\u4e00" <= c <= "\u9fff" for c in label)
