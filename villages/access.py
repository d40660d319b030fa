"""Whose villages, whose residents: the one place where a row's reader is decided.

Village administrators see their own village and those granted besides; the town sees its villages' figures, and a
resident only with a stated reason or when the matter was handed up; villagers see themselves and whom they help.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from accounts.roles import Role
from accounts.scopes import towns_of
from villages.models import Helper, Piece, Resident, Tap, TownCheck, Village
from villages.models.scopes import ADMINISTER, VillageUserPermission


def villages_administered_by(user: Any) -> QuerySet[Village]:
    """Active villages whose daily work the user does: the own agency's and those granted."""
    if not user.is_authenticated or Role.VILLAGE_ADMIN not in user.roles:
        return Village.objects.none()
    granted = VillageUserPermission.objects.filter(user=user, permission__codename=ADMINISTER)
    return Village.objects.filter(
        Q(agency_id=user.agency_id) | Q(pk__in=granted.values("content_object")), is_active=True
    )


def villages_supervised_by(user: Any) -> QuerySet[Village]:
    """Active villages of the towns the user answers for."""
    if not user.is_authenticated or Role.TOWN_ADMIN not in user.roles:
        return Village.objects.none()
    return Village.objects.filter(town_code__in=towns_of(user), is_active=True)


def villages_of_office(user: Any) -> QuerySet[Village]:
    """Villages whose matters the user handles: administered or supervised, never merely lived in."""
    return Village.objects.filter(
        Q(pk__in=villages_administered_by(user).values("pk"))
        | Q(pk__in=villages_supervised_by(user).values("pk"))
    )


def villages_visible_to(user: Any) -> QuerySet[Village]:
    """Villages whose figures the user may see."""
    return Village.objects.filter(
        Q(pk__in=villages_administered_by(user).values("pk"))
        | Q(pk__in=villages_supervised_by(user).values("pk"))
        | Q(pk__in=Resident.objects.filter(user_id=user.pk, user__isnull=False).values("village"))
    )


def get_own_village(user: Any, code: str = "") -> Village:
    """The village an administrator works for now: ``code`` if it is one of the own, else the first.

    Raises PermissionDenied when there is none.
    """
    own = villages_administered_by(user).select_related("agency").order_by("code")
    found = own.filter(code=code).first() if code else None
    found = found or own.first()
    if found is None:
        raise PermissionDenied("您的账号所属机构尚未开通村社积分，请联系镇街管理员。")
    return found


def residents_visible_to(user: Any, now: datetime) -> QuerySet[Resident]:
    """Residents whose entries the user may open at ``now``."""
    checked = TownCheck.objects.filter(user=user, expires_at__gt=now)
    return Resident.objects.filter(
        Q(village__in=villages_administered_by(user))
        | Q(village__in=villages_supervised_by(user), pk__in=checked.values("resident"))
        | Q(user_id=user.pk, user__isnull=False)
        | Q(helpers__helper__user_id=user.pk, helpers__ended_at__isnull=True)
    ).distinct()


def taps_reviewable_by(user: Any) -> QuerySet[Tap]:
    """Submissions the user may decide on: the own village's, and for the town those handed up."""
    return Tap.objects.filter(
        Q(village__in=villages_administered_by(user))
        | Q(village__in=villages_supervised_by(user), escalated_at__isnull=False)
    )


def pieces_visible_to(user: Any, now: datetime) -> QuerySet[Piece]:
    """Photos and voice notes the user may open: the own ones, those to decide on, and each older photo such a one
    resembles: a duplicate cannot be judged without it, whoever decides and whether or not it was handed up itself.
    """
    to_decide = taps_reviewable_by(user)
    twins = Piece.objects.filter(tap__in=to_decide, twin__isnull=False).values("twin")
    return Piece.objects.filter(
        Q(tap__in=to_decide) | Q(pk__in=twins) | Q(tap__resident__in=residents_visible_to(user, now))
    )


def conflict_checker(user: Any) -> Callable[[Resident], str]:
    """A question for many residents: why the user may not decide on one's matters, '' if nothing stands against it."""
    ties = list(user.village_ties.select_related("resident"))
    declared = {tie.resident_id: tie for tie in ties}
    own_homes = {tie.resident.household_id for tie in ties if tie.relation == "self"} - {None}

    def ask(resident: Resident) -> str:
        tie = declared.get(resident.pk)
        if resident.user_id == user.pk or (tie is not None and tie.relation == "self"):
            return "这是您本人的提交，不能由您审核。"
        if tie is not None:
            return f"您已申报与该村民有{tie.get_relation_display()}关系，不能审核。"
        if resident.household_id in own_homes:
            return "该村民与您同户，不能由您审核。"
        return ""

    return ask


def find_conflict(user: Any, resident: Resident) -> str:
    """:func:`conflict_checker` for one resident."""
    return conflict_checker(user)(resident)


def conflict_over(user: Any, tap: Tap) -> str:
    """Why the user may not decide on a submission, '' if nothing stands against it.

    Besides self, household and declared relations: what one handed in for another, and what one refused before.
    A second look that the villager asked for is the town's.
    """
    helper = tap.by_resident.user_id if tap.by_resident else None
    if user.pk in (tap.by_user_id, helper):
        return "这条由您代办提交，须由他人审核。"
    if tap.state == Tap.State.WAITING and tap.reviewed_by_id is not None:
        if tap.reviewed_by_id == user.pk:
            return "您已审核过一次，村民不认可，须由他人复核。"
        if tap.escalated_at is not None and Role.TOWN_ADMIN not in user.roles:
            return "村民已提请镇街复核，由镇街审核。"
    return find_conflict(user, tap.resident)


def helped_by(resident: Resident) -> QuerySet[Helper]:
    """Those for whom a resident may act."""
    return Helper.objects.filter(
        helper=resident, ended_at__isnull=True, resident__status="active"
    ).select_related("resident")
