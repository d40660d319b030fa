"""Who hears what became of a batch: the deliverer by message, the reviewers by task."""

from datetime import datetime

from django.urls import reverse

from accounts.inbox import close_tasks, holders, notify, open_task
from accounts.roles import Role
from datahub.engine.definitions import get_item
from datahub.models import Batch, BatchState


def tell_about(batch_id: int, now: datetime) -> None:
    """Open or close the task of confirming, and tell the deliverer how the batch ended."""
    batch = Batch.objects.select_related("delivered_by").get(pk=batch_id)
    name = f"{get_item(batch.item_code).name}（{batch.period}）"
    url = reverse("datahub:batch", args=[batch.pk])
    key = f"datahub.confirm:{batch.pk}"
    if batch.state == BatchState.CHECKED:
        people = holders(Role.DATA_REVIEWER, scope_code=batch.department)
        if batch.delivered_by is not None:  # two pairs of eyes
            people = people.exclude(pk=batch.delivered_by.pk)
        title = f"请确认批次 {batch.pk}：{name}"
        open_task(
            people, key, title, text=f"该批次将终止 {batch.rows_ended:,} 条现有记录。", url=url, now=now
        )
    else:
        close_tasks(key, now)
    text = _outcome(batch)
    if batch.delivered_by is not None and text:
        title = f"批次 {batch.pk} {batch.get_state_display()}：{name}"
        notify([batch.delivered_by], title, text=text, url=url, now=now)


def _outcome(batch: Batch) -> str:
    """What the deliverer should know; '' when all rows went in and nothing is to be done."""
    if batch.state == BatchState.REJECTED:
        return batch.refusal
    if batch.state == BatchState.WITHDRAWN:
        return f"撤回原因：{batch.withdrawal_reason}"
    if batch.state == BatchState.PROMOTED and batch.rows_quarantined:
        return f"退回 {batch.rows_quarantined:,} 行，其余已入库；请下载退回报告，改正后重新报送。"
    return ""
