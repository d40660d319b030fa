"""The way of a dataset to the public: department draft, department review, centre review, scheduled, published."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import Role
from accounts.scopes import departments_of
from audit import Origin
from catalog.engine.gate import Finding, blocks
from catalog.models import Action, Dataset, FieldRule, ProtectionPlan, Release, Resource, WorkflowStep
from catalog.services.desensitise import UnableToDesensitise, protect
from catalog.services.gating import ask_gate
from catalog.services.grading import carry_rules, inherit_grades
from catalog.services.publish_tables import put_in_force
from catalog.vocabulary import State

INLINE_ROWS = 100_000


class UnableToMoveDataset(RuntimeError):
    """The step is refused; ``findings`` are the gate's, if it was asked."""

    def __init__(self, reason: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(reason)
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Turn:
    """Who must act next on a dataset, in words and in people."""

    who: str
    what: str
    people: tuple[User, ...] = ()


def submit(actor: User, dataset: Dataset, note: str = "", *, now: datetime, origin: Origin) -> Dataset:
    """The department's steward hands the draft in. The rules are run and the gate is asked first.

    Raises :class:`UnableToMoveDataset`.
    """
    with _action("submitted", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.DRAFT)
        _require_department(actor, locked, Role.DATA_STEWARD)
        prepare(locked, by=actor, now=now, origin=origin)
        _pass_gate(locked, now)
        return _move(locked, Action.SUBMIT, State.DEPARTMENT_REVIEW, actor, note, now)


def recall(actor: User, dataset: Dataset, note: str = "", *, now: datetime, origin: Origin) -> Dataset:
    """The steward takes a submission back. Raises :class:`UnableToMoveDataset`."""
    with _action("recalled", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.DEPARTMENT_REVIEW)
        _require_department(actor, locked, Role.DATA_STEWARD)
        return _move(locked, Action.RECALL, State.DRAFT, actor, note, now)


def pass_review(actor: User, dataset: Dataset, note: str = "", *, now: datetime, origin: Origin) -> Dataset:
    """The department's reviewer passes it to the data centre. Raises :class:`UnableToMoveDataset`."""
    with _action("passed", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.DEPARTMENT_REVIEW)
        _require_department(actor, locked, Role.DATA_REVIEWER)
        _require_other_than_submitter(actor, locked)
        _pass_gate(locked, now)
        return _move(locked, Action.PASS, State.CENTRE_REVIEW, actor, note, now)


def send_back(actor: User, dataset: Dataset, reason: str, *, now: datetime, origin: Origin) -> Dataset:
    """A reviewer sends it back to the department with a reason. Raises :class:`UnableToMoveDataset`."""
    with _action("returned", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.DEPARTMENT_REVIEW, State.CENTRE_REVIEW, State.SCHEDULED)
        if locked.state == State.DEPARTMENT_REVIEW:
            _require_department(actor, locked, Role.DATA_REVIEWER)
        else:
            _require_centre(actor)
        if not reason.strip():
            raise UnableToMoveDataset("退回时请写明需要修改的地方。")
        locked.publish_on = None
        return _move(locked, Action.RETURN, State.DRAFT, actor, reason, now)


def approve(
    actor: User,
    dataset: Dataset,
    note: str = "",
    *,
    publish_on: date | None = None,
    now: datetime,
    origin: Origin,
) -> Dataset:
    """The centre approves; published at once, or on ``publish_on``. Raises :class:`UnableToMoveDataset`."""
    with _action("approved", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.CENTRE_REVIEW)
        _require_centre(actor)
        today = timezone.localdate(now)
        if publish_on is not None and publish_on < today:
            raise UnableToMoveDataset("计划发布日期不能早于今天。")
        _require_other_than_submitter(actor, locked)
        _pass_gate(locked, now)
        locked.publish_on = publish_on or today
        scheduled = _move(locked, Action.APPROVE, State.SCHEDULED, actor, note, now)
        if scheduled.publish_on is not None and scheduled.publish_on <= today and _is_small(scheduled):
            return publish(scheduled, by=actor, now=now, origin=origin)
        return scheduled


def publish(dataset: Dataset, *, by: User | None, now: datetime, origin: Origin) -> Dataset:
    """Run the rules, ask the gate a last time, and put the dataset in force. Returns the published dataset.

    Raises :class:`UnableToMoveDataset`.
    """
    with _action("published", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.SCHEDULED)
        prepare(locked, by=by, now=now, origin=origin)
        findings = _pass_gate(locked, now)
        kept = _kept_rules(locked)
        before = locked.state
        public = put_in_force(locked, now=now)
        _give_rules_back(kept)
        public.publish_on = None
        public.save(update_fields=["publish_on"])
        inbox.close_tasks(_key(locked), now)
        _write(public, Action.PUBLISH, before, State.PUBLISHED, by, "", now, findings)
        return public


def publish_due(now: datetime, origin: Origin) -> tuple[int, int]:
    """Publish what is scheduled for today or earlier; what the gate stops goes back to the centre, with why.

    Returns how many were published and how many stopped.
    """
    done = stopped = 0
    due = Dataset.objects.filter(state=State.SCHEDULED, publish_on__lte=timezone.localdate(now))
    for dataset in due.order_by("publish_on", "pk"):
        try:
            publish(dataset, by=None, now=now, origin=origin)
            done += 1
        except UnableToMoveDataset as refusal:
            _stop(dataset, refusal, now, origin)
            stopped += 1
    return done, stopped


def withdraw(actor: User, dataset: Dataset, reason: str, *, now: datetime, origin: Origin) -> Dataset:
    """Take a published dataset away from the public at once. Raises :class:`UnableToMoveDataset`."""
    with _action("withdrawn", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.PUBLISHED)
        if Role.DATA_CENTRE_OPERATOR not in actor.roles:
            _require_department(actor, locked, Role.DATA_REVIEWER)
        if not reason.strip():
            raise UnableToMoveDataset("下架时请写明理由。")
        return _move(locked, Action.WITHDRAW, State.WITHDRAWN, actor, reason, now)


def restore(actor: User, dataset: Dataset, note: str = "", *, now: datetime, origin: Origin) -> Dataset:
    """Make a withdrawn dataset a draft again, to go the whole way anew. Raises :class:`UnableToMoveDataset`."""
    with _action("restored", dataset, origin):
        locked = _locked(dataset)
        _require(locked, State.WITHDRAWN)
        _require_department(actor, locked, Role.DATA_STEWARD)
        return _move(locked, Action.RESTORE, State.DRAFT, actor, note, now)


def prepare(dataset: Dataset, *, by: User | None, now: datetime, origin: Origin) -> None:
    """Carry rules into a revision, inherit grades, run the rules and make the proofs.

    Raises :class:`UnableToMoveDataset` if a rule cannot be run.
    """
    for resource in dataset.resources.select_related("revises", "dataset"):
        if resource.revises is not None:
            carry_rules(resource.revises, resource)
        inherit_grades(resource)
        try:
            protect(resource, by=by, now=now, origin=origin)
        except UnableToDesensitise as error:
            raise UnableToMoveDataset(f"{resource.name}：{error}") from error


def next_turn(dataset: Dataset) -> Turn:
    """Who must act next."""
    code, name = dataset.publisher.code, dataset.publisher.name
    if dataset.state == State.DRAFT:
        return Turn(
            f"{name}数据管理员", "完善后提交", tuple(inbox.holders(Role.DATA_STEWARD, scope_code=code))
        )
    if dataset.state == State.DEPARTMENT_REVIEW:
        return Turn(f"{name}审核员", "部门审核", tuple(inbox.holders(Role.DATA_REVIEWER, scope_code=code)))
    if dataset.state == State.CENTRE_REVIEW:
        return Turn("数据中心运营员", "数据中心审核", tuple(inbox.holders(Role.DATA_CENTRE_OPERATOR)))
    if dataset.state == State.SCHEDULED:
        return Turn("系统", f"{dataset.publish_on} 自动发布")
    return Turn("", "")


def _move(dataset: Dataset, action: str, after: str, by: User | None, reason: str, now: datetime) -> Dataset:
    before, dataset.state = dataset.state, after
    dataset.modified_at = now
    dataset.save(update_fields=["state", "publish_on", "modified_at"])
    _write(dataset, action, before, after, by, reason, now)
    inbox.close_tasks(_key(dataset), now)
    turn = next_turn(dataset)
    sent_back = action in (Action.RETURN, Action.BLOCK)
    if turn.people and (after != State.DRAFT or sent_back):
        inbox.open_task(
            turn.people, _key(dataset), f"{turn.what}：{dataset.title}", text=reason,
            url=f"/catalog/desk/{dataset.uid}/", now=now,
        )  # fmt: skip
    return dataset


def _write(
    dataset: Dataset, action: str, before: str, after: str, by: User | None, reason: str, now: datetime,
    findings: Sequence[Finding] = (),
) -> None:  # fmt: skip
    WorkflowStep.objects.create(
        dataset=dataset, action=action, before=before, after=after, reason=reason.strip(), by=by, at=now,
        findings=[asdict(finding) for finding in findings],
    )  # fmt: skip


def _stop(dataset: Dataset, refusal: UnableToMoveDataset, now: datetime, origin: Origin) -> None:
    with _action("blocked", dataset, origin):
        locked = _locked(dataset)
        locked.publish_on = None
        _move(locked, Action.BLOCK, State.CENTRE_REVIEW, None, str(refusal), now)


def _pass_gate(dataset: Dataset, now: datetime) -> tuple[Finding, ...]:
    findings = ask_gate(dataset, timezone.localdate(now))
    if blocks(findings):
        told = "；".join(f"{f.place}：{f.message}" if f.place else f.message for f in findings if f.blocking)
        raise UnableToMoveDataset(f"不符合开放条件：{told}", findings)
    return findings


def _kept_rules(dataset: Dataset) -> list[tuple[int, list[FieldRule], ProtectionPlan | None]]:
    """Rules and plan of each resource of a revision, by one of its releases: put_in_force replaces the fields."""
    if dataset.revises_id is None:
        return []
    kept = []
    for resource in dataset.resources.all():
        release = resource.releases.order_by("-number").values_list("pk", flat=True).first()
        if release is not None:
            rules = list(FieldRule.objects.filter(field__resource=resource).select_related("field"))
            kept.append((release, rules, ProtectionPlan.objects.filter(resource=resource).first()))
    return kept


def _give_rules_back(kept: list[tuple[int, list[FieldRule], ProtectionPlan | None]]) -> None:
    for release_id, rules, plan in kept:
        resource = Release.objects.select_related("resource").get(pk=release_id).resource
        fields = {field.code: field for field in resource.fields.all()}
        FieldRule.objects.filter(field__resource=resource).delete()
        for rule in rules:
            if rule.field.code in fields:
                rule.pk, rule.field = None, fields[rule.field.code]
                rule.save()
        _give_plan_back(resource, plan)


def _give_plan_back(resource: Resource, plan: ProtectionPlan | None) -> None:
    ProtectionPlan.objects.filter(resource=resource).delete()
    if plan is not None:
        plan.pk, plan.resource = None, resource
        plan.save()


def _is_small(dataset: Dataset) -> bool:
    rows = Release.objects.filter(resource__dataset=dataset).values_list("row_count", flat=True)
    return max(rows, default=0) <= INLINE_ROWS


def _require(dataset: Dataset, *states: str) -> None:
    if dataset.state not in states:
        raise UnableToMoveDataset(f"数据集当前为“{dataset.get_state_display()}”，不能这样办理。")


def _require_department(actor: User, dataset: Dataset, role: Role) -> None:
    if role not in actor.roles or dataset.publisher.code not in departments_of(actor):
        who = "审核员" if role == Role.DATA_REVIEWER else "数据管理员"
        raise UnableToMoveDataset(f"须由{dataset.publisher.name}的{who}办理。")


def _require_centre(actor: User) -> None:
    if Role.DATA_CENTRE_OPERATOR not in actor.roles:
        raise UnableToMoveDataset("须由数据中心运营员办理。")


def _require_other_than_submitter(actor: User, dataset: Dataset) -> None:
    last = dataset.steps.filter(action=Action.SUBMIT).order_by("-at", "-pk").first()
    if last is not None and last.by_id == actor.pk:
        raise UnableToMoveDataset("提交人不能审核自己提交的数据集。")


def _locked(dataset: Dataset) -> Dataset:
    return Dataset.objects.select_for_update(of=("self",)).select_related("publisher").get(pk=dataset.pk)


def _action(verb: str, dataset: Dataset, origin: Origin) -> Any:
    return audit.action(f"catalog.dataset.{verb}", origin=origin, target=f"dataset:{dataset.name}")


def _key(dataset: Dataset) -> str:
    return f"catalog.flow:{dataset.pk}"
