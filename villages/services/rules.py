"""Rule sets: drafted, voted, checked by law, announced, then published and frozen."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q

import audit
from accounts.inbox import holders, notify
from accounts.roles import Role
from villages.definitions import read
from villages.engine.rules import UnableToReadRules, digest_of, extend, forbidden_items, read_book
from villages.models import Resident, RuleSet, Village
from villages.selectors.scores import book_of, numbers, rule_set_in_force, scores_under

from .ledger import local_day

State = RuleSet.State


class UnableToChangeRules(ValueError):
    """The step is not possible; the text is for the user."""


@dataclass(frozen=True)
class GradeChange:
    """Whose grade a draft would change, over the last year's events."""

    resident: Resident
    before: str
    after: str
    score_before: float
    score_after: float


def starting_content() -> dict[str, Any]:
    """The forty-rule starting table."""
    return dict(read("qiaotou_rules.yaml"))


def draft_town_rules(
    user: Any,
    town_code: str,
    content: Mapping[str, Any],
    *,
    origin: audit.Origin,
    now: dt.datetime,
    title: str = "",
) -> RuleSet:
    """A new version of a town's set. Raises :class:`UnableToChangeRules` for faults and forbidden items."""
    checked = _checked(dict(content))
    return _draft(user, town_code, None, None, checked, {}, title or checked["title"], origin, now)


def draft_village_rules(
    user: Any,
    village: Village,
    changes: Mapping[str, Any],
    *,
    origin: audit.Origin,
    now: dt.datetime,
    title: str = "",
) -> RuleSet:
    """A village's extension of its town's set in force. Raises :class:`UnableToChangeRules`."""
    town = _latest_published(village.town_code)
    if town is None:
        raise UnableToChangeRules("镇街规则尚未施行，村级规则须在其基础上制定。")
    try:
        content = extend(town.content, changes)
    except UnableToReadRules as error:
        raise UnableToChangeRules(str(error)) from error
    checked = _checked(content)
    return _draft(
        user, village.town_code, village, town, checked, dict(changes), title or f"{village.name}积分与桥头分规则",
        origin, now,
    )  # fmt: skip


def record_council(
    user: Any, rule_set_id: int, *, minutes_ref: str, minutes_on: dt.date, votes: str, origin: audit.Origin,
    now: dt.datetime,
) -> RuleSet:  # fmt: skip
    """The villagers' council has voted: minutes, day, result."""
    if not minutes_ref.strip() or not votes.strip():
        raise UnableToChangeRules("请填写会议纪要编号和表决结果。")
    if minutes_on > local_day(now):
        raise UnableToChangeRules("表决日期不能晚于今天。")
    values = {
        "minutes_ref": minutes_ref.strip()[:120],
        "minutes_on": minutes_on,
        "minutes_votes": votes.strip()[:60],
    }
    return _step(rule_set_id, State.DRAFT, State.COUNCIL, values, "villages.rules.voted", origin)


def record_legal_check(
    user: Any, rule_set_id: int, *, note: str, origin: audit.Origin, now: dt.datetime
) -> RuleSet:
    """The town's legal check; not by who drafted it."""
    if not note.strip():
        raise UnableToChangeRules("请填写合法性审查意见。")
    rule_set = RuleSet.objects.get(pk=rule_set_id)
    if rule_set.made_by_id == user.pk:
        raise UnableToChangeRules("起草人不能审查自己起草的规则。")
    _checked(rule_set.content)
    values = {"legal_by": user, "legal_at": now, "legal_note": note.strip()[:200]}
    return _step(rule_set_id, State.COUNCIL, State.LEGAL, values, "villages.rules.checked", origin)


def announce(user: Any, rule_set_id: int, *, origin: audit.Origin, now: dt.datetime) -> RuleSet:
    """Begin the public notice."""
    rule_set = _step(
        rule_set_id,
        State.LEGAL,
        State.NOTICE,
        {"notice_from": local_day(now)},
        "villages.rules.announced",
        origin,
    )
    villages = (
        [rule_set.village] if rule_set.village else list(Village.objects.filter(town_code=rule_set.town_code))
    )
    people = Resident.objects.filter(village__in=villages, user__isnull=False).select_related("user")
    notify(
        [resident.user for resident in people if resident.user], f"规则公示：{rule_set.title}",
        text=f"公示 {numbers()['notice_days']} 天，如有意见请向村里提出。", url="/villages/rules/", now=now,
    )  # fmt: skip
    return rule_set


def publish(user: Any, rule_set_id: int, *, origin: audit.Origin, now: dt.datetime) -> RuleSet:
    """Put a set in force from tomorrow, once its notice is over; the version before ends today.

    Raises :class:`UnableToChangeRules` while the notice runs, or if the town's set changed since the draft.
    """
    today = local_day(now)
    with audit.action("villages.rules.published", origin=origin) as entry:
        rule_set = RuleSet.objects.select_for_update(of=("self",)).get(pk=rule_set_id)
        entry.target = f"rule_set:{rule_set.pk}"
        if rule_set.state != State.NOTICE or rule_set.notice_from is None:
            raise UnableToChangeRules("规则须先经公示才能施行。")
        ends = rule_set.notice_from + dt.timedelta(days=numbers()["notice_days"])
        if today < ends:
            raise UnableToChangeRules(f"公示期至 {ends - dt.timedelta(days=1)} 止，期满后才能施行。")
        if rule_set.parent_id and rule_set.parent_id != getattr(
            _latest_published(rule_set.town_code), "pk", None
        ):
            raise UnableToChangeRules("镇街规则已有新版本，请在新版本上重新起草。")
        first = today + dt.timedelta(days=1)
        older = RuleSet.objects.filter(
            Q(village=rule_set.village) if rule_set.village_id else Q(village__isnull=True),
            town_code=rule_set.town_code, published_at__isnull=False, valid_to__isnull=True,
        )  # fmt: skip
        older.update(valid_to=today)
        rule_set.valid_from, rule_set.state = first, State.PUBLISHED
        rule_set.published_at, rule_set.published_by = now, user
        rule_set.save()
        entry.detail |= {"version": rule_set.version, "digest": rule_set.digest}
    return rule_set


def install_starting_rules(
    town_code: str, *, valid_from: dt.date, now: dt.datetime, minutes_ref: str = "演示数据"
) -> RuleSet:
    """The starting table as a town's first set, in force from ``valid_from``: for demonstrations and tests."""
    existing = RuleSet.objects.filter(town_code=town_code, village__isnull=True, version=1).first()
    if existing is not None:
        return existing
    content = _checked(starting_content())
    return RuleSet.objects.create(
        town_code=town_code, version=1, title=content["title"], state=State.PUBLISHED, content=content,
        digest=digest_of(content), made_at=now, minutes_ref=minutes_ref, minutes_on=valid_from, minutes_votes="通过",
        legal_at=now, legal_note=minutes_ref, notice_from=valid_from - dt.timedelta(days=8), valid_from=valid_from,
        published_at=now,
    )  # fmt: skip


def dry_run(rule_set: RuleSet, *, now: dt.datetime) -> tuple[int, list[GradeChange]]:
    """Who would change grade today if the draft had been in force over the last year: ``(people, changes)``.

    Every event is judged by the draft's rule of the same code; an item the draft switched off counts for nothing.
    """
    today, draft = local_day(now), book_of(rule_set)
    villages = (
        [rule_set.village] if rule_set.village else list(Village.objects.filter(town_code=rule_set.town_code))
    )
    seen, changes = 0, []
    for village in villages:
        active = Resident.objects.filter(village=village, status=Resident.Status.ACTIVE)
        people = list(active.values_list("pk", flat=True))
        scores = scores_under(draft, village, people, today, now)
        seen += len(people)
        found = {
            pk: (old, new)
            for pk, (old, new) in scores.items()
            if old is not None and old.grade.code != new.grade.code
        }
        changes += [
            GradeChange(person, old.grade.code, new.grade.code, float(old.value), float(new.value))
            for person in active.filter(pk__in=found).select_related("village")
            for old, new in [found[person.pk]]
        ]
    return seen, changes


def _draft(
    user: Any, town_code: str, village: Village | None, parent: RuleSet | None, content: dict[str, Any],
    changes: dict[str, Any], title: str, origin: audit.Origin, now: dt.datetime,
) -> RuleSet:  # fmt: skip
    with audit.action("villages.rules.drafted", origin=origin) as entry:
        same = RuleSet.objects.filter(town_code=town_code, village=village)
        version = (same.aggregate(last=Max("version"))["last"] or 0) + 1
        rule_set = RuleSet.objects.create(
            town_code=town_code, village=village, parent=parent, version=version, title=title[:80], changes=changes,
            content=content, digest=digest_of(content), made_by=user, made_at=now,
        )  # fmt: skip
        entry.target = f"rule_set:{rule_set.pk}"
        notify(
            holders(Role.TOWN_ADMIN, scope_code=town_code),
            f"规则草案待审查：{rule_set.title}",
            url="/villages/rules/",
            now=now,
        )
        return rule_set


def _checked(content: dict[str, Any]) -> dict[str, Any]:
    try:
        read_book(content)
    except UnableToReadRules as error:
        raise UnableToChangeRules(str(error)) from error
    if found := forbidden_items(content, read("forbidden.yaml")):
        raise UnableToChangeRules("；".join(found))
    return content


def _latest_published(town_code: str) -> RuleSet | None:
    sets = RuleSet.objects.filter(town_code=town_code, village__isnull=True, published_at__isnull=False)
    return sets.order_by("-version").first()


def _step(
    rule_set_id: int, expected: str, state: str, values: dict[str, Any], code: str, origin: audit.Origin
) -> RuleSet:
    with audit.action(code, origin=origin, target=f"rule_set:{rule_set_id}"):
        rule_set = RuleSet.objects.select_for_update(of=("self",)).get(pk=rule_set_id)
        if rule_set.state != expected:
            raise UnableToChangeRules(f"规则当前为“{rule_set.get_state_display()}”，不能进行此步骤。")
        for name, value in values.items():
            setattr(rule_set, name, value)
        rule_set.state = state
        rule_set.save()
        return rule_set


__all__ = [
    "GradeChange", "UnableToChangeRules", "announce", "draft_town_rules", "draft_village_rules", "dry_run",
    "install_starting_rules", "publish", "record_council", "record_legal_check", "rule_set_in_force",
    "starting_content",
]  # fmt: skip
