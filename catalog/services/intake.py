"""Files become tables: kept first, a plan proposed, confirmed, and then every row taken or named."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import audit
from catalog import row_store
from catalog.engine.columns import SQL_TYPES, Column
from catalog.engine.file_plan import FilePlan, PlannedColumn, UnableToReadFile, Wishes, propose
from catalog.engine.file_rows import Fault, read_blocks
from catalog.models import Intake, IntakeState, Release, Resource, ResourceKind
from catalog.services.draft_rows import is_code
from catalog.services.drafts import format_of, save_fields
from catalog.services.inheritance import inherited, known_codes
from catalog.services.publish_tables import seal_release, start_release
from catalog.vocabulary import State
from foundation import files

MOST_BYTES = 512 * 1024**2
KEPT_FAULTS = 200
TABLE_ENDINGS = frozenset({"CSV", "TSV", "TXT", "XLSX"})
# What may be offered as a file besides tables; nothing a browser would run.
FILE_TYPES = {
    "PDF": "application/pdf", "JSON": "application/json", "GEOJSON": "application/geo+json", "ZIP": "application/zip",
    "XML": "application/xml", "DOCX": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "PNG": "image/png", "JPG": "image/jpeg", "TIF": "image/tiff", "KML": "application/vnd.google-earth.kml+xml",
    "CSV": "text/csv", "TSV": "text/tab-separated-values", "TXT": "text/plain",
    "XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


class UnableToTakeFile(ValueError):
    """The file is not taken; the text is for the publisher."""


def take_upload(
    resource: Resource, stream: Any, name: str, *, editor: Any, now: datetime, origin: audit.Origin
) -> Intake:
    """A file that comes with a call: read at once where nothing must be asked, else left to be confirmed.

    A file that is no table is offered as it is. Raises :class:`UnableToTakeFile`.
    """
    intake = receive_file(resource, stream, name, editor=editor, now=now, origin=origin)
    if intake.state == IntakeState.PROPOSED and not intake.plan.get("questions"):
        take_rows(intake, now=now, origin=origin)
    return intake


def receive_file(
    resource: Resource, stream: Any, name: str, *, editor: Any, now: datetime, origin: audit.Origin
) -> Intake:
    """Keep the bytes and propose how to read them. Raises :class:`UnableToTakeFile`."""
    shown = safe_name(name)
    kind = format_of(shown)
    if kind not in FILE_TYPES:
        raise UnableToTakeFile(f"不接受 {kind or '无扩展名'} 文件，请上传 {'、'.join(FILE_TYPES)}。")
    try:
        stored = files.store().put(stream, limit_bytes=MOST_BYTES)
    except files.UnableToStoreFile as error:
        raise UnableToTakeFile(str(error)) from error
    with audit.action(
        "catalog.file.received", origin=origin, target=f"dataset:{resource.dataset.name}"
    ) as entry:
        entry.detail |= {"file": shown, "sha256": stored.digest}
        intake = Intake(
            resource=resource, file_digest=stored.digest, file_name=shown, file_bytes=stored.size,
            created_by=editor, created_at=now,
        )  # fmt: skip
        resource.file_digest, resource.file_name, resource.file_bytes = stored.digest, shown, stored.size
        resource.mimetype, resource.format = FILE_TYPES[kind], kind
        resource.modified_at = now
        if kind in TABLE_ENDINGS:
            _propose_into(intake, Wishes(known_codes=known_codes()))
        else:
            _refuse_active_content(stored.digest)
            intake.state, resource.kind = IntakeState.TAKEN, ResourceKind.FILE
        resource.save()
        intake.save()
    return intake


def propose_again(intake: Intake, wishes: Wishes) -> Intake:
    """Another look at the file with what the publisher said."""
    _propose_into(intake, replace(wishes, known_codes=known_codes()))
    intake.save()
    return intake


def confirm_columns(intake: Intake, chosen: Mapping[int, Mapping[str, str]]) -> Intake:
    """Titles, codes and types as the publisher settled them, by place; ``type`` empty leaves a column out.

    Raises :class:`UnableToTakeFile`.
    """
    plan = FilePlan.from_dict(intake.plan)
    columns: list[PlannedColumn] = []
    for column in plan.columns:
        told = chosen.get(column.place, {})
        kind = told.get("type", column.type)
        if not kind:
            continue
        code, title = told.get("code", column.code).strip(), told.get("title", column.title).strip()
        if kind not in SQL_TYPES:
            raise UnableToTakeFile(f"“{column.title}”的类型不受支持。")
        if not is_code(code) or not title or len(title) > 200:
            raise UnableToTakeFile(f"“{column.title}”的字段代码或名称不可用。")
        if code in {one.code for one in columns}:
            raise UnableToTakeFile(f"字段代码“{code}”重复。")
        columns.append(replace(column, code=code, title=title, type=kind))
    if not columns:
        raise UnableToTakeFile("至少保留一列。")
    intake.plan = replace(plan, columns=tuple(columns), questions=()).as_dict()
    intake.save(update_fields=["plan"])
    return intake


def take_rows(intake: Intake, *, now: datetime, origin: audit.Origin) -> Release:
    """Read the whole file as planned into a new sealed release. Rows with a fault are left out and named."""
    plan = FilePlan.from_dict(intake.plan)
    if plan.questions:
        raise UnableToTakeFile("请先选定文件编码。")
    resource = intake.resource
    if resource.dataset.state != State.DRAFT:
        raise UnableToTakeFile(f"数据集当前为“{resource.dataset.get_state_display()}”，只有草稿可以入表。")
    columns = tuple(Column(c.code, c.title, c.type, f"c{n}") for n, c in enumerate(plan.columns, start=1))
    faults: list[Fault] = []
    found = _Tally()
    with audit.action(
        "catalog.rows.taken", origin=origin, target=f"dataset:{resource.dataset.name}"
    ) as entry:
        release = start_release(resource, columns, now=now)
        with stored_file(intake.file_digest) as path:
            try:
                row_store.fill_from_text(release.pk, columns, _as_csv(path, plan, columns, faults, found))
            except UnableToReadFile as error:
                raise UnableToTakeFile(str(error)) from None
        if not found.rows:
            raise UnableToTakeFile(faults[0].message if faults else "文件中没有数据行。")
        release.row_count = found.rows
        save_fields(resource, columns, {c.code: _told_of(resource, c) for c in plan.columns})
        seal_release(release, columns, now=now)
        resource.kind = ResourceKind.TABLE
        resource.modified_at = now
        resource.save(update_fields=["kind", "modified_at"])
        intake.state, intake.taken_at = IntakeState.TAKEN, now
        intake.problem_count = found.faults
        intake.problems = [[f.line, f.column, f.message] for f in faults[:KEPT_FAULTS]]
        intake.save()
        entry.detail |= {"rows": found.rows, "faults": found.faults, "release": release.number}
    return release


class _Tally:
    rows = 0
    faults = 0


def _as_csv(
    path: Path, plan: FilePlan, columns: tuple[Column, ...], faults: list[Fault], found: _Tally
) -> Iterator[bytes]:
    """Blocks of the file as numbered CSV for COPY."""
    for block in read_blocks(path, plan):
        found.faults += len(block.faults)
        faults += block.faults[: KEPT_FAULTS - len(faults)] if len(faults) < KEPT_FAULTS else []
        frame = block.frame.drop("line").with_row_index("_id", offset=found.rows + 1)
        found.rows += frame.height
        if frame.height:
            yield frame.write_csv(include_header=False, null_value="").encode()


@contextmanager
def stored_file(digest: str) -> Iterator[Path]:
    """A kept file as a path to read from; the copy is gone afterwards."""
    with files.store().open(digest) as source, tempfile.NamedTemporaryFile() as copy:
        while piece := source.read(1 << 20):
            copy.write(piece)
        copy.flush()
        yield Path(copy.name)


def safe_name(name: str) -> str:
    """The last part of a name, without control characters, at most 200 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable() and c not in '<>:"|?*')[-200:].strip() or "data"


def _told_of(resource: Resource, column: PlannedColumn) -> dict[str, Any]:
    """What is known of a column; a new or renamed one inherits the grade of the data hub's field of that name."""
    told: dict[str, Any] = {"title": column.title, "unit": column.unit}
    known = resource.fields.filter(code=column.code).first()
    if known is None or known.title != column.title:
        told |= inherited(column.title)
    return told


def _propose_into(intake: Intake, wishes: Wishes) -> None:
    try:
        with stored_file(intake.file_digest) as path:
            plan = propose(path, wishes)
    except UnableToReadFile as error:
        raise UnableToTakeFile(str(error)) from None
    intake.plan, intake.state = plan.as_dict(), IntakeState.PROPOSED


def _refuse_active_content(digest: str) -> None:
    """A file offered as it is must not be a page or a drawing with script, whatever it is called."""
    with files.store().open(digest) as stream:
        head = stream.read(4096).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<svg", b"<script")) or b"<svg" in head[:512]:
        raise UnableToTakeFile("文件内容是网页或含脚本的图形，不予接受。")
