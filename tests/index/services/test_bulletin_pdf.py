"""The bulletin as a file: what it says can be read back, a draft says so, the same bulletin gives the same bytes."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from accounts.roles import Role
from audit.models import AuditEntry
from index.engine.bulletin import check_bulletin
from index.engine.table import Table
from index.models import Bulletin
from index.services.bulletins import HEADS
from tests.index.small_city import HIT
from tests.people import client_of, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_city")]
A4_POINTS = (595, 842)


@pytest.fixture
def analyst() -> Any:
    return client_of(make_person(Role.INDEX_ANALYST))


@pytest.fixture
def bulletin(analyst: Any) -> Bulletin:
    analyst.post("/index/bulletins/new/?panel=sme&since=2026-05-01&until=2026-05-31")
    one = Bulletin.objects.get()
    analyst.post(f"/index/bulletins/{one.pk}/comment/", {"comment": "附海镇制造业用电骤降。"})
    return one


def file_of(client: Any, one: Bulletin) -> PdfReader:
    response = client.get(f"/index/bulletins/{one.pk}/bulletin.pdf")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(response.content))


def text_of(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def test_the_file_carries_text_table_sign_off_vintage_and_permalink(analyst: Any, bulletin: Bulletin) -> None:
    client_of(make_person(Role.LEADER)).post(f"/index/bulletins/{bulletin.pk}/sign/")
    bulletin.refresh_from_db()
    reader = file_of(analyst, bulletin)
    text = re.sub(r"\s", "", text_of(reader))
    for paragraph in bulletin.text.split("\n"):
        assert re.sub(r"\s", "", paragraph.replace("−", "-")) in text
    assert "附海镇制造业用电骤降。" in text
    assert f"签发：{bulletin.signed_by.full_name or bulletin.signed_by.username}" in text  # type: ignore[union-attr]
    assert "草稿" not in text
    assert bulletin.facts["data_version"] in text
    assert f"http://testserver/index/bulletins/{bulletin.pk}/" in text
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in reader.pages} == {A4_POINTS}
    for number, page in enumerate(reader.pages, 1):
        assert f"第 {number} 页，共 {len(reader.pages)} 页" in page.extract_text()


def test_the_printed_table_passes_the_check_of_printed_tables(analyst: Any, bulletin: Bulletin) -> None:
    """Rows are read back out of the file, not taken from the database."""
    lines = [line.strip() for line in text_of(file_of(analyst, bulletin)).splitlines()]
    fours = [lines[n : n + 4] for n in range(len(lines) - 3)]
    found = [four for four in fours if all(re.fullmatch(r"[-+]?\d+\.\d\d", text) for text in four[1:])]
    assert [row[0] for row in found] == [row["series"] for row in bulletin.facts["table"]]
    rows = [[*row, "2"] for row in found]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(HEADS)}
    assert check_bulletin(Table("PDF", columns, list(range(2, len(rows) + 2)))).findings == ()


def test_charts_are_drawn_as_vectors(analyst: Any, bulletin: Bulletin) -> None:
    reader = file_of(analyst, bulletin)
    assert not [image for page in reader.pages for image in page.images]
    drawn = b"".join(page.get_contents().get_data() for page in reader.pages)  # type: ignore[union-attr]
    assert len(re.findall(rb"-?[\d.]+ -?[\d.]+ l\b", drawn)) > 100  # the daily line


def test_a_draft_says_on_every_page_that_it_is_one(analyst: Any, bulletin: Bulletin) -> None:
    for page in file_of(analyst, bulletin).pages:
        assert "未经签发，请勿外传" in page.extract_text()


def test_the_same_bulletin_gives_the_same_bytes_and_each_copy_is_logged(
    analyst: Any, bulletin: Bulletin
) -> None:
    url = f"/index/bulletins/{bulletin.pk}/bulletin.pdf"
    assert analyst.get(url).content == analyst.get(url).content
    logged = AuditEntry.objects.filter(action="index.series.exported", target=f"bulletin:{bulletin.pk}")
    assert logged.count() == 2


def test_a_draft_is_no_file_for_those_who_neither_write_nor_sign(bulletin: Bulletin) -> None:
    other = client_of(make_person(Role.DATA_CENTRE_OPERATOR))
    assert other.get(f"/index/bulletins/{bulletin.pk}/bulletin.pdf").status_code == 404


def test_a_minus_sign_that_the_typeface_lacks_never_reaches_the_file(analyst: Any) -> None:
    analyst.post(f"/index/bulletins/new/?panel=sme/town={HIT}&since=2026-05-01&until=2026-05-31")
    text = text_of(file_of(analyst, Bulletin.objects.get()))
    assert "\u2212" not in text
    assert re.search(r"-\d+\.\d\d", text)


def test_no_line_of_the_file_begins_with_a_closing_or_ends_with_an_opening_mark(
    analyst: Any, bulletin: Bulletin
) -> None:
    """Comments of every length, so that each mark comes to stand at the margin once."""
    marks = "升，降（平）《稳》；高。" * 12
    analyst.post(
        f"/index/bulletins/{bulletin.pk}/comment/",
        {"comment": "\n".join("点" * n + marks for n in range(12))},
    )
    lines = [
        line.strip() for line in text_of(file_of(analyst, bulletin)).split("\n") if len(line.strip()) > 20
    ]
    assert len(lines) > 40
    assert [line for line in lines if line[0] in "，。；：、）》％%"] == []
    assert [line for line in lines if line[-1] in "（《“"] == []
