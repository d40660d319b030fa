"""Waiting rows find their enterprise when the register grows, or when a person says which it is."""

import unicodedata
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

import audit
from datahub import store
from datahub.engine.identifiers import normalise_identifier
from datahub.models import Batch, BatchState, ChangeKind, Enterprise, WaitingRow, WaitingState

_BY_CODE = """
UPDATE datahub_waitingrow w SET enterprise_id = e.id FROM datahub_enterprise e, datahub_batch b
WHERE w.state = 'unknown' AND w.code <> '' AND e.code = w.code AND e.is_registered
  AND b.id = w.batch_id AND b.state = 'promoted'
"""
# From the few names that wait to their bearers by the index, whatever the planner believes of either table.
_BY_NAME = """
UPDATE datahub_waitingrow w SET enterprise_id = one.id
FROM (SELECT name, min(bearer.id) AS id
      FROM (SELECT DISTINCT name FROM datahub_waitingrow WHERE state = 'unknown' AND code = '') waiting
      CROSS JOIN LATERAL (
        SELECT e.id FROM datahub_enterprise e WHERE e.name = waiting.name AND e.is_registered
        UNION SELECT f.enterprise_id FROM datahub_formername f WHERE f.name = waiting.name) bearer
      GROUP BY name HAVING count(*) = 1) one, datahub_batch b
WHERE w.state = 'unknown' AND w.code = '' AND w.name = one.name AND b.id = w.batch_id AND b.state = 'promoted'
"""


class UnableToMatchRow(ValueError):
    """A waiting row cannot be given to that enterprise; the text is for the person who asked."""


def enterprise_named(text: str) -> int:
    """Id of the one registered enterprise with this credit code, registration number, name or former name.

    Raises UnableToMatchRow when there is none or, for a name, several.
    """
    wanted = " ".join(unicodedata.normalize("NFKC", text).split())
    if not wanted:
        raise UnableToMatchRow("请输入统一社会信用代码或登记全称，再点击“确认匹配”。")
    registered = Enterprise.objects.filter(is_registered=True)
    code = normalise_identifier(text)
    # Names keep their full-width brackets, so the text as typed is asked for beside its plain form.
    spellings = {text.strip(), wanted, wanted.replace("(", "（").replace(")", "）")}
    found = list(
        registered.filter(
            Q(code=code) | Q(register_no=code) | Q(name__in=spellings) | Q(former_names__name__in=spellings)
        )
        .values_list("pk", flat=True)
        .distinct()[:2]
    )
    if not found:
        raise UnableToMatchRow(f"登记库中没有“{wanted[:60]}”。请核对统一社会信用代码或登记全称。")
    if len(found) > 1:
        raise UnableToMatchRow(f"“{wanted[:60]}”对应多户企业，请改用统一社会信用代码。")
    return found[0]


def match_waiting(cursor: Any, now: datetime) -> int:
    """Promote every waiting row whose enterprise is known by now; returns how many rows.

    Call inside a promotion, with its lock held: each batch concerned gets a change of its own.
    """
    cursor.execute("SELECT EXISTS (SELECT 1 FROM datahub_waitingrow WHERE state = 'unknown')")
    if not cursor.fetchone()[0]:
        return 0
    cursor.execute(_BY_CODE)
    cursor.execute("SELECT EXISTS (SELECT 1 FROM datahub_waitingrow WHERE state = 'unknown' AND code = '')")
    if cursor.fetchone()[0]:
        cursor.execute(_BY_NAME)
    cursor.execute(
        "SELECT batch_id, array_agg(id) FROM datahub_waitingrow "
        "WHERE state IN ('unknown', 'doubtful') AND enterprise_id IS NOT NULL GROUP BY batch_id ORDER BY batch_id"
    )
    return sum(_promote_rows(cursor, batch_id, ids, now) for batch_id, ids in cursor.fetchall())


def settle_row(row_id: int, enterprise_id: int, *, origin: audit.Origin, now: datetime) -> None:
    """A person says which enterprise a doubtful or unknown row is about."""
    with audit.action("datahub.match", origin=origin, target=f"enterprise:{enterprise_id}") as entry:
        row = WaitingRow.objects.select_for_update().select_related("batch").get(pk=row_id)
        if (
            row.state not in (WaitingState.UNKNOWN, WaitingState.DOUBTFUL)
            or row.batch.state != BatchState.PROMOTED
        ):
            raise UnableToMatchRow("该行已处理或所在批次已撤回，请刷新页面。")
        if not Enterprise.objects.filter(pk=enterprise_id).exists():
            raise UnableToMatchRow("所选企业不存在，请重新选择。")
        WaitingRow.objects.filter(pk=row_id).update(enterprise_id=enterprise_id)
        with connection.cursor() as cursor:
            store.lock_promotions(cursor)
            _promote_rows(cursor, row.batch_id, [row_id], now)
        entry.detail |= {"batch": row.batch_id, "line": row.line}


def _promote_rows(cursor: Any, batch_id: int, ids: list[int], now: datetime) -> int:
    batch = Batch.objects.get(pk=batch_id)
    store.make_stage(cursor)
    cursor.execute(
        f"INSERT INTO stage ({', '.join(store.STAGE_COLUMNS)}) "
        # two waiting rows of one fact: the first line speaks, as in the file
        f"SELECT DISTINCT ON (enterprise_id, natural_key) {', '.join(store.STAGE_COLUMNS)} "
        f"FROM datahub_waitingrow WHERE id = ANY(%s) ORDER BY enterprise_id, natural_key, line",
        [ids],
    )
    store.compare_stage(cursor, batch.item_number, fresh=False, batch_id=batch_id)
    mark = store.open_change(cursor, ChangeKind.MATCHED, batch_id)
    written = store.write_stage(cursor, mark, batch.item_number, batch_id, fresh=False)
    store.close_change(cursor, mark)
    batch.rows_waiting -= len(ids)
    batch.rows_promoted += written.promoted
    batch.rows_unchanged += len(ids) - written.promoted
    batch.save(update_fields=["rows_waiting", "rows_promoted", "rows_unchanged"])
    cursor.execute(
        "UPDATE datahub_waitingrow SET state = 'matched', settled_at = %s WHERE id = ANY(%s)", [now, ids]
    )
    return len(ids)
