"""What is not supplied: who was asked, when, and the answer. Read from the definitions."""

from dataclasses import dataclass

from datahub.contracts import Department, Gap, ItemDefinition, Supply
from datahub.engine.definitions import list_departments, list_items
from datahub.models import Batch, BatchState


@dataclass(frozen=True)
class OpenGap:
    """An item without supply; ``delivered`` if files came nevertheless (an interface being tried)."""

    department: Department
    item: ItemDefinition
    gap: Gap
    delivered: bool


def list_gaps() -> list[OpenGap]:
    """Every item without supply in order of department; one query."""
    departments = {department.code: department for department in list_departments()}
    items = [item for item in list_items() if item.supply is Supply.NONE]
    delivered = set(
        Batch.objects.filter(state=BatchState.PROMOTED, item_code__in=[item.code for item in items])
        .order_by()
        .values_list("item_code", flat=True)
        .distinct()
    )
    return [
        OpenGap(departments[item.department_code], item, item.gap, item.code in delivered)
        for item in items
        if item.gap is not None
    ]
