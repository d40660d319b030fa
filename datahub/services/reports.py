"""The reject report of a batch, made anew from the kept file each time it is asked for."""

import tempfile
from pathlib import Path
from typing import IO

import polars as pl

import audit
from datahub import policies
from datahub.contracts import REJECTION_SCHEMA
from datahub.engine.definitions import get_item
from datahub.engine.reader import UnableToReadDelivery, open_delivery
from datahub.engine.reject_report import write_reject_report
from datahub.models import Batch, RejectedRow
from foundation import files

REPORT_COLUMNS = ("line", "column", "code", "message")


class UnableToWriteReport(ValueError):
    """There is no report to hand out; the text is for the person who asked."""


def reject_report(batch: Batch, *, origin: audit.Origin) -> IO[bytes]:
    """An open XLSX of the rejected rows, deleted when closed. Logged: it holds the unit's own data.

    Raises :class:`UnableToWriteReport` when nothing was rejected or the kept file cannot be read.
    """
    if not policies.has_report(batch):
        raise UnableToWriteReport("该批次没有退回的行，无需下载退回报告。")
    out = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the answer closes it
    try:
        with files.store().open(batch.file_digest) as kept:
            delivery = open_delivery(Path(kept.name), get_item(batch.item_code))
            rows = write_reject_report(delivery, _rejections(batch), Path(out.name))
    except (files.UnableToReadFile, UnableToReadDelivery) as error:
        out.close()
        raise UnableToWriteReport(f"退回报告未能生成：{error}") from error
    audit.record(
        "datahub.report.downloaded", origin=origin, target=f"batch:{batch.pk}", detail={"rows": rows}
    )
    return out


def _rejections(batch: Batch) -> pl.DataFrame:
    rows = RejectedRow.objects.filter(batch=batch).order_by("line", "id").values_list(*REPORT_COLUMNS)
    frame = pl.DataFrame(
        list(rows), schema={name: REJECTION_SCHEMA[name] for name in REPORT_COLUMNS}, orient="row"
    )
    return frame.with_columns(value_shown=pl.lit(""))
