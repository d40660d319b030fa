"""The opening attribute of a dataset and of a field: with its reason code and the day it is looked at again."""

from datetime import date, datetime

from django.utils import timezone

import audit
from accounts.models import User
from audit import Origin
from catalog.engine.gate import DatasetFacts, check
from catalog.models import Dataset, ResourceField
from catalog.policies import STRICTNESS
from catalog.selectors.visibility import works_on
from catalog.vocabulary import Opening, State


class UnableToSetOpening(ValueError):
    """The attribute is refused; the text says why."""


def set_opening(
    actor: User,
    dataset: Dataset,
    *,
    opening: str,
    opening_reason: str = "",
    opening_review_on: date | None = None,
    category: str = "",
    now: datetime,
    origin: Origin,
) -> Dataset:
    """Set it on a draft; of a published dataset it can only become stricter, which works at once.

    Raises :class:`UnableToSetOpening`.
    """
    detail = {"before": dataset.opening, "after": opening, "reason": opening_reason}
    with audit.action("catalog.opening.set", origin=origin, target=f"dataset:{dataset.name}", detail=detail):
        _require(actor, dataset, dataset.opening, opening)
        reason = "" if opening == Opening.OPEN else opening_reason
        facts = DatasetFacts(opening, reason, opening_review_on, timezone.localdate(now), ())
        if problems := [finding.message for finding in check(facts)]:
            raise UnableToSetOpening("".join(problems))
        dataset.opening, dataset.opening_reason = opening, reason
        dataset.opening_review_on = None if opening == Opening.OPEN else opening_review_on
        dataset.category, dataset.modified_at = category.strip(), now
        dataset.save(
            update_fields=["opening", "opening_reason", "opening_review_on", "category", "modified_at"]
        )
        return dataset


def set_field_opening(
    actor: User, field: ResourceField, opening: str, *, now: datetime, origin: Origin
) -> ResourceField:
    """The same for one field. Raises :class:`UnableToSetOpening`."""
    dataset = field.resource.dataset
    detail = {"field": field.code, "before": field.opening, "after": opening}
    with audit.action("catalog.opening.set", origin=origin, target=f"dataset:{dataset.name}", detail=detail):
        _require(actor, dataset, field.opening, opening)
        field.opening = opening
        field.save(update_fields=["opening"])
        return field


def _require(actor: User, dataset: Dataset, before: str, after: str) -> None:
    if not works_on(actor, dataset):
        raise UnableToSetOpening("只能设置本部门数据的开放属性。")
    if after not in Opening.values:
        raise UnableToSetOpening("请选择开放属性。")
    stricter = STRICTNESS[Opening(after)] >= STRICTNESS[Opening(before)]
    if dataset.state != State.DRAFT and not (dataset.state == State.PUBLISHED and stricter):
        raise UnableToSetOpening("审核中的数据集不能改；已发布的只能改得更严，放宽须发起修订。")
