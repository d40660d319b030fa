"""A person decides on what was handed in: with a reason the villager reads, never on the own or the family's matter."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

import audit
from accounts.inbox import holders, notify, open_task
from accounts.roles import Role
from foundation.calendar import add_working_days
from villages.access import conflict_over, find_conflict, taps_reviewable_by
from villages.models import Resident, Tap, Village

from . import ledger
from .posting import UnableToPost
from .rewards import points_for, reward
from .score_events import withdraw_with_award
from .taps import REVIEW_WORKING_DAYS

FILE = Path(__file__).parents[1] / "definitions" / "review_reasons.yaml"


class UnableToReview(Exception):
    """The decision is not taken; the text says why."""


class UnableToReviewOwnMatter(UnableToReview):
    """Self, household or a declared relation stands against it."""


@dataclass(frozen=True)
class Reason:
    """A reason a reviewer chooses; ``text`` is what the villager reads."""

    code: str
    text: str
    approves: bool


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by its code, approvals first."""
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        line["code"]: Reason(line["code"], line["text"], side == "approve")
        for side in ("approve", "refuse") for line in told[side]
    }  # fmt: skip


def decide(
    tap_id: uuid.UUID, user: Any, reason_code: str, note: str = "", *, now: datetime, origin: audit.Origin
) -> Tap:
    """Approve or refuse, as the reason says. Raises :class:`UnableToReview`; a refused conflict is logged too."""
    reason = reasons().get(reason_code)
    with audit.action("villages.tap.reviewed", origin=origin, target=f"tap:{tap_id}") as entry:
        tap = _locked(taps_reviewable_by(user), tap_id)
        entry.detail["resident"] = tap.resident_id
        if reason is None:
            raise UnableToReview("请选择审核理由。")
        if conflict := conflict_over(user, tap):
            raise UnableToReviewOwnMatter(conflict)
        if tap.state != Tap.State.WAITING:
            raise UnableToReview(f"该提交已处理：{tap.get_state_display()}。")
        tap.reason_code, tap.reviewed_by, tap.reviewed_at = reason.code, user, now
        tap.reason_text = "；".join(filter(None, [reason.text, note.strip()]))[:200]
        tap.state = Tap.State.COUNTED if reason.approves else Tap.State.REFUSED
        if reason.approves:
            tap.points_asked = points_for(tap.activity, tap.minutes)
            reward([tap], tap.activity, now=now, actor_id=user.pk)
        tap.save()
        entry.detail |= {"state": tap.state, "reason": reason.code, "granted": tap.points_granted}
        _tell(tap, now)
    return tap


def revoke(tap_id: uuid.UUID, user: Any, text: str, *, now: datetime, origin: audit.Origin) -> Tap:
    """Take back what was counted and later found wrong: one reversal in the ledger, told to the villager."""
    with audit.action("villages.tap.revoked", origin=origin, target=f"tap:{tap_id}") as entry:
        tap = _locked(taps_reviewable_by(user), tap_id)
        if conflict := find_conflict(user, tap.resident):
            raise UnableToReviewOwnMatter(conflict)
        if tap.state != Tap.State.COUNTED:
            raise UnableToReview("只有已计分的记录可以撤销。")
        if not text.strip():
            raise UnableToReview("请写明撤销原因，村民会看到。")
        if tap.points_granted:
            try:
                ledger.reverse(tap.pk, now=now, actor_id=user.pk, memo=text.strip())
            except UnableToPost as error:
                raise UnableToReview(f"未能撤销：{error}") from error
            withdraw_with_award(tap.pk, now=now, user=user, note=text.strip())
        tap.state, tap.reason_code, tap.reason_text = Tap.State.REVOKED, "revoked", text.strip()[:200]
        tap.reviewed_by, tap.reviewed_at = user, now
        tap.save()
        entry.detail |= {"points": tap.points_granted}
        _tell(tap, now)
    return tap


def hand_up(tap_id: uuid.UUID, user: Any, *, now: datetime, origin: audit.Origin) -> None:
    """Give a matter to the town, because one may not decide it oneself."""
    with audit.action("villages.tap.handed_up", origin=origin, target=f"tap:{tap_id}"):
        tap = _locked(taps_reviewable_by(user), tap_id)
        if tap.state != Tap.State.WAITING or tap.escalated_at is not None:
            raise UnableToReview("该提交已处理或已转镇街。")
        tap.escalated_at = now
        tap.save(update_fields=["escalated_at"])
        _ask_town(tap.village, 1, now)


def may_go_to_town(tap: Tap) -> bool:
    """True for what a person of the village refused and the town has not seen: one more look, by the town."""
    return tap.state == Tap.State.REFUSED and tap.reviewed_by_id is not None and tap.escalated_at is None


def ask_for_human_look(tap_id: uuid.UUID, resident: Resident, *, now: datetime, origin: audit.Origin) -> None:
    """A villager contests a refusal: a machine's goes to the village's desk, a person's to the town, once."""
    with audit.action("villages.tap.contested", origin=origin, target=f"tap:{tap_id}"):
        tap = _locked(Tap.objects.filter(resident=resident), tap_id)
        to_town = may_go_to_town(tap)
        if tap.state != Tap.State.REFUSED or (tap.reviewed_by_id is not None and not to_town):
            raise UnableToReview("该记录不能再申请复核。")
        again = Tap.objects.filter(activity=tap.activity, resident=resident, occasion=tap.occasion)
        if again.exclude(pk=tap.pk).exclude(state__in=(Tap.State.REFUSED, Tap.State.REVOKED)).exists():
            raise UnableToReview("您已重新提交，请等待新的结果。")
        tap.state = Tap.State.WAITING
        tap.due_on = add_working_days(timezone.localdate(now), REVIEW_WORKING_DAYS)
        tap.escalated_at = now if to_town else tap.escalated_at
        tap.save(update_fields=["state", "due_on", "escalated_at"])
        if to_town:
            _ask_town(tap.village, 1, now)


def escalate_overdue(*, now: datetime) -> int:
    """Hand everything past its day to the town; returns how many."""
    today = timezone.localdate(now)
    with transaction.atomic():
        late = Tap.objects.filter(state=Tap.State.WAITING, due_on__lt=today, escalated_at__isnull=True)
        by_village: dict[int, int] = {}
        for village_id in late.values_list("village_id", flat=True):
            by_village[village_id] = by_village.get(village_id, 0) + 1
        late.update(escalated_at=now)
        for village in Village.objects.filter(pk__in=by_village):
            _ask_town(village, by_village[village.pk], now)
    return sum(by_village.values())


def _locked(found: QuerySet[Tap], tap_id: uuid.UUID) -> Tap:
    if not found.filter(pk=tap_id).exists():
        raise UnableToReview("没有找到这条提交，或不在您的管理范围。")
    locked = Tap.objects.select_for_update(of=("self",))
    return locked.select_related("activity", "village", "resident__user", "by_resident").get(pk=tap_id)


def _tell(tap: Tap, now: datetime) -> None:
    user = tap.resident.user
    if user is None:
        return
    words = {
        Tap.State.COUNTED: f"“{tap.activity.title}”审核通过，得 {tap.points_granted} 分",
        Tap.State.REFUSED: f"“{tap.activity.title}”未通过审核",
        Tap.State.REVOKED: f"“{tap.activity.title}”的积分已撤销",
    }
    notify(
        [user],
        words[Tap.State(tap.state)],
        text="；".join(filter(None, [tap.reason_text, tap.clip_reason])),
        url=f"/villages/my/records/{tap.pk}/",
        now=now,
    )


def _ask_town(village: Village, number: int, now: datetime) -> None:
    open_task(
        holders(Role.TOWN_ADMIN, scope_code=village.town_code), f"villages.review:{village.pk}",
        f"{village.name}有 {number} 条提交待镇街审核", url="/villages/review/", now=now,
    )  # fmt: skip
