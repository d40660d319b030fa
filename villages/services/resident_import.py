"""Residents from XLSX: rows are matched with the register, what is doubtful is asked, nothing is guessed.

A row with a household number and a name that one resident bears is that resident; a phone that another name bears,
a name twice in one household, or a name known in another household are questions. Answered questions and clear
rows are then carried out in one transaction.
"""

import hashlib
import io
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import fastexcel
import xlsxwriter
from django.utils import timezone

import audit
from datahub.engine.sheet_cells import cell_name, formula_errors, padded_numbers
from foundation import keys
from villages.models import Resident, ResidentEvent, ResidentImport, Village
from villages.models.places import PHONE_CONTEXT

from .residents import household_of, pinyin_of
from .sign_in import UnableToSignIn, clean_phone

MOST_ROWS = 5000
MOST_BYTES = 10 * 1024 * 1024
HEADERS = {
    "户号": "household", "姓名": "name", "手机号": "phone", "手机": "phone", "电话": "phone", "联系电话": "phone",
    "出生年份": "birth_year", "出生日期": "birth_year", "性别": "gender", "住址": "address", "地址": "address",
    "户代表": "is_head", "户主": "is_head", "党员": "is_party_member",
}  # fmt: skip
YES = {"是", "√", "1", "1.0", "Y", "y", "户主", "党员", "true", "True"}


class UnableToImport(ValueError):
    """The file or the answers are refused; the text says why."""


@dataclass
class Row:
    """One line: what it says, what it is taken for (``new``, ``same``, ``ask``, ``bad``), and the question."""

    line: int
    household: str = ""
    name: str = ""
    phone: str = ""
    birth_year: int | None = None
    gender: str = ""
    address: str = ""
    is_head: bool = False
    is_party_member: bool = False
    kind: str = "new"
    note: str = ""
    resident: int | None = None
    candidates: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    """How many were added, corrected, left as they are, passed over."""

    added: int
    changed: int
    skipped: int


def blank_sheet() -> bytes:
    """An empty XLSX with the right head and one example."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("村民")
    bold = book.add_format({"bold": True})
    head = ["户号", "姓名", "手机号", "出生年份", "性别", "住址", "户代表", "党员"]
    sheet.write_row(0, 0, head, bold)
    sheet.write_row(1, 0, ["001", "张三（示例，请删除）", "13800000000", 1960, "男", "1 组 8 号", "是", ""])
    sheet.set_column(0, 7, 16)
    book.close()
    return out.getvalue()


def read_file(
    village: Village, content: bytes, file_name: str, user: Any, *, now: datetime, origin: audit.Origin
) -> ResidentImport:
    """Take a file in and match its rows. Raises :class:`UnableToImport` if it cannot be read."""
    rows = match_rows(village, parse(content, timezone.localdate(now).year))
    with audit.action(
        "villages.import.received", origin=origin, detail={"file": file_name, "rows": len(rows)}
    ):
        return ResidentImport.objects.create(
            village=village, file_name=file_name[:120], file_digest=hashlib.sha256(content).hexdigest(),
            rows=[asdict(_sealed(row)) for row in rows], by_user=user, at=now,
        )  # fmt: skip


def parse(content: bytes, this_year: int) -> list[Row]:
    """The rows of the first sheet by their heads, wherever among the first ten lines these stand."""
    if len(content) > MOST_BYTES:
        raise UnableToImport("文件超过 10 MB，请分批导入。")
    try:
        lines, broken = _cells(content)
    except Exception as error:  # the reader raises what its Rust library has; to the user all are one
        raise UnableToImport("文件无法读取，请使用 XLSX 格式，可先下载空表填写。") from error
    head_at, columns = _find_head(lines)
    rows = []
    for number, line in enumerate(lines[head_at + 1 :], head_at + 2):
        told = {name: line[at].strip() for name, at in columns.items()}
        errors = [broken[number, at] for at in columns.values() if (number, at) in broken]
        if any(told.values()) or errors:
            row = _row(number, told, this_year)
            if errors:
                row.kind, row.note = "bad", "；".join(errors)
            rows.append(row)
    if not rows:
        raise UnableToImport("表中没有数据行。")
    if len(rows) > MOST_ROWS:
        raise UnableToImport(f"一次最多导入 {MOST_ROWS} 行，请分批导入。")
    return rows


def _cells(content: bytes) -> tuple[list[list[str]], dict[tuple[int, int], str]]:
    """The first sheet's cells as text, and by (line, place) what is wrong with those whose formula broke.

    The reader hands broken formulas out as blanks; a household ``001`` may be a number shown with its zeros.
    """
    book = fastexcel.read_excel(content)
    name = book.sheet_names[0]
    loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    first = min((column.absolute_index for column in loaded.available_columns()), default=0)
    lines = [["" if cell is None else str(cell) for cell in line] for line in loaded.to_polars().rows()]
    for (line, column), digits in padded_numbers(io.BytesIO(content), name).items():
        place = column - first
        if line <= len(lines) and 0 <= place < len(lines[line - 1]) and lines[line - 1][place].isdecimal():
            lines[line - 1][place] = lines[line - 1][place].zfill(digits)
    broken = {
        (
            line,
            column - first,
        ): f"工作表“{name[:31]}”单元格 {cell_name(line, column)} 的公式出错（{text}），请改正后重新导入"
        for (line, column), text in formula_errors(io.BytesIO(content), name).items()
    }
    return lines, broken


def _find_head(lines: list[list[str]]) -> tuple[int, dict[str, int]]:
    for at, line in enumerate(lines[:10]):
        columns = {HEADERS[cell.strip()]: place for place, cell in enumerate(line) if cell.strip() in HEADERS}
        if {"household", "name"} <= set(columns):
            return at, columns
    raise UnableToImport("没有找到表头，至少应有“户号”和“姓名”两列。")


def _row(number: int, told: dict[str, str], this_year: int) -> Row:
    row = Row(
        number,
        told.get("household", "").removesuffix(".0"),
        told.get("name", ""),
        address=told.get("address", ""),
    )
    row.gender = {"男": "m", "女": "f"}.get(told.get("gender", ""), "")
    row.is_head, row.is_party_member = told.get("is_head", "") in YES, told.get("is_party_member", "") in YES
    problems = []
    if not 2 <= len(row.name) <= 40:
        problems.append("姓名应为 2 至 40 个字")
    if not row.household:
        problems.append("缺少户号")
    if year := told.get("birth_year", "")[:4]:
        if year.isdigit() and 1900 <= int(year) <= this_year:
            row.birth_year = int(year)
        else:
            problems.append(f"出生年份“{told['birth_year']}”有误")
    if phone := told.get("phone", "").removesuffix(".0"):
        try:
            row.phone = clean_phone(phone)
        except UnableToSignIn:
            problems.append("手机号应为 11 位")
    if problems:
        row.kind, row.note = "bad", "；".join(problems)
    return row


def match_rows(village: Village, rows: list[Row]) -> list[Row]:
    """Say of each row what it is; three queries whatever the number of rows."""
    known = list(Resident.objects.filter(village=village, status="active").select_related("household"))
    by_name: dict[str, list[Resident]] = {}
    by_phone: dict[str, list[Resident]] = {}
    for resident in known:
        by_name.setdefault(resident.name, []).append(resident)
        if resident.phone_index:
            by_phone.setdefault(resident.phone_index, []).append(resident)
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if row.kind != "bad":
            _match(row, by_name, by_phone, seen)
    return rows


def _match(
    row: Row,
    by_name: dict[str, list[Resident]],
    by_phone: dict[str, list[Resident]],
    seen: set[tuple[str, str]],
) -> None:
    key = (row.household, row.name)
    named = by_name.get(row.name, [])
    at_home = [r for r in named if r.household is not None and r.household.number == row.household]
    phone_of = by_phone.get(keys.blind_index(row.phone, context=PHONE_CONTEXT), []) if row.phone else []
    if key in seen:
        row.kind, row.note, row.candidates = "ask", "表内同户同名出现两次，是两个人吗", []
    elif len(at_home) == 1:
        row.kind, row.resident = "same", at_home[0].pk
    elif len(at_home) > 1:
        row.kind, row.note, row.candidates = "ask", "册内同户同名有多人，请选择", _told(at_home)
    elif named:
        row.kind, row.note, row.candidates = "ask", "册内有同名的人在别的户，是同一人吗", _told(named)
    elif [
        r
        for r in phone_of
        if r.name != row.name and (r.household is None or r.household.number != row.household)
    ]:
        row.kind, row.note, row.candidates = (
            "ask",
            "手机号已登记在另一户的别人名下，是同一人改名吗",
            _told(phone_of),
        )
    seen.add(key)


def _told(residents: list[Resident]) -> list[dict[str, Any]]:
    return [
        {
            "id": r.pk,
            "name": r.name,
            "household": r.household.number if r.household else "",
            "year": r.birth_year,
        }
        for r in residents
    ]


def carry_out(
    batch: ResidentImport, answers: dict[int, str], user: Any, *, now: datetime, origin: audit.Origin
) -> Imported:
    """Write the rows. ``answers``: line → resident id, ``new`` or ``skip`` for every doubtful row.

    Raises :class:`UnableToImport` while one is unanswered.
    """
    rows = [_opened(Row(**told)) for told in batch.rows]
    open_lines = [row.line for row in rows if row.kind == "ask" and row.line not in answers]
    if open_lines:
        raise UnableToImport(
            f"还有 {len(open_lines)} 行待确认：第 {'、'.join(map(str, open_lines[:10]))} 行。"
        )
    with audit.action("villages.import.done", origin=origin, target=f"import:{batch.pk}") as entry:
        locked = ResidentImport.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ResidentImport.State.OPEN:
            raise UnableToImport("这份名单已处理。")
        counts = {"added": 0, "changed": 0, "skipped": 0}
        for row in rows:
            counts[_write(locked.village, row, answers.get(row.line, ""), user, now)] += 1
        locked.state, locked.done_at = ResidentImport.State.DONE, now
        # The waiting rows held phones; they are in the register now.
        locked.rows = []
        locked.save()
        entry.detail |= counts
    return Imported(**counts)


def _write(village: Village, row: Row, answer: str, user: Any, now: datetime) -> str:
    if row.kind == "bad" or answer == "skip":
        return "skipped"
    target = row.resident if row.kind == "same" else int(answer) if answer.isdigit() else None
    allowed = {candidate["id"] for candidate in row.candidates} | {row.resident}
    resident = (
        Resident.objects.filter(pk=target, village=village).first() if target in allowed and target else None
    )
    today = timezone.localdate(now)
    household = household_of(village, row.household, row.address)
    if resident is None:
        resident = Resident(village=village, joined_on=today)
        kind = ResidentEvent.Kind.ADDED
    else:
        kind = ResidentEvent.Kind.CHANGED
        if not _differs(resident, row):
            return "skipped"
    resident.name, resident.pinyin, resident.household = row.name, pinyin_of(row.name), household
    resident.birth_year = row.birth_year or resident.birth_year
    resident.gender = row.gender or resident.gender
    resident.is_head, resident.is_party_member = row.is_head, row.is_party_member
    if row.phone:
        resident.put_phone(row.phone)
    resident.save()
    ResidentEvent.objects.create(
        resident=resident, kind=kind, on_date=today, note="表格导入", by_user=user, at=now
    )
    return "added" if kind == ResidentEvent.Kind.ADDED else "changed"


def _differs(resident: Resident, row: Row) -> bool:
    number = resident.household.number if resident.household else ""
    return (
        (resident.name, number) != (row.name, row.household)
        or (row.birth_year is not None and row.birth_year != resident.birth_year)
        or (row.gender not in ("", resident.gender))
        or (resident.is_head, resident.is_party_member) != (row.is_head, row.is_party_member)
        or bool(
            row.phone and resident.phone_index not in keys.blind_indexes(row.phone, context=PHONE_CONTEXT)
        )
        or bool(row.address and resident.household and resident.household.address != row.address)
    )


def _sealed(row: Row) -> Row:
    """Waiting rows lie in the database: their phones are encrypted there."""
    if row.phone:
        row.phone = keys.encrypt(row.phone, context=PHONE_CONTEXT)
    return row


def _opened(row: Row) -> Row:
    if row.phone:
        row.phone = keys.decrypt(row.phone, context=PHONE_CONTEXT)
    return row
