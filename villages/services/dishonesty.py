"""失信清单: facts with rule and evidence, two people, notice before they count, repair. Never a public board."""

import datetime as dt
from typing import Any
from uuid import UUID

import audit
from accounts.inbox import notify
from villages.models import DishonestyEntry, EventStatus, Resident, ScoreEvent
from villages.selectors.places import administers, resident_of, supervises
from villages.selectors.scores import book_of, numbers, rule_set_in_force

from .ledger import local_day
from .score_events import add_step, current_status, record_event

State = DishonestyEntry.State
REPAIR_RULE = "R01"


class UnableToList(ValueError):
    """The step is refused; the text is for the officer."""


def propose(
    user: Any, resident: Resident, rule_code: str, *, occurred_on: dt.date, evidence: str, document: str = "",
    origin: audit.Origin, now: dt.datetime,
) -> DishonestyEntry:  # fmt: skip
    """The first of two people states a fact under a rule that deducts or limits.

    Raises :class:`UnableToList` for a rule that does neither, an own case, or somebody of the own household.
    """
    with audit.action(
        "villages.dishonesty.proposed", origin=origin, target=f"resident:{resident.pk}"
    ) as entry:
        _require_uninvolved(user, resident)
        rule_set = rule_set_in_force(resident.village, local_day(now))
        rule = book_of(rule_set).rules.get(rule_code) if rule_set else None
        if rule_set is None or rule is None or not rule.is_negative:
            raise UnableToList("该规则不在施行的扣分或限级目录中。")
        event = record_event(
            rule_set, rule_code, resident=resident, occurred_on=occurred_on, evidence=evidence, document=document,
            user=user, status=EventStatus.PROPOSED, now=now,
        )  # fmt: skip
        entry.detail |= {"rule": rule_code, "event": str(event.pk)}
        return DishonestyEntry.objects.create(
            event=event, village=resident.village, proposed_by=user, proposed_at=now
        )


def confirm(user: Any, event_id: UUID, *, origin: audit.Origin, now: dt.datetime) -> DishonestyEntry:
    """The second person agrees: the resident is told, and it counts only after the notice."""
    with audit.action("villages.dishonesty.confirmed", origin=origin, target=f"event:{event_id}"):
        listed = _locked(event_id)
        resident = listed.event.resident
        assert resident is not None
        _require_state(listed, State.PROPOSED)
        _require_uninvolved(user, resident)
        if listed.proposed_by_id == user.pk:
            raise UnableToList("须由另一位工作人员复核。")
        listed.state, listed.confirmed_by, listed.confirmed_at = State.NOTICED, user, now
        listed.counts_from = local_day(now) + dt.timedelta(days=numbers()["event_notice_days"])
        listed.save()
        add_step(listed.event, EventStatus.NOTICED, user=user, now=now)
        if resident.user is not None:
            notify(
                [resident.user], "有一项扣分记录告知您", url=f"/villages/my/score/{event_id}/", now=now,
                text=f"自 {listed.counts_from} 起计入。如有异议，请在 {numbers()['appeal_days']} 天内申诉，申诉期间不计入。",
            )  # fmt: skip
        return listed


def drop(
    user: Any, event_id: UUID, reason: str, *, origin: audit.Origin, now: dt.datetime
) -> DishonestyEntry:
    """The second person does not agree, or the fact turned out wrong before it counted."""
    with audit.action("villages.dishonesty.dropped", origin=origin, target=f"event:{event_id}"):
        listed = _locked(event_id)
        if listed.state not in (State.PROPOSED, State.NOTICED):
            raise UnableToList("该记录已生效，请通过申诉或修复处理。")
        if not reason.strip():
            raise UnableToList("请写明不成立的理由。")
        listed.state = State.DROPPED
        listed.save(update_fields=["state"])
        add_step(listed.event, EventStatus.WITHDRAWN, user=user, note=reason, now=now)
        return listed


def repair(
    user: Any, event_id: UUID, note: str, *, origin: audit.Origin, now: dt.datetime
) -> DishonestyEntry:
    """The council records a repair: the item ends early, twice a year at most."""
    with audit.action("villages.dishonesty.repaired", origin=origin, target=f"event:{event_id}"):
        listed = _locked(event_id)
        _require_state(listed, State.LISTED)
        resident = listed.event.resident
        assert resident is not None
        _require_uninvolved(user, resident)
        if not note.strip():
            raise UnableToList("请写明修复情况（服务记录或改正复查）。")
        today = local_day(now)
        done = DishonestyEntry.objects.filter(event__resident=resident, repaired_on__year=today.year).count()
        if done >= numbers()["repairs_per_year"]:
            raise UnableToList(f"每人每年最多修复 {numbers()['repairs_per_year']} 项。")
        listed.state, listed.repaired_on, listed.repair_note = State.REPAIRED, today, note.strip()[:200]
        listed.save()
        add_step(listed.event, EventStatus.REPAIRED, user=user, note=note, now=now)
        if resident.user is not None:
            notify(
                [resident.user],
                "您的一项记录已修复",
                text="该项不再计入桥头分。",
                url="/villages/my/score/",
                now=now,
            )
        return listed


def activate_due(*, now: dt.datetime) -> int:
    """Entries whose notice is over begin to count, unless they are under appeal; ended ones leave the list."""
    today = local_day(now)
    moved = 0
    due = DishonestyEntry.objects.filter(state=State.NOTICED, counts_from__lte=today).select_related("event")
    for listed in due:
        if current_status(listed.event) == EventStatus.NOTICED:
            add_step(listed.event, EventStatus.ACTIVE, note="告知期满", now=now)
            DishonestyEntry.objects.filter(pk=listed.pk).update(state=State.LISTED)
            moved += 1
    DishonestyEntry.objects.filter(state=State.LISTED, event__valid_to__lt=today).update(state=State.ENDED)
    return moved


def may_read(user: Any, entry: DishonestyEntry) -> bool:
    """The person, the village's administrators and the town's; nobody else."""
    event: ScoreEvent = entry.event
    own = event.resident is not None and event.resident.user_id == user.pk
    return own or administers(user, entry.village) or supervises(user, entry.village)


def _locked(event_id: UUID) -> DishonestyEntry:
    found = (
        DishonestyEntry.objects.select_for_update(of=("self",))
        .select_related("event__resident__user", "village").filter(pk=event_id).first()
    )  # fmt: skip
    if found is None:
        raise UnableToList("没有找到这项记录。")
    return found


def _require_state(entry: DishonestyEntry, state: str) -> None:
    if entry.state != state:
        raise UnableToList(f"该记录当前为“{entry.get_state_display()}”，不能进行此操作。")


def _require_uninvolved(user: Any, resident: Resident) -> None:
    own = resident_of(user)
    if own is not None and (
        own.pk == resident.pk or (own.household_id and own.household_id == resident.household_id)
    ):
        raise UnableToList("涉及本人或同户人员，请由其他工作人员办理。")
