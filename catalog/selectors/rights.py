"""The one answer to "which columns may this reader have, now": every page, interface and dump asks here."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Agency
from accounts.roles import AgencyKind
from catalog.contracts import NO_RIGHT, FieldRight
from catalog.models import Grant, Resource, ResourceField
from catalog.policies import (
    grant_holds,
    is_grantable_field,
    is_open_to_public,
    is_public_field,
    never_leaves,
    way_allowed,
)
from catalog.vocabulary import Opening

from .visibility import works_on

CLOSED = "部分字段为受限开放，须申请并获得授权后使用。"
FORBIDDEN = "部分字段不予开放。"
WITH_BRANCHES = (AgencyKind.BANK, AgencyKind.FINANCIAL, AgencyKind.OUTSIDE)


def field_right(viewer: Any, resource: Resource, now: datetime, way: str | None = None) -> FieldRight:
    """Columns of ``resource`` that ``viewer`` (a user or an anonymous one) may read at ``now``.

    ``way``: ``interface`` or ``download`` when rows leave the portal, None for a look on a page. Public columns are
    everybody's; a grant of the viewer's agency or its head office adds its own; an L4 column is nobody's, nor is a
    forbidden one. Who works on an unpublished dataset sees its columns but those of L4. If ``grant_id`` is set, the
    caller must count the use with ``catalog.services.grants.use_grant`` before a row leaves. At most four queries.
    """
    dataset = resource.dataset
    fields = list(ResourceField.objects.filter(resource=resource).select_related("rule"))
    if not is_open_to_public(dataset):
        if not works_on(viewer, dataset):
            return NO_RIGHT
        return FieldRight(frozenset(f.code for f in fields if f.grade != "L4"), "")
    public = frozenset(f.code for f in fields if is_public_field(f, dataset.opening))
    if len(public) == len(fields):
        return FieldRight(public)
    grant = best_grant(viewer, resource, timezone.localdate(now), way)
    if grant is None:
        return FieldRight(public, _reason(fields, public, dataset.opening))
    grantable = frozenset(f.code for f in fields if is_grantable_field(f, dataset.opening))
    opened = public | (grantable & frozenset(grant.fields))
    if opened == public:
        return FieldRight(public, _reason(fields, public, dataset.opening))
    return FieldRight(
        opened,
        "" if len(opened) == len(fields) else _reason(fields, opened, dataset.opening),
        grant.pk,
        watermark_of(grant, viewer, now),
    )


def held_by(agency_id: int) -> Q:
    """Grants that an agency may use: its own, and those its head office signed for.

    A branch is part of the body that applied and signed, so it reads under the same agreement and from the same quota.
    It holds only downwards, between agencies of one kind, and not for what a competing team was given.
    """
    heads = Agency.objects.filter(
        branches__pk=agency_id, branches__is_active=True, branches__kind=F("kind"), kind__in=WITH_BRANCHES
    )
    return Q(agency_id=agency_id) | Q(agency_id__in=heads.values("pk"), application__isnull=False)


def best_grant(viewer: Any, resource: Resource, today: date, way: str | None = None) -> Grant | None:
    """The grant that the viewer's agency may use today and that opens most; None for visitors and closed agencies."""
    agency_id = getattr(viewer, "agency_id", None)
    if not getattr(viewer, "is_authenticated", False) or not viewer.is_active or agency_id is None:
        return None
    grants = Grant.objects.filter(
        held_by(agency_id),
        agency__is_active=True,
        resource=resource,
        revoked_at__isnull=True,
        starts_on__lte=today,
        ends_on__gte=today,
    )
    holding = [g for g in grants if grant_holds(g, today) and way_allowed(g.way, way)]
    return max(holding, key=lambda g: (len(g.fields), g.ends_on, g.pk), default=None)


def uses_left(grant_id: int | None) -> int:
    """How often the grant may still be used."""
    left = Grant.objects.filter(pk=grant_id or 0).values_list("quota", "used").first()
    return left[0] - left[1] if left else 0


def watermark_of(grant: Grant, viewer: Any, now: datetime) -> str:
    """The line every download under a grant carries."""
    moment = timezone.localtime(now).strftime("%Y-%m-%d %H:%M")
    return f"受限开放数据，授权 {grant.pk} 号，{viewer.agency.name} {viewer.username}，{moment}，不得转让或再公开"


def _reason(fields: Sequence[ResourceField], opened: frozenset[str], dataset_opening: str) -> str:
    closed = [field for field in fields if field.code not in opened]
    if not closed:
        return ""
    if dataset_opening == Opening.FORBIDDEN or all(never_leaves(field) for field in closed):
        return FORBIDDEN
    return CLOSED
