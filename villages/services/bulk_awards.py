"""Points for many at once: one proposes with a reason, another signs. Another cadre, or the town once the clock ran out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

import audit
from accounts.inbox import close_tasks, holders, notify, open_task
from accounts.roles import Role
from foundation.calendar import add_working_days
from villages.access import conflict_checker, villages_administered_by, villages_supervised_by
from villages.contracts import Award
from villages.engine.identifiers import derived_id, task_key
from villages.models import BulkAward, Resident, Village

from . import ledger
from .posting import UnableToPost
from .rule_awards import award_under_rules, problem_with

SIGN_WORKING_DAYS = 2
MOST_PEOPLE, MOST_POINTS = 2000, 500
LATEST_DAYS = 60


class UnableToAwardInBulk(ValueError):
    """The proposal or the signature is refused; the text says why."""


def propose(
    village: Village, resident_ids: Sequence[int], points: int, reason: str, on: date, user: Any, *, rule_code: str = "",
    now: datetime, origin: audit.Origin,
) -> BulkAward:  # fmt: skip
    """Put a bulk award before a second signer. Raises :class:`UnableToAwardInBulk`."""
    today = timezone.localdate(now)
    people = sorted(set(resident_ids))
    if not reason.strip():
        raise UnableToAwardInBulk("请写明发放事由，公示时可见。")
    if not 0 < points <= MOST_POINTS:
        raise UnableToAwardInBulk(f"每人积分应为 1 至 {MOST_POINTS}。")
    if not 0 < len(people) <= MOST_PEOPLE:
        raise UnableToAwardInBulk(f"一次发放 1 至 {MOST_PEOPLE} 人。")
    if on > today or (today - on).days > LATEST_DAYS:
        raise UnableToAwardInBulk(f"发生日期应在今天及以前 {LATEST_DAYS} 天内。")
    if Resident.objects.filter(pk__in=people, village=village, status="active").count() != len(people):
        raise UnableToAwardInBulk("名单中有人不在本村在册名单，请刷新后重选。")
    if problem := problem_with(village, rule_code, on, points=points):
        raise UnableToAwardInBulk(problem)
    detail = {"people": len(people), "points": points, "reason": reason.strip()}
    with audit.action("villages.bulk.proposed", origin=origin, detail=detail) as entry:
        award = BulkAward.objects.create(
            village=village, rule_code=rule_code, reason=reason.strip()[:200], points=points, on_date=on,
            resident_ids=people, proposed_by=user, proposed_at=now, due_on=add_working_days(today, SIGN_WORKING_DAYS),
        )  # fmt: skip
        entry.target = f"bulk:{award.pk}"
        others = [
            who for who in holders(Role.VILLAGE_ADMIN).filter(agency=village.agency) if who.pk != user.pk
        ]
        if not others:
            _hand_to_town(award, now)
        open_task(others, _key(award), f"批量发放待确认：{award.reason[:30]}", url=f"/villages/bulk/{award.pk}/",
                  due_on=award.due_on, now=now)  # fmt: skip
    return award


def sign(award_id: int, user: Any, *, now: datetime, origin: audit.Origin) -> BulkAward:
    """Sign and carry out: one call to the ledger for everybody. Raises :class:`UnableToAwardInBulk`."""
    with audit.action("villages.bulk.signed", origin=origin, target=f"bulk:{award_id}") as entry:
        award = _locked(award_id, user)
        conflict_with = conflict_checker(user)
        for resident in Resident.objects.filter(pk__in=award.resident_ids):
            if conflict := conflict_with(resident):
                raise UnableToAwardInBulk(
                    f"名单中有您本人或亲属（{resident.name}），请由他人确认。{conflict}"
                )
        batch = ledger.new_key(now)
        items = [
            Award(
                derived_id(batch, f"bulk:{pk}"),
                pk,
                task_key("bulk", award.pk),
                award.on_date,
                award.points,
                award.rule_code,
            )
            for pk in award.resident_ids
        ]
        try:
            results = award_under_rules(items, award.village, now=now, actor_id=user.pk, memo=award.reason)
        except UnableToPost as error:
            raise UnableToAwardInBulk(str(error)) from error
        award.granted_people = sum(1 for result in results if result.granted)
        award.granted_points = sum(result.granted for result in results)
        _settle(award, BulkAward.State.DONE, user, "", now)
        entry.detail |= {"people": award.granted_people, "points": award.granted_points}
    return award


def refuse(award_id: int, user: Any, note: str, *, now: datetime, origin: audit.Origin) -> BulkAward:
    """Send a proposal back with a reason."""
    with audit.action("villages.bulk.refused", origin=origin, target=f"bulk:{award_id}"):
        award = _locked(award_id, user)
        if not note.strip():
            raise UnableToAwardInBulk("请写明退回原因。")
        _settle(award, BulkAward.State.REFUSED, user, note.strip(), now)
        notify(
            [award.proposed_by],
            "批量发放已退回",
            text=note.strip(),
            url=f"/villages/bulk/{award.pk}/",
            now=now,
        )
    return award


def escalate_unsigned(*, now: datetime) -> int:
    """Hand proposals past their day to the town; returns how many."""
    late = BulkAward.objects.filter(
        state=BulkAward.State.PROPOSED, due_on__lt=timezone.localdate(now), escalated_at__isnull=True
    ).select_related("village")
    for award in late:
        _hand_to_town(award, now)
    return len(late)


def bulk_awards_visible_to(user: Any) -> QuerySet[BulkAward]:
    """The own villages' proposals, and for the town those handed to it or settled."""
    return BulkAward.objects.filter(
        Q(village__in=villages_administered_by(user))
        | (
            Q(village__in=villages_supervised_by(user))
            & (Q(escalated_at__isnull=False) | ~Q(state="proposed"))
        )
    ).select_related("village", "proposed_by", "decided_by")


def _locked(award_id: int, user: Any) -> BulkAward:
    if not bulk_awards_visible_to(user).filter(pk=award_id).exists():
        raise UnableToAwardInBulk("没有找到这份名单，或不在您的管理范围。")
    award = (
        BulkAward.objects.select_for_update(of=("self",))
        .select_related("village", "proposed_by")
        .get(pk=award_id)
    )
    if award.state != BulkAward.State.PROPOSED:
        raise UnableToAwardInBulk(f"这份名单{award.get_state_display()}。")
    if award.proposed_by_id == user.pk:
        raise UnableToAwardInBulk("发起人不能自己确认，请由另一名干部或镇街确认。")
    return award


def _settle(award: BulkAward, state: str, user: Any, note: str, now: datetime) -> None:
    award.state, award.decided_by, award.decided_at, award.decision_note = state, user, now, note[:200]
    award.save()
    close_tasks(_key(award), now)


def _hand_to_town(award: BulkAward, now: datetime) -> None:
    award.escalated_at = now
    award.save(update_fields=["escalated_at"])
    open_task(
        holders(Role.TOWN_ADMIN, scope_code=award.village.town_code), _key(award),
        f"{award.village.name}批量发放待确认：{award.reason[:30]}", url=f"/villages/bulk/{award.pk}/", now=now,
    )  # fmt: skip


def _key(award: BulkAward) -> str:
    return f"villages.bulk:{award.pk}"
