"""Appeals: within fifteen days of the notice, effect frozen, a panel of three not involved, a clock, reversal."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

import audit
from accounts.inbox import close_tasks, holders, notify, open_task
from accounts.models import User
from accounts.roles import Role
from foundation.calendar import add_working_days
from villages.models import Appeal, DishonestyEntry, EventStatus, PanelSeat, Resident, ScoreEvent, Transfer
from villages.selectors.scores import numbers

from . import ledger
from .ledger import local_day, new_key
from .posting import UnableToPost
from .score_events import add_step, current_status

State = Appeal.State
OPEN = (State.FILED, State.PANEL, State.TOWN)


class UnableToAppeal(ValueError):
    """The appeal or its step is refused; the text is for the user."""


def appeal_event(
    resident: Resident, event_id: UUID, text: str, *, origin: audit.Origin, now: dt.datetime
) -> Appeal:
    """Contest an own score event. What is negative stops counting until it is decided."""
    event = ScoreEvent.objects.filter(pk=event_id).first()
    house = (
        event is not None and event.household_id is not None and event.household_id == resident.household_id
    )
    if event is None or not (event.resident_id == resident.pk or house):
        raise UnableToAppeal("没有找到您的这项记录。")
    told = event.steps.filter(status__in=[EventStatus.NOTICED, EventStatus.ACTIVE]).order_by("id").first()
    if told is None or current_status(event) not in (EventStatus.NOTICED, EventStatus.ACTIVE):
        raise UnableToAppeal("该记录当前不能申诉。")
    _require_in_time(told.from_day, now)
    return _file(resident, text, origin, now, event=event)


def appeal_transfer(
    resident: Resident, transfer_id: UUID, text: str, *, origin: audit.Origin, now: dt.datetime
) -> Appeal:
    """Contest a deduction of points or the reversal of an award."""
    transfer = Transfer.objects.filter(pk=transfer_id, resident=resident, code__in=["deduct"]).first()
    if transfer is None:
        raise UnableToAppeal("没有找到您的这笔扣减。")
    _require_in_time(transfer.posted_on, now)
    return _file(resident, text, origin, now, transfer=transfer)


def seat_panel(
    user: Any, appeal_id: UUID, members: list[User], *, origin: audit.Origin, now: dt.datetime
) -> Appeal:
    """Name the panel. Raises :class:`UnableToAppeal` unless three different people who may sit are named."""
    with audit.action("villages.appeal.seated", origin=origin, target=f"appeal:{appeal_id}") as entry:
        appeal = _locked(appeal_id)
        if (
            appeal.state not in (State.FILED, State.TOWN)
            or appeal.seats.filter(voted_at__isnull=True).exists()
        ):
            raise UnableToAppeal("该申诉已组成评议组。")
        size = numbers()["panel_size"]
        if len({member.pk for member in members}) != size:
            raise UnableToAppeal(f"评议组须由 {size} 名不同的人员组成。")
        fitting = set(may_sit(appeal).values_list("pk", flat=True))
        if unfit := [str(member) for member in members if member.pk not in fitting]:
            raise UnableToAppeal(f"{'、'.join(unfit)}与本案有关或不属于可评议人员，请更换。")
        PanelSeat.objects.bulk_create(PanelSeat(appeal=appeal, member=member) for member in members)
        if appeal.state == State.FILED:
            appeal.state = State.PANEL
            appeal.save(update_fields=["state"])
        entry.detail["members"] = [member.pk for member in members]
        close_tasks(_matter(appeal), now)
        open_task(
            members, f"{_matter(appeal)}:vote", "有一件申诉请您评议", url=f"/villages/appeals/{appeal.pk}/",
            due_on=appeal.due_on, now=now,
        )  # fmt: skip
        return appeal


def vote(
    user: Any, appeal_id: UUID, uphold: bool, reason: str, *, origin: audit.Origin, now: dt.datetime
) -> Appeal:
    """One member votes with a reason; the last vote decides by majority and has its effect in the same commit."""
    with audit.action("villages.appeal.voted", origin=origin, target=f"appeal:{appeal_id}") as entry:
        appeal = _locked(appeal_id)
        seat = appeal.seats.filter(member_id=user.pk, voted_at__isnull=True).first()
        if appeal.state not in (State.PANEL, State.TOWN) or seat is None:
            raise UnableToAppeal("您不在本案评议组，或已经表决。")
        if not reason.strip():
            raise UnableToAppeal("请写明理由。")
        seat.uphold, seat.reason, seat.voted_at = uphold, reason.strip()[:300], now
        seat.save()
        if not appeal.seats.filter(voted_at__isnull=True).exists():
            recent = list(appeal.seats.order_by("-id")[: numbers()["panel_size"]])
            granted = sum(bool(s.uphold) for s in recent) * 2 > len(recent)
            _decide(appeal, granted, recent, user, now)
            entry.detail["upheld"] = granted
        return appeal


def take_to_town(resident: Resident, appeal_id: UUID, *, origin: audit.Origin, now: dt.datetime) -> Appeal:
    """The second step: once, within fifteen days of the decision; the effect is frozen again."""
    with audit.action("villages.appeal.escalated", origin=origin, target=f"appeal:{appeal_id}"):
        appeal = _locked(appeal_id)
        if appeal.resident_id != resident.pk or appeal.state != State.REJECTED or appeal.second_step:
            raise UnableToAppeal("该申诉不能再提请复核。")
        assert appeal.decided_at is not None
        _require_in_time(local_day(appeal.decided_at), now)
        appeal.state, appeal.second_step = State.TOWN, True
        appeal.due_on = add_working_days(local_day(now), numbers()["appeal_working_days"])
        appeal.save()
        if appeal.event is not None:
            add_step(appeal.event, EventStatus.APPEALED, note="提请镇街复核", now=now)
        _tell_desk(appeal, now)
        return appeal


def may_sit(appeal: Appeal) -> QuerySet[User]:
    """Who may decide: people of the village (of the town, at the second step) who had no part in it."""
    kinds = [Role.TOWN_ADMIN] if appeal.second_step else [Role.VILLAGE_ADMIN, Role.VILLAGER, Role.TOWN_ADMIN]
    involved: set[int | None] = {appeal.resident.user_id}
    if appeal.event is not None:
        involved.add(appeal.event.made_by_id)
        listed = DishonestyEntry.objects.filter(event=appeal.event).first()
        if listed is not None:
            involved |= {listed.proposed_by_id, listed.confirmed_by_id}
    if appeal.transfer_id is not None:
        involved.add(Transfer.objects.values_list("actor_id", flat=True).get(pk=appeal.transfer_id))
    involved |= set(appeal.seats.values_list("member_id", flat=True))
    if appeal.resident.household_id:
        kin = Resident.objects.filter(household_id=appeal.resident.household_id, user__isnull=False)
        involved |= set(kin.values_list("user_id", flat=True))
    people = User.objects.filter(role_grants__role__in=kinds, is_active=True).exclude(
        pk__in=[pk for pk in involved if pk]
    )
    own = people.filter(agency_id=appeal.village.agency_id)
    return (own | people.filter(agency__kind="town", agency__scope_code=appeal.village.town_code)).distinct()


def _file(
    resident: Resident, text: str, origin: audit.Origin, now: dt.datetime, *, event: ScoreEvent | None = None,
    transfer: Transfer | None = None,
) -> Appeal:  # fmt: skip
    if not text.strip():
        raise UnableToAppeal("请写明申诉理由。")
    same = (
        Appeal.objects.filter(event=event)
        if event
        else Appeal.objects.filter(transfer_id=transfer.pk if transfer else None)
    )
    if same.exists():
        raise UnableToAppeal("该事项已经申诉，请在申诉记录中查看进度。")
    with audit.action("villages.appeal.filed", origin=origin, target=f"resident:{resident.pk}") as entry:
        appeal = Appeal.objects.create(
            id=new_key(now), village=resident.village, resident=resident, event=event,
            transfer_id=transfer.pk if transfer else None, text=text.strip()[:1000], filed_at=now,
            due_on=add_working_days(local_day(now), numbers()["appeal_working_days"]),
        )  # fmt: skip
        if event is not None and event.delta <= 0:
            add_step(event, EventStatus.APPEALED, note="申诉期间不计入", now=now)
        _tell_desk(appeal, now)
        entry.detail["appeal"] = str(appeal.pk)
    return appeal


def _decide(appeal: Appeal, granted: bool, seats: list[PanelSeat], user: Any, now: dt.datetime) -> None:
    appeal.state = State.UPHELD if granted else State.REJECTED
    appeal.decided_at, appeal.decided_by = now, user
    appeal.decision = "；".join(dict.fromkeys(seat.reason for seat in seats if bool(seat.uphold) == granted))[
        :500
    ]
    if granted and appeal.transfer_id is not None:
        try:
            ledger.reverse(appeal.transfer_id, now=now, ref=appeal.pk, actor_id=user.pk, memo="申诉成立")
        except UnableToPost as error:
            raise UnableToAppeal(str(error)) from error
    if appeal.event is not None:
        _move_event(appeal, granted, user, now)
    appeal.save()
    close_tasks(f"{_matter(appeal)}:vote", now)
    if appeal.resident.user is not None:
        title = "申诉成立，原决定已撤销" if granted else "申诉未成立"
        notify(
            [appeal.resident.user],
            title,
            text=appeal.decision,
            url=f"/villages/my/appeals/{appeal.pk}/",
            now=now,
        )


def _move_event(appeal: Appeal, granted: bool, user: Any, now: dt.datetime) -> None:
    """Withdraw the event, or let it go on from where the appeal stopped it."""
    assert appeal.event is not None
    listed = DishonestyEntry.objects.filter(event=appeal.event).first()
    if granted:
        add_step(appeal.event, EventStatus.WITHDRAWN, user=user, note="申诉成立", now=now)
        if listed is not None:
            DishonestyEntry.objects.filter(pk=listed.pk).update(state=DishonestyEntry.State.DROPPED)
        return
    in_notice = listed is not None and listed.state == DishonestyEntry.State.NOTICED
    waiting = (
        in_notice
        and listed is not None
        and listed.counts_from is not None
        and listed.counts_from > local_day(now)
    )
    add_step(
        appeal.event,
        EventStatus.NOTICED if waiting else EventStatus.ACTIVE,
        user=user,
        note="维持原决定",
        now=now,
    )
    if in_notice and not waiting and listed is not None:
        DishonestyEntry.objects.filter(pk=listed.pk).update(state=DishonestyEntry.State.LISTED)


def _tell_desk(appeal: Appeal, now: dt.datetime) -> None:
    role = Role.TOWN_ADMIN if appeal.second_step else Role.VILLAGE_ADMIN
    people = holders(role)
    people = (
        people.filter(agency__scope_code=appeal.village.town_code, agency__kind="town")
        if appeal.second_step
        else people.filter(agency_id=appeal.village.agency_id)
    )
    open_task(
        people,
        _matter(appeal),
        "有一件申诉待组成评议组",
        url=f"/villages/appeals/{appeal.pk}/",
        due_on=appeal.due_on,
        now=now,
    )


def _matter(appeal: Appeal) -> str:
    return f"villages.appeal:{appeal.pk}:{int(appeal.second_step)}"


def _require_in_time(told_on: dt.date, now: dt.datetime) -> None:
    if local_day(now) > told_on + dt.timedelta(days=numbers()["appeal_days"]):
        raise UnableToAppeal(f"已超过告知后 {numbers()['appeal_days']} 天的申诉期。")


def _locked(appeal_id: UUID) -> Appeal:
    found = (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("resident__user", "village", "event").filter(pk=appeal_id).first()
    )  # fmt: skip
    if found is None:
        raise UnableToAppeal("没有找到这件申诉。")
    return found
