"""代办 by a grid worker: agreed beforehand on paper, done on the worker's own sign-in, both names on every record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

import audit
from accounts.models import User
from accounts.roles import Role
from villages.access import villages_administered_by
from villages.models import Activity, Helper, Resident, Village
from villages.models.activities import Mode
from villages.models.scopes import ADMINISTER, VillageUserPermission

from .proxy import UnableToHelp, consent_on_paper
from .taps import Answer, TapOrder, UnableToTap, Upload, record_tap

# What another may do for a person: not learn, not vote in secret, not be at a place.
HANDED_IN = (Mode.PLEDGE, Mode.VOTE, Mode.NOTE, Mode.PHOTOS, Mode.PAIR)


def workers_of(village: Village) -> QuerySet[User]:
    """Who may be a grid worker of a village: its cadres."""
    granted = VillageUserPermission.objects.filter(content_object=village.pk, permission__codename=ADMINISTER)
    own = Q(agency_id=village.agency_id) | Q(pk__in=granted.values("user"))
    return User.objects.filter(own, role_grants__role=Role.VILLAGE_ADMIN, is_active=True).distinct()


def agree_grid_worker(
    resident: Resident, worker_id: int, user: Any, reason: str, *, now: datetime, origin: audit.Origin
) -> Helper:
    """Record that a grid worker may act for a resident. Raises :class:`UnableToHelp`."""
    with audit.action("villages.helper.agreed", origin=origin, target=f"resident:{resident.pk}") as entry:
        entry.detail["helper_user"] = worker_id
        worker = workers_of(resident.village).filter(pk=worker_id).first()
        if worker is None:
            raise UnableToHelp("网格员应为本村的管理员。")
        if not reason.strip():
            raise UnableToHelp("请写明代办原因，例如“独居，家人不在身边”。")
        if resident.helpers.filter(helper_user=worker, ended_at__isnull=True).exists():
            raise UnableToHelp("该代办关系已登记。")
        consent_on_paper(resident, user, now)
        return Helper.objects.create(
            resident=resident, helper_user=worker, kind=Helper.Kind.GRID, reason=reason.strip()[:100], agreed_at=now,
            agreed_by=user,
        )  # fmt: skip


def residents_helped_by(user: Any) -> QuerySet[Resident]:
    """For whom a grid worker may act now, in villages that are still the worker's."""
    live = Helper.objects.filter(helper_user=user, ended_at__isnull=True)
    return (
        Resident.objects.filter(
            pk__in=live.values("resident"), village__in=villages_administered_by(user), status="active"
        )
        .select_related("village", "household")
        .order_by("village", "household__number", "pinyin")
    )


def hand_in_for(
    resident_id: int, user: Any, activity_id: int, key: UUID, body: Mapping[str, Any], files: tuple[Upload, ...] = (),
    *, now: datetime,
) -> Answer:  # fmt: skip
    """One tap in a resident's name, by a grid worker. Raises :class:`UnableToTap`."""
    resident = residents_helped_by(user).filter(pk=resident_id).first()
    if resident is None:
        raise UnableToTap("您没有为该村民代办的授权。", code="not_helper", status=403)
    activity = Activity.objects.filter(pk=activity_id, village_id=resident.village_id).first()
    if activity is not None and (activity.mode not in HANDED_IN or activity.is_secret):
        raise UnableToTap("这项活动须本人参加。", code="in_person")
    order = TapOrder(key, activity_id, resident, now, body, files, by_user_id=user.pk)
    return record_tap(order, now=now)
