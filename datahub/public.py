"""The front door of the data hub: what the floors above may ask. Contracts and frames out, no models."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import polars as pl
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet
from django.utils import timezone

from datahub import frames
from datahub.contracts import CATEGORY_LABELS, Category, Grade, ItemDefinition, Kind, Supply
from datahub.engine.definitions import get_item, get_item_by_number, list_departments, list_items
from datahub.engine.divisions import DIVISIONS, STREETS_AND_TOWNS, division_name
from datahub.engine.identifiers import uscc_problem
from datahub.engine.industry import SECTIONS
from datahub.models import Batch, BatchState, Change, Enterprise, FormerName, Record, TouchedEnterprise
from datahub.models.enterprise import EntityKind, EntitySize, EntityState
from datahub.selectors.facts import Fact, FactField, ReadingRight, list_facts

SHARDS = Record.PARTITIONS
_BLOCK = 2000
ENTITY_KINDS: dict[str, str] = dict(EntityKind.choices)
ENTITY_STATES: dict[str, str] = dict(EntityState.choices)
ENTITY_SIZES: dict[str, str] = dict(EntitySize.choices)
INDUSTRY_SECTIONS: dict[str, str] = {letter: section[2] for letter, section in SECTIONS.items()}

__all__ = [
    "CATEGORY_LABELS",
    "DIVISIONS",
    "ENTITY_KINDS",
    "ENTITY_SIZES",
    "ENTITY_STATES",
    "INDUSTRY_SECTIONS",
    "SHARDS",
    "STREETS_AND_TOWNS",
    "Category",
    "ChangeNews",
    "EnterpriseCard",
    "Fact",
    "FactField",
    "Grade",
    "ItemDefinition",
    "Kind",
    "ReadingRight",
    "Supply",
    "UnknownEnterprise",
    "delivered_items",
    "division_name",
    "enterprise_cards",
    "enterprise_count",
    "find_enterprise",
    "get_enterprise",
    "get_item",
    "get_item_by_number",
    "item_rows",
    "last_change",
    "list_changes_after",
    "list_departments",
    "list_facts",
    "list_items",
    "news_since",
    "scoring_frames",
    "touched_by",
    "uscc_problem",
]


class UnknownEnterprise(LookupError):
    """No registered enterprise has that code."""


@dataclass(frozen=True)
class EnterpriseCard:
    """Who an enterprise is, as the register says."""

    id: int
    code: str
    register_no: str
    name: str
    kind: str
    kind_label: str
    state: str
    state_label: str
    town_code: str
    town: str
    industry_section: str
    industry_code: str
    size: str
    size_label: str
    legal_person: str
    established_on: date | None
    capital_yuan: float | None
    former_names: tuple[str, ...]


@dataclass(frozen=True)
class ChangeNews:
    """A change of the store that something above may have to follow."""

    id: int
    at: datetime
    batch_id: int
    touched: int


def find_enterprise(code: str) -> EnterpriseCard | None:
    """The registered enterprise of that credit code, or None. One query."""
    found = _with_names().filter(code=code, is_registered=True).first()
    return _card(found) if found else None


def get_enterprise(code: str) -> EnterpriseCard:
    """Like :func:`find_enterprise`; raises :class:`UnknownEnterprise`."""
    card = find_enterprise(code)
    if card is None:
        raise UnknownEnterprise(code)
    return card


def enterprise_cards(ids: Iterable[int]) -> dict[int, EnterpriseCard]:
    """Cards by id; one query whatever the number."""
    rows = _with_names().filter(pk__in=list(ids))
    return {row.pk: _card(row) for row in rows}


def _with_names() -> QuerySet[Enterprise]:
    names = FormerName.objects.filter(enterprise=OuterRef("pk")).order_by("-until", "name").values("name")
    return Enterprise.objects.annotate(names=ArraySubquery(names))


def _card(row: Any) -> EnterpriseCard:
    return EnterpriseCard(
        id=row.pk, code=row.code, register_no=row.register_no, name=row.name,
        kind=row.kind, kind_label=row.get_kind_display(), state=row.state, state_label=row.get_state_display(),
        town_code=row.town_code, town=division_name(row.town_code), industry_section=row.industry_section,
        industry_code=row.industry_code, size=row.size, size_label=row.get_size_display() or "未划型",
        legal_person=row.legal_person, established_on=row.established_on,
        capital_yuan=float(row.capital_yuan) if row.capital_yuan is not None else None,
        former_names=tuple(row.names),
    )  # fmt: skip


def enterprise_count() -> int:
    """How many enterprises are registered."""
    return Enterprise.objects.filter(is_registered=True).count()


def last_change(at_or_before: datetime | None = None) -> ChangeNews | None:
    """The latest change of the store, or the latest at or before an instant."""
    changes = Change.objects.order_by("-id")
    if at_or_before is not None:
        changes = changes.filter(at__lte=at_or_before)
    row = changes.first()
    return ChangeNews(row.pk, row.at, row.batch_id, row.touched) if row else None


def list_changes_after(change_id: int, limit: int = 1000) -> list[ChangeNews]:
    """Changes with a higher number, oldest first."""
    rows = Change.objects.filter(pk__gt=change_id).order_by("pk")[:limit]
    return [ChangeNews(row.pk, row.at, row.batch_id, row.touched) for row in rows]


def news_since(ids: Iterable[int], at: datetime) -> dict[int, int]:
    """How many changes touched each of these enterprises since an instant; those without are absent."""
    rows = TouchedEnterprise.objects.filter(enterprise_id__in=list(ids), change__at__gte=at)
    return dict(rows.order_by().values_list("enterprise_id").annotate(n=Count("change_id")))


def touched_by(change_ids: Sequence[int]) -> list[int]:
    """Ids of the enterprises whose facts those changes altered, ascending."""
    rows = TouchedEnterprise.objects.filter(change_id__in=change_ids)
    return list(rows.values_list("enterprise_id", flat=True).distinct().order_by("enterprise_id"))


def delivered_items(known_at: datetime) -> frozenset[str]:
    """Items of which some batch was promoted by then and not withdrawn by then: what the units supply."""
    batches = Batch.objects.filter(promoted_at__lte=known_at).exclude(
        state=BatchState.WITHDRAWN, withdrawn_at__lte=known_at
    )
    return frozenset(batches.order_by().values_list("item_code", flat=True).distinct())


def item_rows(code: str, known_at: datetime) -> Iterator[dict[str, Any]]:
    """Records of an item known at an instant, in the order they came, by field code with canonical values.

    The enterprise's code and name stand under the item's subject fields. Facts that were repaired are left out: they
    are no longer held against anybody. Raises KeyError for an unknown item. Read in blocks, at constant memory.
    """
    item = get_item(code)
    known = Record.objects.filter(
        Q(superseded_at__isnull=True) | Q(superseded_at__gt=known_at),
        Q(repaired_on__isnull=True) | Q(repaired_on__gt=timezone.localdate(known_at)),
        item_id=item.number,
        received_at__lte=known_at,
    )
    found = known.order_by("id").values_list("enterprise_id", "payload").iterator(chunk_size=_BLOCK)
    while block := list(islice(found, _BLOCK)):
        owners = {
            pk: {item.subject.code: owner, item.subject.name: name}
            for pk, owner, name in Enterprise.objects.filter(pk__in={pk for pk, _ in block}).values_list(
                "pk", "code", "name"
            )
        }
        yield from (owners.get(pk, {}) | payload for pk, payload in block)


def scoring_frames(
    items: Iterable[str],
    known_at: datetime,
    *,
    shards: Sequence[int] | None = None,
    enterprise_ids: Sequence[int] | None = None,
) -> tuple[pl.DataFrame, Mapping[str, pl.DataFrame]]:
    """Entities and facts known at an instant, of some shards (0 to 15) or of the given enterprises.

    Returns the entities frame (enterprise_id, kind, state, section, industry (two digits), size,
    town_code, established_on, registered_capital_yuan), ascending, and per item code a frame
    (enterprise_id, record_id, event_date, valid_from, valid_to, released_on, repaired_on, level,
    n1…n10). Items without facts are absent.
    """
    numbers = {get_item(code).number: code for code in items}
    return frames.read(numbers, known_at, shards=shards, enterprise_ids=enterprise_ids)
