"""From a kept file to current facts: read, check, compare, write, in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection
from django.utils import timezone

import audit
from datahub import policies, store
from datahub.contracts import CheckedBlock, DeliveryMode, ItemDefinition, RawBlock
from datahub.engine.ahead import one_ahead
from datahub.engine.checks import check_block
from datahub.engine.completeness import count_cells
from datahub.engine.definitions import definition_hash, get_item
from datahub.engine.divisions import CITY_CODE
from datahub.engine.identifiers import normalise_identifier
from datahub.engine.kinds import normalise_names
from datahub.engine.reader import Delivery, UnableToReadDelivery, open_delivery
from datahub.models import Batch, BatchState, ChangeKind
from datahub.registration import ANNUAL, CHANGES, REGISTRATION
from datahub.services import register
from datahub.services.duplicates import DuplicateFinder, take_out
from datahub.services.matching import match_waiting
from datahub.services.subjects import SubjectFinder
from foundation import files

LARGEST_UNCONFIRMED_END_RATIO = 0.10
REJECTED_COLUMNS = ("batch_id", "line", '"column"', "code", "message")
WAITING_COLUMNS = ("batch_id", "state", "line", "code", "name", "item_id", *store.FACT_COLUMNS)

Report = Callable[[int, int], None]


class UnableToPromoteBatch(ValueError):
    """The batch is not in a state that can be promoted; the text is for the person who asked."""


@dataclass
class Tally:
    """Counts of one batch as they grow."""

    received: int = 0
    quarantined: int = 0
    waiting: int = 0
    duplicates: int = 0
    cells_expected: int = 0
    cells_filled: int = 0
    spared: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Outcome:
    """What became of the batch. ``change_id`` is None when nothing was written."""

    state: BatchState
    change_id: int | None
    touched: int


def process_batch(
    batch_id: int,
    *,
    origin: audit.Origin,
    now: datetime,
    confirmed: bool = False,
    report: Report | None = None,
) -> Outcome:
    """Check and promote a batch in state RECEIVED (or CHECKED, when it is ``confirmed``).

    A file that cannot be read at all ends as REJECTED with the reason; a full delivery that would end
    more than a tenth of the facts stays CHECKED until somebody confirms. Promoting a promoted batch
    again changes nothing. Raises :class:`UnableToPromoteBatch` for a withdrawn or rejected batch.
    """
    try:
        with audit.action("datahub.promote", origin=origin, target=f"batch:{batch_id}") as entry:
            batch = Batch.objects.select_for_update().get(pk=batch_id)
            if batch.state == BatchState.PROMOTED:
                return Outcome(BatchState.PROMOTED, None, 0)
            if batch.state not in (BatchState.RECEIVED, BatchState.CHECKED):
                raise UnableToPromoteBatch(f"批次已{batch.get_state_display()}，不能入库。请重新上传文件。")
            if confirmed and batch.state == BatchState.CHECKED:
                _require_other_eyes(batch, origin.actor_id)
            outcome = _Promotion(batch, now, confirmed, report, origin.actor_id).run()
            entry.detail |= {"state": batch.state, "received": batch.rows_received,
                             "promoted": batch.rows_promoted, "quarantined": batch.rows_quarantined,
                             "waiting": batch.rows_waiting, "ended": batch.rows_ended}  # fmt: skip
            return outcome
    except UnableToReadDelivery as error:
        return _reject(batch_id, str(error), origin, now)


def _require_other_eyes(batch: Batch, actor_id: int | None) -> None:
    if refusal := policies.refusal_to_confirm(batch, actor_id):
        raise UnableToPromoteBatch(refusal)


def _reject(batch_id: int, reason: str, origin: audit.Origin, now: datetime) -> Outcome:
    with audit.action(
        "datahub.reject", origin=origin, target=f"batch:{batch_id}", detail={"reason": reason[:400]}
    ):
        Batch.objects.filter(pk=batch_id).update(
            state=BatchState.REJECTED, refusal=reason[:400], checked_at=now
        )
    return Outcome(BatchState.REJECTED, None, 0)


class _Promotion:
    """One run over one file, inside the caller's transaction."""

    def __init__(
        self, batch: Batch, now: datetime, confirmed: bool, report: Report | None, actor_id: int | None
    ) -> None:
        self.batch, self.now, self.confirmed, self.report = batch, now, confirmed, report
        self.today = timezone.localdate(now)
        self.actor_id = actor_id
        self.item: ItemDefinition = get_item(batch.item_code)
        self.registers = batch.item_code == REGISTRATION
        self.fresh = False
        self.tally = Tally()
        self.cursor: Any = None

    def run(self) -> Outcome:
        with connection.cursor() as self.cursor:
            self.cursor.execute("DELETE FROM datahub_rejectedrow WHERE batch_id = %s", [self.batch.pk])
            self.cursor.execute("DELETE FROM datahub_waitingrow WHERE batch_id = %s", [self.batch.pk])
            store.make_stage(self.cursor)
            self._stage_file()
            store.lock_promotions(self.cursor)
            # Asked with the lock held: another first file of the item may have gone in meanwhile.
            self.fresh = not self._was_delivered()
            return self._promote()

    def _was_delivered(self) -> bool:
        return Batch.objects.filter(item_code=self.item.code, promoted_at__isnull=False).exists()

    # -- reading and checking: no lock is held yet ----------------------------------------------------

    def _stage_file(self) -> None:
        finder = None if self.registers else SubjectFinder(self.cursor)
        duplicates = DuplicateFinder()
        # The store checks the bytes against their digest before it hands them out.
        with files.store().open(self.batch.file_digest) as kept:
            delivery = open_delivery(Path(kept.name), self.item)
            self.batch.encoding, self.batch.header_line = delivery.encoding.name, delivery.header_line
            self.batch.encoding_reason = delivery.encoding.reason
            # While the database takes one block, the next is read and checked.
            for raw, checked in one_ahead(self._checked_blocks(delivery)):
                self._stage_block(raw, checked, finder, duplicates)
                if self.report:
                    self.report(self.tally.received, self.tally.quarantined)
        removed = take_out(self.cursor, duplicates.suspects())
        self.tally.duplicates = removed.height
        self._quarantine(
            removed.select(
                "line",
                column=pl.lit("整行"),
                code=pl.lit("DUPLICATE_ROW"),
                message=pl.format(
                    "与第 {} 行为同一记录，已保留前者；如内容不同请核对后保留一行。", pl.col("first")
                ),
            ),
            rows=removed.height,
        )

    def _checked_blocks(self, delivery: Delivery) -> Iterator[tuple[RawBlock, CheckedBlock]]:
        for raw in delivery.blocks():
            yield raw, check_block(self.item, raw.frame, today=self.today, units=delivery.units)

    def _stage_block(
        self, raw: RawBlock, checked: CheckedBlock, finder: SubjectFinder | None, duplicates: DuplicateFinder
    ) -> None:
        self.tally.received += raw.received
        expected, filled = count_cells(self.item, raw.frame)
        self.tally.cells_expected += expected
        self.tally.cells_filled += filled
        self._quarantine(raw.rejections, rows=raw.received - raw.frame.height)
        self._quarantine(checked.rejections, rows=checked.rejected)
        rows = checked.rows.with_columns(store.as_array_text("nums"))
        if finder is None:
            duplicates.add(rows, ("code", "natural_key"))
            rows = rows.with_columns(enterprise_id=pl.lit(None, pl.Int64))
        else:
            rows, waiting = finder.split(rows)
            self._park(waiting)
            if self.item.delivery.mode is DeliveryMode.FULL:
                self._spare(raw, checked.rejections, waiting, finder)
            duplicates.add(rows, ("enterprise_id", "natural_key"))
        store.copy_rows(self.cursor, "stage", store.STAGE_COLUMNS, rows.select(store.STAGE_COLUMNS))

    def _quarantine(self, rejections: pl.DataFrame, *, rows: int) -> None:
        self.tally.quarantined += rows
        frame = rejections.select(
            pl.lit(self.batch.pk), "line", pl.col("column").str.head(80), pl.col("code").str.head(40),
            pl.col("message").str.head(300),
        )  # fmt: skip
        store.copy_rows(self.cursor, "datahub_rejectedrow", REJECTED_COLUMNS, frame)

    def _park(self, waiting: pl.DataFrame) -> None:
        self.tally.waiting += waiting.height
        frame = waiting.select(
            pl.lit(self.batch.pk).alias("batch_id"), "state", "line", pl.col("code").fill_null(""),
            pl.col("name").fill_null("").str.head(200), pl.lit(self.item.number).alias("item_id"),
            *store.FACT_COLUMNS,
        )  # fmt: skip
        store.copy_rows(self.cursor, "datahub_waitingrow", WAITING_COLUMNS, frame)

    def _spare(
        self, raw: RawBlock, rejections: pl.DataFrame, waiting: pl.DataFrame, finder: SubjectFinder
    ) -> None:
        """A faulty or unmatched row is not a missing one: facts of whom it may be about must not end."""
        subject = self.item.subject
        faulty = raw.frame.filter(pl.col("line").is_in(rejections["line"].unique().implode()))
        names = waiting["name"].drop_nulls()
        if subject.code in faulty.columns and faulty.height:
            codes = [normalise_identifier(cell) for cell in faulty[subject.code].drop_nulls()]
            self.tally.spared.update(finder.ids_of_codes(pl.Series(codes, dtype=pl.String)))
        if subject.name in faulty.columns and faulty.height:
            names = names.append(normalise_names(faulty[subject.name]).drop_nulls())
        self.tally.spared.update(finder.ids_of_names(names))

    # -- writing: the lock is held to the commit ------------------------------------------------------

    def _promote(self) -> Outcome:
        batch, cursor = self.batch, self.cursor
        if self.registers:
            register.take_registrations(cursor, "SELECT code, payload, line FROM stage", self.now)
            cursor.execute(
                "UPDATE stage s SET enterprise_id = e.id FROM datahub_enterprise e WHERE e.code = s.code"
            )
            batch.findings = self._findings()
            batch.finding_count = sum(f["rows"] for f in batch.findings)
        store.compare_stage(cursor, self.item.number, fresh=self.fresh, batch_id=batch.pk)
        batch.checked_at = self.now
        batch.definition_hash = definition_hash(self.item)
        if self._must_be_confirmed():
            return self._leave_checked()
        mark = store.open_change(cursor, ChangeKind.PROMOTED, batch.pk)
        written = store.write_stage(cursor, mark, self.item.number, batch.pk, fresh=self.fresh)
        ended = 0
        if self.item.delivery.mode is DeliveryMode.FULL and not self.fresh:
            ended = store.end_vanished(cursor, mark, batch.pk, batch.file_date)
        self._count(written.promoted, written.unchanged, ended)
        batch.state, batch.promoted_at = BatchState.PROMOTED, mark.at
        if self.confirmed:
            batch.confirmed_by_id = self.actor_id
        batch.save()
        self._follow(mark)
        touched = store.close_change(cursor, mark)
        if self.registers or batch.rows_waiting:
            match_waiting(cursor, self.now)
        return Outcome(BatchState.PROMOTED, mark.id, touched)

    def _must_be_confirmed(self) -> bool:
        if self.item.delivery.mode is not DeliveryMode.FULL or self.fresh:
            return False
        self.cursor.execute("CREATE TEMP TABLE spared (enterprise_id integer) ON COMMIT DROP")
        spared = pl.DataFrame(
            {"enterprise_id": sorted(self.tally.spared)}, schema={"enterprise_id": pl.Int64}
        )
        store.copy_rows(self.cursor, "spared", ("enterprise_id",), spared)
        gone, current = store.find_vanished(self.cursor, self.item.number, self.batch.file_date)
        self.batch.rows_ended = gone
        too_many = current > 0 and gone / current > LARGEST_UNCONFIRMED_END_RATIO
        return too_many and not self.confirmed

    def _leave_checked(self) -> Outcome:
        self.cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE same) FROM stage LEFT JOIN diff USING (line)"
        )
        staged, unchanged = self.cursor.fetchone()
        self._count(staged - unchanged, unchanged, self.batch.rows_ended)
        self.batch.state = BatchState.CHECKED
        self.batch.save()
        return Outcome(BatchState.CHECKED, None, 0)

    def _count(self, promoted: int, unchanged: int, ended: int) -> None:
        batch = self.batch
        batch.rows_received, batch.rows_quarantined = self.tally.received, self.tally.quarantined
        batch.rows_waiting, batch.rows_ended = self.tally.waiting, ended
        batch.rows_promoted, batch.rows_unchanged = promoted, unchanged
        batch.rows_duplicate = self.tally.duplicates
        batch.cells_expected, batch.cells_filled = self.tally.cells_expected, self.tally.cells_filled

    def _follow(self, mark: store.ChangeMark) -> None:
        if self.item.code == CHANGES:
            register.take_former_names(self.cursor, mark.id, self.item.number)
        elif self.item.code in (ANNUAL, REGISTRATION):
            annual = get_item(ANNUAL)
            places = {name: annual.measures.index(name) + 1 for name in ("employees", "revenue", "assets")}
            register.refresh_sizes(self.cursor, mark.id, annual.number, places)

    def _findings(self) -> list[dict[str, Any]]:
        """What is odd about a registration file without being wrong."""
        elsewhere = f"COALESCE(payload->>'town_code', '') NOT LIKE '{CITY_CODE}%'"
        unclassified = "COALESCE(payload->>'industry_code', '') !~ '^[A-T]?[0-9]{2,4}$'"
        questions = {
            "TOWN_ELSEWHERE": ("住所不在慈溪市镇街范围内，已按“市外”入库", elsewhere),
            "INDUSTRY_UNKNOWN": ("行业代码缺失或不在国民经济行业分类内", unclassified),
        }
        found = []
        for code, (message, condition) in questions.items():
            self.cursor.execute(f"SELECT count(*), min(line) FROM stage WHERE {condition}")
            rows, line = self.cursor.fetchone()
            if rows:
                found.append({"code": code, "message": message, "rows": rows, "first_line": line})
        return found
