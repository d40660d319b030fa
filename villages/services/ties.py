"""A cadre declares who he is in the register and who his relatives are."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

import audit
from villages.access import villages_administered_by, villages_supervised_by
from villages.models import Resident, Tie


class UnableToDeclare(ValueError):
    """The declaration is refused; the text says why."""


def declare_tie(user: Any, resident_id: int, relation: str, *, now: datetime, origin: audit.Origin) -> Tie:
    """Declare a relation to a resident of a village one works for."""
    with audit.action("villages.tie.declared", origin=origin, target=f"resident:{resident_id}") as entry:
        entry.detail["relation"] = relation
        if relation not in Tie.Relation.values:
            raise UnableToDeclare("请选择关系。")
        own = villages_administered_by(user) | villages_supervised_by(user)
        resident = Resident.objects.filter(pk=resident_id, village__in=own).first()
        if resident is None:
            raise UnableToDeclare("没有找到这位村民。")
        try:
            with transaction.atomic():
                return Tie.objects.create(user=user, resident=resident, relation=relation, declared_at=now)
        except IntegrityError as error:
            raise UnableToDeclare("该关系已申报，或本人只能申报一位。") from error


def withdraw_tie(user: Any, tie_id: int, *, now: datetime, origin: audit.Origin) -> None:
    """Take back a mistaken declaration; the log keeps that it stood."""
    found = Tie.objects.filter(pk=tie_id, user=user).first()
    if found is None:
        raise UnableToDeclare("没有找到这项申报。")
    with audit.action("villages.tie.withdrawn", origin=origin, target=f"resident:{found.resident_id}"):
        found.delete()
