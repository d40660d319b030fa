"""What the state of a batch allows. Whether this user may ask at all is ``accounts.access``'s question."""

from datahub.models import Batch, BatchState

REPORTABLE = (BatchState.PROMOTED, BatchState.CHECKED, BatchState.WITHDRAWN)


def refusal_to_confirm(batch: Batch, user_id: int | None) -> str:
    """Why this person cannot confirm the batch now; '' if they can. Two pairs of eyes: never the deliverer."""
    if batch.state != BatchState.CHECKED:
        return f"该批次当前为“{batch.get_state_display()}”，无需确认。"
    if user_id is not None and batch.delivered_by_id == user_id:
        return "该批次由您本人报送，须由本部门其他审核员或数据中心确认。"
    return ""


def refusal_to_withdraw(batch: Batch) -> str:
    """Why the batch cannot be withdrawn now; '' if it can."""
    if batch.state in (BatchState.WITHDRAWN, BatchState.REJECTED):
        return f"该批次已{batch.get_state_display()[1:]}，无需撤回。"
    return ""


def has_report(batch: Batch) -> bool:
    """True if there are rejected rows to hand back."""
    return batch.state in REPORTABLE and batch.rows_quarantined > 0
