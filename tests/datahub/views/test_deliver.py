"""Handing a file in over the page: what is taken, what is refused, and in which words."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from datahub.models import Batch, BatchState, Channel
from foundation import progress
from tests.datahub.services.conftest import CODES, freeze

from .conftest import csv_file, hand_in, last_batch

pytestmark = pytest.mark.usefixtures("town")


def test_a_file_becomes_a_batch_and_a_task_with_its_origin(steward: Client, queue: list[Any]) -> None:
    answer = hand_in(steward, csv_file([freeze(CODES[0], "（2026）浙0282执1号")]))
    batch = last_batch()
    assert answer["Location"] == reverse("datahub:batch", args=[batch.pk])
    assert (batch.state, batch.channel, batch.file_name) == (
        BatchState.RECEIVED,
        Channel.PAGE,
        "股权冻结.csv",
    )
    name, args, _ = queue[0]
    assert (name, args[0], args[1]["agency"]) == ("process_batch", batch.pk, "慈溪市人民法院")
    assert progress.find(f"datahub-batch-{batch.pk}") is not None
    assert AuditEntry.objects.latest("seq").action == "datahub.receive"


def test_a_page_shows_the_work_while_it_waits(steward: Client, queue: list[Any]) -> None:
    hand_in(steward, csv_file([freeze(CODES[0], "（2026）浙0282执1号")]))
    page = steward.get(reverse("datahub:batch", args=[last_batch().pk])).content.decode()
    assert "正在核验文件" in page
    assert f"/data/batches/{last_batch().pk}/progress/" in page


@pytest.mark.usefixtures("queue")
def test_the_same_bytes_are_the_same_batch_and_said_politely(steward: Client) -> None:
    hand_in(steward, csv_file([freeze(CODES[0], "（2026）浙0282执1号")]))
    answer = steward.post(
        reverse("datahub:deliver"),
        {"item": "court.equity_freeze", "period": "2026-11", "file_date": "2026-11-20",
         "file": csv_file([freeze(CODES[0], "（2026）浙0282执1号")], name="再传一次.csv")},
        follow=True,
    )  # fmt: skip
    assert Batch.objects.filter(item_code="court.equity_freeze").count() == 1
    assert f"这个文件已经报送过，就是批次 {last_batch().pk}" in answer.content.decode()


@pytest.mark.usefixtures("queue")
def test_an_empty_period_is_the_one_around_the_files_date(steward: Client) -> None:
    hand_in(steward, csv_file([freeze(CODES[0], "（2026）浙0282执1号")]), period="")
    assert last_batch().period == "2026-11-20"


def test_a_steward_cannot_deliver_another_departments_item(steward: Client, queue: list[Any]) -> None:
    answer = hand_in(steward, csv_file([]), item="market.registration")
    assert answer.status_code == 422
    assert "您不能报送该数据项" in answer.content.decode()
    assert not queue


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file_date": "2999-01-01"}, "数据日期 2999-01-01 晚于今天"),
        ({"period": "2026-13"}, "所属期“2026-13”无法识别"),
        ({"file_date": "昨天"}, "请按“2026-11-22”的格式填写数据日期"),
        ({"item": ""}, "请选择数据项"),
        ({"file": ""}, "请选择要上传的文件"),
    ],
)
def test_a_wrong_entry_is_named_with_its_remedy(
    steward: Client, queue: list[Any], changes: dict[str, str], words: str
) -> None:
    upload = changes.pop("file", None)
    answer = hand_in(steward, csv_file(["x"]) if upload is None else "", **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not queue


@pytest.mark.parametrize("name", ["表.xls", "宏.xlsm", "页面.html", "图.svg", "数据.csv.exe", "无后缀"])
def test_other_kinds_of_files_are_refused_by_name(steward: Client, queue: list[Any], name: str) -> None:
    answer = hand_in(steward, SimpleUploadedFile(name, b"a,b\n1,2\n"))
    assert answer.status_code == 422
    assert "不是可接收的格式" in answer.content.decode()
    assert not queue


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\报送\\冻结.csv", "冻结.csv"),
        ("冻\x00结\u202e.csv", "冻结.csv"),
        ("a" * 300 + ".csv", ("a" * 300 + ".csv")[-200:]),
    ],
)
def test_a_name_is_a_name_and_never_a_path(sent: str, kept: str) -> None:
    from datahub.uploads import shown_name

    assert shown_name(sent) == kept


def test_a_path_in_the_form_ends_as_a_plain_name(steward: Client, queue: list[Any]) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="item"\r\n\r\ncourt.equity_freeze\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file_date"\r\n\r\n2026-11-20\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../../var/x.csv"\r\n\r\na,b\r\n--b--\r\n'
    )
    steward.post(reverse("datahub:deliver"), body, content_type="multipart/form-data; boundary=b")
    assert last_batch().file_name == "x.csv"
    assert queue


@pytest.mark.parametrize(("size", "status"), [(3 << 20, 413), (3 << 19, 422)])
def test_a_file_above_the_limit_is_stopped_while_it_arrives(
    steward: Client, queue: list[Any], settings: Any, size: int, status: int
) -> None:
    settings.PORTAL_DELIVERY_MAX_BYTES = 1 << 20
    answer = hand_in(steward, SimpleUploadedFile("大.csv", b"x" * size))
    assert answer.status_code == status
    assert "文件超过 1 MB 的上限，未保存" in answer.content.decode()
    assert not queue


def test_the_form_wants_a_csrf_token(steward: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = steward.cookies
    assert hand_in(strict, csv_file(["x"])).status_code == 403


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script></html>", "没有找到“股权冻结”的表头"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "旧版 XLS"),
        (b"PK\x03\x04not a workbook", "XLSX 文件已损坏"),
        (b"MZ\x00\x00" * 40, "不是文本表格"),
    ],
)
def test_wrong_content_is_refused_with_a_reason(
    steward: Client, work_off: Any, content: bytes, words: str
) -> None:
    hand_in(steward, SimpleUploadedFile("数据.csv", content))
    work_off()
    assert last_batch().state == BatchState.REJECTED
    assert words in steward.get(reverse("datahub:batch", args=[last_batch().pk])).content.decode()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    steward: Client, work_off: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datahub.engine.reader.MAX_XLSX_UNPACKED", 1 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (4 << 20))
    hand_in(steward, SimpleUploadedFile("表.xlsx", packed.getvalue()))
    work_off()
    assert "XLSX 展开后超过" in last_batch().refusal
