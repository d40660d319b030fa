"""Files as departments send them: each gives the right rows, or a refusal that says what to do."""

import datetime as dt
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from catalog.engine import book as book_engine
from catalog.engine.file_plan import UnableToReadFile, Wishes, propose
from catalog.engine.file_rows import read_blocks


def read(path: Path, **wished: object) -> tuple[list[tuple[str | None, ...]], list[str]]:
    plan = propose(path, Wishes(**wished))  # type: ignore[arg-type]
    blocks = list(read_blocks(path, plan))
    return [row[1:] for b in blocks for row in b.frame.rows()], [f.message for b in blocks for f in b.faults]


def file_of(folder: Path, content: bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def book_of(folder: Path, fill: object) -> Path:
    path = folder / "data.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book)  # type: ignore[operator]
    return path


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("编号,名称\n001,甲\n".encode("utf-16"), [("001", "甲")]),
        ("编号,名称\n001,甲\n".encode("utf-16-le"), [("001", "甲")]),
        ("编号,名称\n001,𠮷野㐂\n".encode("gb18030"), [("001", "𠮷野㐂")]),
        ("編號,名稱\n001,臺北市\n002,高雄市政府\n".encode("big5"), [("001", "臺北市"), ("002", "高雄市政府")]),
        ("编号;名称\n001;甲,乙\n".encode(), [("001", "甲,乙")]),
        ("编号\t名称\n001\t甲\n".encode(), [("001", "甲")]),
        ('编号,名称\n001,"两\n行"\n'.encode(), [("001", "两\n行")]),
        ("某表\n单位：万元\n\n编号,名称\n001,甲\n合计,1\n".encode(), [("001", "甲")]),
        ("名称,说明\n=cmd|calc,@x\n".encode(), [("=cmd|calc", "@x")]),
        ("编号,数\na,1e400\nb,2\n".encode(), [("a", "1e400"), ("b", "2")]),
    ],
    ids=["utf-16", "utf-16 unmarked", "four bytes", "big5", "semicolons", "tabs", "line break", "notes", "formulas", "huge"],
)  # fmt: skip
def test_rows_come_out_as_they_were_meant(
    tmp_path: Path, content: bytes, rows: list[tuple[str, ...]]
) -> None:
    assert read(file_of(tmp_path, content)) == (rows, [])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空的"), (bytes(range(256)) * 40, "不是文本表格"), (b"a,b\n1,\x002\n", "不是文本表格"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "旧版 XLS"), (b"PK\x03\x04 nothing", "损坏"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", "列数超过 500"),
    ],
    ids=["empty", "binary", "zero byte", "page", "old workbook", "broken workbook", "ten thousand columns"],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(UnableToReadFile, match=told):
        read(file_of(tmp_path, content))


def test_faults_name_row_and_column(tmp_path: Path) -> None:
    content = "编号,数量\n" + "".join(f"{n},{n}\n" for n in range(1, 60)) + '60,许多\n61,1,2\n62,"3\n'
    path = file_of(tmp_path, content.encode())
    plan = propose(path)
    chosen = replace(plan, columns=tuple(replace(c, type="integer") for c in plan.columns))
    blocks = list(read_blocks(path, chosen))
    assert sum(b.frame.height for b in blocks) == 59
    assert sorted(f.message for b in blocks for f in b.faults) == [
        "第 61 行“数量”：“许多”不是整数。",
        "第 62 行：应有 2 列，实有 3 列，请检查分隔符与引号。",
        "第 63 行：英文双引号不成对，请补齐或删去。",
    ]


def test_a_merged_heading_of_two_rows_is_one(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("数据")
        sheet.merge_range(0, 0, 0, 2, "慈溪市统计表")
        sheet.merge_range(1, 0, 2, 0, "编号")
        sheet.merge_range(1, 1, 1, 2, "金额")
        sheet.write_row(2, 1, ["上年", "本年"])
        sheet.write_row(3, 0, ["001", 1.5, 2])

    path = book_of(tmp_path, fill)
    assert [c.title for c in propose(path).columns] == ["编号", "金额上年", "金额本年"]
    assert read(path) == ([("001", "1.5", "2")], [])


def test_the_sheet_with_a_table_is_taken_before_a_sheet_of_notes(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("说明").write(0, 0, "本表由某科填报")
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, ["编号", "日期"])
        sheet.write(1, 0, "001")
        sheet.write_datetime(1, 1, dt.datetime(2026, 3, 4), book.add_format({"num_format": "yyyy-mm-dd"}))

    path = book_of(tmp_path, fill)
    plan = propose(path)
    assert (plan.sheet, plan.sheets) == ("数据", ("说明", "数据"))
    assert read(path)[0][0][0] == "001"
    assert [c.title for c in propose(path, Wishes(sheet="说明")).columns] == ["本表由某科填报"]


def test_a_broken_formula_is_named_by_sheet_row_and_column_and_its_row_left_out(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("台账")
        sheet.write_row(1, 2, ["编号", "数量", "说明"])
        sheet.write_row(2, 2, ["001", 3, "甲"])
        sheet.write_row(3, 2, ["002"])
        sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")
        sheet.write_row(4, 2, ["003", 5])
        sheet.write_formula(4, 4, "=#REF!", None, "#REF!")
        sheet.write_formula(5, 3, "=NA()", None, "#N/A")
        sheet.write_row(6, 2, ["005", 6, ""])

    path = book_of(tmp_path, fill)
    plan = propose(path)
    assert [(c.title, c.type) for c in plan.columns] == [
        ("编号", "text"),
        ("数量", "integer"),
        ("说明", "text"),
    ]
    assert "有 2 处公式错误，首处在第 4 行（#DIV/0!）" in plan.columns[1].hint
    assert ("002", "#DIV/0!", "") in [cells for _, cells in plan.sample]
    rows, faults = read(path)
    assert rows == [("001", "3", "甲"), ("005", "6", None)]
    assert faults == [
        "工作表“台账”第 4 行“数量”（D4）：公式错误 #DIV/0!，请改正公式或改填数值。",
        "工作表“台账”第 6 行“数量”（D6）：公式错误 #N/A，请改正公式或改填数值。",
        "工作表“台账”第 5 行“说明”（E5）：公式错误 #REF!，请改正公式或改填数值。",
    ]


def test_a_time_of_day_does_not_become_a_day_of_1899(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("班次")
        sheet.write_row(0, 0, ["线路", "首班"])
        sheet.write(1, 0, "101路")
        sheet.write_datetime(1, 1, dt.time(5, 30), book.add_format({"num_format": "hh:mm"}))

    assert read(book_of(tmp_path, fill)) == ([("101路", "05:30:00")], [])


def test_zeros_that_only_the_cells_format_shows_are_kept(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("区划")
        zeros = book.add_format({"num_format": "000000"})
        sheet.write_row(1, 1, ["邮编", "数量"])
        sheet.write_number(2, 1, 15300, zeros)
        sheet.write_number(2, 2, 5)
        sheet.write_number(3, 1, 315300, zeros)
        sheet.write_number(3, 2, 6)

    path = book_of(tmp_path, fill)
    assert [c.type for c in propose(path).columns] == ["text", "integer"]
    assert read(path) == ([("015300", "5"), ("315300", "6")], [])


@pytest.mark.parametrize(
    ("text", "types", "rows", "hint"),
    [
        ("站点,首班\nA,05:30\n", ["text", "text"], [("A", "05:30")], ""),
        ("名称,日期\nA,2026/3/4\nB,2026年3月5日\nC,20260306\n", ["text", "date"],
         [("A", "2026-03-04"), ("B", "2026-03-05"), ("C", "2026-03-06")], "多种写法"),
        ("名称,日期\nA,31/12/2025\nB,01/02/2026\n", ["text", "text"],
         [("A", "31/12/2025"), ("B", "01/02/2026")], "先后不明"),
        ("身份证,名\n3.30282E+17,甲\n", ["text", "text"], [("3.30282E+17", "甲")], "科学计数法"),
        ("名称,金额,金额\nA,1,2\n", ["text", "integer", "integer"], [("A", "1", "2")], ""),
        ("甲,1,2\n乙,3,4\n", ["text", "integer", "integer"], [("甲", "1", "2"), ("乙", "3", "4")], ""),
        ("编号,名称,金额\n01,甲,3\n注：数据为初步统计\n", ["text", "text", "integer"], [("01", "甲", "3")], ""),
    ],
)  # fmt: skip
def test_spellings_that_mislead_are_read_as_people_mean_them(
    tmp_path: Path, text: str, types: list[str], rows: list[tuple[str]], hint: str
) -> None:
    path = file_of(tmp_path, text.encode())
    plan = propose(path)
    assert [c.type for c in plan.columns] == types
    assert read(path) == (rows, [])
    hints = [c.hint for c in plan.columns]
    assert any(hint in one for one in hints)
    assert hint or not any("前导零" in one for one in hints[1:])


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(book_engine, "MAX_UNPACKED", 2_000_000)
    with pytest.raises(UnableToReadFile, match="展开后超过"):
        propose(path)


def test_a_damaged_sheet_is_told_not_raised(tmp_path: Path) -> None:
    good = book_of(tmp_path, lambda book: book.add_worksheet("表").write_row(0, 0, ["a", "b"]))
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"</c>", b"") if "sheet1" in name else content)
    with pytest.raises(UnableToReadFile, match="损坏"):
        propose(bad)
