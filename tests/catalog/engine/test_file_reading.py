"""Files as publishers have them: encodings, notes, leading zeros, dates, faults, sheets."""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from catalog.engine.encodings import propose_encoding
from catalog.engine.file_plan import UnableToReadFile, Wishes, propose
from catalog.engine.file_rows import read_blocks

TEXT = "机构名称,编号,床位,开业日期,占比\n杜湖养老院,0012,80,2019/3/1,12.5%\n鸣鹤敬老院,0013,45,2008年10月12日,7%\n"


def keep(folder: Path, content: bytes, name: str = "表.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path, **wishes: Any) -> tuple[list[tuple[Any, ...]], list[str]]:
    plan = propose(path, Wishes(**wishes))
    blocks = list(read_blocks(path, plan))
    return [row for b in blocks for row in b.frame.drop("line").rows()], [
        f.message for b in blocks for f in b.faults
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_usual_encoding_gives_the_same_rows(tmp_path: Path, encoding: str) -> None:
    found, faults = rows(keep(tmp_path, TEXT.encode(encoding)))
    assert found[0] == ("杜湖养老院", "0012", "80", "2019-03-01", "12.5")
    assert faults == []


def test_a_column_with_leading_zeros_stays_text(tmp_path: Path) -> None:
    plan = propose(keep(tmp_path, TEXT.encode()))
    assert [(c.title, c.type) for c in plan.columns] == [
        ("机构名称", "text"), ("编号", "text"), ("床位", "integer"), ("开业日期", "date"), ("占比", "number"),
    ]  # fmt: skip
    assert "前导零" in plan.columns[1].hint
    assert plan.columns[4].unit == "%"


def test_the_byte_order_mark_is_no_part_of_the_first_title(tmp_path: Path) -> None:
    assert propose(keep(tmp_path, TEXT.encode("utf-8-sig"))).columns[0].title == "机构名称"


def test_bytes_that_prove_nothing_ask_the_publisher() -> None:
    proposal = propose_encoding("名称,1\n".encode("gb18030")[:4])
    assert not proposal.is_sure
    assert {"big5", "gb18030"} <= {c.name for c in proposal.candidates}


def test_the_publishers_word_decides_the_encoding(tmp_path: Path) -> None:
    path = keep(tmp_path, "code,n\n啊,1\n".encode("gb18030"))
    assert "encoding" in propose(path).questions
    assert rows(path, encoding="gb18030")[0] == [("啊", "1")]
    assert rows(path, encoding="big5")[0] == [("陛", "1")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    assert propose(keep(tmp_path, TEXT.replace(",", delimiter).encode())).delimiter == delimiter


def test_notes_above_and_totals_below_are_no_rows(tmp_path: Path) -> None:
    text = f"慈溪市养老机构统计表\n填报单位：民政局,,,,\n{TEXT}合计,,125,,\n注：数据截至年末,,,,\n"
    path = keep(tmp_path, text.encode())
    plan = propose(path)
    assert plan.header_line == 3
    assert plan.notes_above[0] == "慈溪市养老机构统计表"
    assert len(rows(path)[0]) == 2


def test_a_fault_names_row_and_column_and_the_row_is_left_out(tmp_path: Path) -> None:
    body = "".join(f"院{n},{n}\n" for n in range(1, 30))
    path = keep(tmp_path, f"名称,床位\n{body}坏院,很多\n".encode())
    plan = propose(path)
    assert plan.columns[1].type == "text"
    assert "29" not in plan.columns[1].hint and "很多" in plan.columns[1].hint
    from dataclasses import replace

    typed = replace(plan, columns=(plan.columns[0], replace(plan.columns[1], type="integer")))
    blocks = list(read_blocks(path, typed))
    assert [f.message for b in blocks for f in b.faults] == ["第 31 行“床位”：“很多”不是整数。"]
    assert sum(b.frame.height for b in blocks) == 29


def test_spellings_of_nothing_are_nothing(tmp_path: Path) -> None:
    found, faults = rows(keep(tmp_path, "名称,数量\n甲,NULL\n乙,-\n丙,3\n".encode()))
    assert [row[1] for row in found] == [None, None, "3"]
    assert faults == []


def test_a_date_that_does_not_exist_keeps_the_column_text(tmp_path: Path) -> None:
    plan = propose(keep(tmp_path, "名称,日期\n甲,2025-02-30\n乙,2025-02-03\n".encode()))
    assert (plan.columns[1].type, plan.columns[1].hint) == ("text", "有不存在的日期")


def test_quoted_cells_hold_delimiters_and_newlines(tmp_path: Path) -> None:
    found, _ = rows(keep(tmp_path, '名称,说明\n甲,"一,二\n三"\n乙,"他说""好"""\n'.encode()))
    assert found == [("甲", "一,二\n三"), ("乙", '他说"好"')]


def test_a_workbook_offers_its_sheets_and_keeps_numbers_as_text(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, start in (("一季度", 1), ("二季度", 5)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["编号", "数量"])
            sheet.write_row(1, 0, [f"000{start}", start])
        book.add_worksheet("空表")
    plan = propose(path)
    assert (plan.sheet, plan.sheets) == ("一季度", ("一季度", "二季度"))
    found, _ = rows(path, sheet="二季度")
    assert found == [("0005", "5")]


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "空"), (b"\xd0\xcf\x11\xe0abc", "XLS"), (b"PK\x03\x04garbage", "损坏")]
)
def test_what_is_no_table_is_refused_with_a_remedy(tmp_path: Path, content: bytes, word: str) -> None:
    with pytest.raises(UnableToReadFile, match=word):
        propose(keep(tmp_path, content))
