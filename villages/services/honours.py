"""荣誉申报: declared with a document, checked, announced, then points and score."""

import datetime as dt
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import UUID

import audit
from accounts.inbox import notify
from foundation.files import store
from villages.access import find_conflict
from villages.contracts import Award
from villages.engine.identifiers import derived_id, task_key
from villages.models import Honour, Resident
from villages.selectors.places import resident_of
from villages.selectors.scores import book_of, numbers, rule_set_in_force

from .ledger import local_day, new_key
from .rewards import words_for
from .rule_awards import award_under_rules, words_of_rules
from .score_events import record_event

State = Honour.State
LARGEST_DOCUMENT = 10 * 1024 * 1024


class UnableToDeclareHonour(ValueError):
    """The declaration or its decision is refused; the text is for the user."""


def declare(
    resident: Resident, *, rule_code: str, level: str, title: str, issued_by: str, issued_on: dt.date,
    document: BinaryIO, document_name: str, may_publish: bool, origin: audit.Origin, now: dt.datetime,
) -> Honour:  # fmt: skip
    """A resident declares an honour with its document. Raises :class:`UnableToDeclareHonour`."""
    today = local_day(now)
    rule_set = rule_set_in_force(resident.village, today)
    rule = book_of(rule_set).rules.get(rule_code) if rule_set else None
    if rule is None or rule.category != "honour":
        raise UnableToDeclareHonour("请选择荣誉类规则。")
    if rule.levels and level not in rule.levels:
        raise UnableToDeclareHonour("请选择荣誉级别。")
    if not title.strip() or not issued_by.strip():
        raise UnableToDeclareHonour("请填写荣誉名称和授予单位。")
    if issued_on > today:
        raise UnableToDeclareHonour("授予日期不能晚于今天。")
    if rule.months and (today - issued_on).days > 31 * rule.months:
        raise UnableToDeclareHonour("该荣誉已超过有效期，不能申报。")
    kept = store().put(document, limit_bytes=LARGEST_DOCUMENT)
    with audit.action("villages.honour.declared", origin=origin, target=f"resident:{resident.pk}") as entry:
        honour = Honour.objects.create(
            id=new_key(now), village=resident.village, resident=resident, rule_code=rule_code, level=level,
            title=title.strip()[:100], issued_by=issued_by.strip()[:80], issued_on=issued_on, document=kept.digest,
            document_name=document_name[:120], may_publish=may_publish, declared_at=now,
        )  # fmt: skip
        entry.detail |= {"honour": str(honour.pk), "rule": rule_code}
    return honour


def check(
    user: Any, honour_id: UUID, accepted: bool, reason: str = "", *, origin: audit.Origin, now: dt.datetime
) -> Honour:
    """An administrator has seen the document: on to the notice, or refused with a reason.

    After an objection the same question is put again: the notice begins anew, or the honour is refused.
    """
    with audit.action("villages.honour.checked", origin=origin, target=f"honour:{honour_id}") as entry:
        honour = _locked(honour_id)
        if honour.state not in (State.DECLARED, State.OBJECTED):
            raise UnableToDeclareHonour("该申报已处理，请刷新页面。")
        own = resident_of(user)
        home = honour.resident.household_id
        mine = own is not None and (
            own.pk == honour.resident_id or (home is not None and own.household_id == home)
        )
        if mine or find_conflict(user, honour.resident):
            raise UnableToDeclareHonour("涉及本人、同户或已申报的关系人，请由其他工作人员审核。")
        if not accepted and not reason.strip():
            raise UnableToDeclareHonour("请写明不予通过的理由。")
        entry.detail["accepted"] = accepted
        honour.checked_by, honour.checked_at, honour.reason = user, now, reason.strip()[:200]
        honour.state = State.NOTICE if accepted else State.REFUSED
        honour.notice_until = (
            local_day(now) + dt.timedelta(days=numbers()["honour_notice_days"]) if accepted else None
        )
        honour.save()
        if honour.resident.user is not None:
            text = f"公示至 {honour.notice_until}" if accepted else honour.reason
            notify(
                [honour.resident.user],
                f"荣誉申报{'进入公示' if accepted else '未通过'}：{honour.title}",
                text=text,
                now=now,
            )
    return honour


def object_to(honour_id: UUID, text: str, *, origin: audit.Origin, now: dt.datetime) -> Honour:
    """Somebody objects during the notice: it goes back to the desk."""
    with audit.action("villages.honour.objected", origin=origin, target=f"honour:{honour_id}"):
        honour = _locked(honour_id)
        if honour.state != State.NOTICE:
            raise UnableToDeclareHonour("该荣誉不在公示期内。")
        if not text.strip():
            raise UnableToDeclareHonour("请写明异议内容。")
        honour.state, honour.reason = State.OBJECTED, text.strip()[:200]
        honour.save()
    return honour


def grant_due(*, now: dt.datetime) -> int:
    """Honours whose notice is over: award, score event and state in one commit each; how many."""
    due = list(
        Honour.objects.filter(state=State.NOTICE, notice_until__lt=local_day(now)).values_list(
            "pk", flat=True
        )
    )
    for honour_id in due:
        with audit.action(
            "villages.honour.granted", origin=audit.Origin.system("celery"), target=f"honour:{honour_id}"
        ):
            _grant(_locked(honour_id), now)
    return len(due)


def _grant(honour: Honour, now: dt.datetime) -> None:
    if honour.state != State.NOTICE:
        return
    rule_set = rule_set_in_force(honour.village, local_day(now))
    rule = book_of(rule_set).rules.get(honour.rule_code) if rule_set else None
    if rule_set is None or rule is None:
        return
    points, score = rule.levels.get(honour.level, (rule.points[1], rule.score))
    key = derived_id(honour.pk, "award")
    if points:
        item = Award(
            key, honour.resident_id, task_key("honour", str(honour.pk)), local_day(now), points, rule.code
        )
        given = award_under_rules([item], honour.village, now=now, memo=honour.title, with_score=False)[0]
        honour.reason = (words_for(given) or words_of_rules(given.reason, book_of(rule_set).rules))[:200]
    event = None
    if score > Decimal(0):
        event = record_event(
            rule_set, rule.code, resident=honour.resident, occurred_on=honour.issued_on, delta=score, now=now,
            evidence=f"{honour.issued_by}《{honour.title}》", document=honour.document, ref=key,
            act=f"honour:{honour.title}" if rule.highest_of_act else "", key=derived_id(honour.pk, "score"),
        )  # fmt: skip
    honour.state, honour.event = State.GRANTED, event
    honour.save()


def _locked(honour_id: UUID) -> Honour:
    found = (
        Honour.objects.select_for_update(of=("self",))
        .select_related("resident__user", "village")
        .filter(pk=honour_id)
        .first()
    )
    if found is None:
        raise UnableToDeclareHonour("没有找到这项申报。")
    return found
