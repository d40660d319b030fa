"""民主评议 on paper: two people count the box, one enters it once, the other confirms; beside the taps.

Who took a ballot is known from the signed list, so that nobody votes twice and taking part is rewarded like a tap.
What a person chose stands nowhere.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

import audit
from accounts.inbox import close_tasks, notify, open_task
from accounts.models import User
from accounts.roles import Role
from villages.access import villages_administered_by, villages_supervised_by
from villages.models import Activity, PaperCount, Resident, Tap
from villages.models.activities import Mode
from villages.models.scopes import ADMINISTER, VillageUserPermission
from villages.occasions import occasion_of
from villages.selectors.mobile import belongs_to_audience

from . import ledger
from .rewards import points_for, reward
from .votes import counts_of

NAMED = 5


class UnableToEnterBallots(ValueError):
    """The count is not taken; the text says what to correct."""


def is_over(activity: Activity, now: datetime) -> bool:
    """True once nobody can vote by phone any more (what was kept without network aside)."""
    return activity.closes_at <= now or activity.state == Activity.State.CLOSED


def counters_for(activity: Activity, user: Any) -> QuerySet[User]:
    """Who may be the second counter: other administrators of the village, and the town's."""
    granted = VillageUserPermission.objects.filter(
        content_object=activity.village_id, permission__codename=ADMINISTER
    )
    cadres = Q(role_grants__role=Role.VILLAGE_ADMIN) & (
        Q(agency_id=activity.village.agency_id) | Q(pk__in=granted.values("user"))
    )
    town = Q(role_grants__role=Role.TOWN_ADMIN, agency__scope_code=activity.village.town_code)
    return (
        User.objects.filter(cadres | town, is_active=True)
        .exclude(pk=user.pk)
        .select_related("agency")
        .distinct()
    )


def enter_count(
    activity: Activity, counts: Mapping[int, int], spoilt: int, voters: Collection[int], second_id: int, user: Any, *,
    now: datetime, origin: audit.Origin,
) -> PaperCount:  # fmt: skip
    """Enter the box of a vote that is over. Raises :class:`UnableToEnterBallots`.

    ``counts``: votes by the number of the choice. ``voters``: who signed for a ballot.
    """
    with audit.action("villages.ballots.entered", origin=origin, target=f"activity:{activity.pk}") as entry:
        # The activity's row is the turnstile: one box, one count.
        locked = Activity.objects.select_for_update().get(pk=activity.pk)
        _check_vote(locked, now)
        if locked.paper_counts.exclude(state=PaperCount.State.RETURNED).exists():
            raise UnableToEnterBallots("这次投票的纸质选票已登记过，不能重复登记。")
        second = counters_for(activity, user).filter(pk=second_id).first()
        if second is None:
            raise UnableToEnterBallots("请选择第二计票人，须为本村另一名管理员或镇街管理员。")
        people = _checked_voters(locked, voters)
        _check_numbers(locked, counts, spoilt, len(people))
        count = PaperCount.objects.create(
            activity=locked, counts={str(number): votes for number, votes in sorted(counts.items())}, spoilt=spoilt,
            voter_ids=sorted(person.pk for person in people), entered_by=user, entered_at=now, second=second,
        )  # fmt: skip
        entry.detail |= {"votes": count.votes, "spoilt": spoilt, "voters": len(people), "second": second.pk}
        open_task(
            [second], _key(count), f"纸质选票待您确认：{activity.title[:30]}",
            url=f"/villages/activities/{activity.pk}/ballots/", now=now,
        )  # fmt: skip
    return count


def confirm_count(count_id: int, user: Any, *, now: datetime, origin: audit.Origin) -> PaperCount:
    """The second counter agrees: the votes count, and everybody who took a ballot has taken part.

    Raises :class:`UnableToEnterBallots`, by name when somebody has meanwhile voted by phone.
    """
    with audit.action("villages.ballots.confirmed", origin=origin, target=f"ballots:{count_id}") as entry:
        count = _locked(count_id, user)
        activity = count.activity
        people = _checked_voters(activity, count.voter_ids)
        taps = [_tap(activity, person, count, now) for person in people]
        reward(taps, activity, now=now, actor_id=user.pk)
        Tap.objects.bulk_create(taps)
        _settle(count, PaperCount.State.CONFIRMED, "", now)
        entry.detail |= {"votes": count.votes, "voters": len(people)}
    return count


def return_count(count_id: int, user: Any, note: str, *, now: datetime, origin: audit.Origin) -> PaperCount:
    """The second counter disagrees and says why; the box is counted anew."""
    with audit.action("villages.ballots.returned", origin=origin, target=f"ballots:{count_id}"):
        count = _locked(count_id, user)
        if not note.strip():
            raise UnableToEnterBallots("请写明退回原因，例如“赞成票应为 41 张”。")
        _settle(count, PaperCount.State.RETURNED, note.strip()[:200], now)
        notify(
            [count.entered_by], f"纸质选票已退回：{count.activity.title[:30]}", text=count.note,
            url=f"/villages/activities/{count.activity_id}/ballots/", now=now,
        )  # fmt: skip
    return count


def results_of(activity: Activity) -> list[tuple[str, int]]:
    """Each choice with its votes, taps and paper together: apart they could tell how a few people voted.

    Nothing while the box of a secret vote is closed.
    """
    told = counts_of(activity)
    box = activity.paper_counts.filter(state=PaperCount.State.CONFIRMED).first()
    if box is None or not told:
        return told
    on_paper = [box.counts.get(str(choice.number), 0) for choice in activity.choices.all()]
    return [(text, votes + more) for (text, votes), more in zip(told, on_paper, strict=True)]


def _check_vote(activity: Activity, now: datetime) -> None:
    if activity.mode != Mode.VOTE:
        raise UnableToEnterBallots("只有投票活动可以登记纸质选票。")
    if activity.state == Activity.State.CANCELLED:
        raise UnableToEnterBallots("活动已取消，不能登记。")
    if not is_over(activity, now):
        raise UnableToEnterBallots("投票还没有结束，结束后再登记纸质选票。")


def _check_numbers(activity: Activity, counts: Mapping[int, int], spoilt: int, voters: int) -> None:
    known = set(activity.choices.values_list("number", flat=True))
    if set(counts) != known or any(votes < 0 for votes in (*counts.values(), spoilt)):
        raise UnableToEnterBallots("请填写每个选项的票数，没有得票的填 0。")
    total = sum(counts.values()) + spoilt
    if not total:
        raise UnableToEnterBallots("票数合计为 0，没有可登记的选票。")
    if total > voters:
        raise UnableToEnterBallots(f"收回选票 {total} 张，多于领票人数 {voters} 人，请核对票数或领票签名。")


def _checked_voters(activity: Activity, voters: Collection[int]) -> list[Resident]:
    """Those who signed for a ballot. Raises :class:`UnableToEnterBallots` for strangers and for who voted by phone."""
    people = list(
        Resident.objects.filter(pk__in=voters, village_id=activity.village_id, status="active").order_by("pk")
    )
    on = timezone.localdate(activity.closes_at)
    if len(people) != len(set(voters)) or not all(belongs_to_audience(r, activity, on) for r in people):
        raise UnableToEnterBallots("领票名单中有人不在册或不是参加对象，请刷新后重选。")
    done = Tap.objects.filter(activity=activity, resident__in=people).exclude(
        state__in=("refused", "revoked")
    )
    names = list(done.values_list("resident__name", flat=True)[: NAMED + 1])
    if names:
        more = "等" if len(names) > NAMED else ""
        raise UnableToEnterBallots(f"{'、'.join(names[:NAMED])}{more}已在手机上投票，请核对领票名单。")
    return people


def _tap(activity: Activity, person: Resident, count: PaperCount, now: datetime) -> Tap:
    return Tap(
        id=ledger.new_key(now), activity=activity, village_id=activity.village_id, resident=person,
        by_user=count.entered_by, body_digest="paper", occasion=occasion_of(activity.repeat, activity.closes_at),
        occurred_at=min(activity.closes_at, now), received_at=now, state=Tap.State.COUNTED,
        points_asked=points_for(activity), reason_code="paper", reason_text="按纸质选票领票名单登记",
        reviewed_by=count.second, reviewed_at=now,
    )  # fmt: skip


def _locked(count_id: int, user: Any) -> PaperCount:
    villages = villages_administered_by(user) | villages_supervised_by(user)
    found = PaperCount.objects.filter(pk=count_id, activity__village__in=villages)
    if not found.exists():
        raise UnableToEnterBallots("没有找到这份计票，或不在您的管理范围。")
    count = (
        PaperCount.objects.select_for_update(of=("self",))
        .select_related("activity__village", "entered_by", "second")
        .get(pk=count_id)
    )
    if count.state != PaperCount.State.ENTERED:
        raise UnableToEnterBallots(f"这份计票{count.get_state_display()}。")
    if count.second_id != user.pk:
        raise UnableToEnterBallots(f"应由第二计票人{count.second.full_name}确认。")
    return count


def _settle(count: PaperCount, state: str, note: str, now: datetime) -> None:
    count.state, count.note, count.decided_at = state, note, now
    count.save(update_fields=["state", "note", "decided_at"])
    close_tasks(_key(count), now)


def _key(count: PaperCount) -> str:
    return f"villages.ballots:{count.pk}"
