"""Applications for restricted data: asked by an organisation, reviewed by the department and the data centre."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO

from django.utils import timezone

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import Role
from accounts.scopes import departments_of
from audit import Origin
from catalog.models import Application, ApplicationStep, Dataset, Grant, Registration, Resource, ResourceField
from catalog.opening_words import ApplicationState, RegistrationState, Way
from catalog.policies import is_grantable_field, is_open_to_public, is_public_field
from catalog.services.registrations import registration_of
from catalog.vocabulary import Opening
from foundation.calendar import add_working_days
from foundation.files import FolderStore

APPLICANTS = (Role.OUTSIDE_APPLICANT, Role.BANK_MANAGER)
DEPARTMENT_DAYS, CENTRE_DAYS = 10, 10
LONGEST_DAYS = 366 * 2
LARGEST_QUOTA = 1_000_000
PROOF_BYTES = 20 * 1024 * 1024
PROOF_ENDINGS = (".pdf", ".png", ".jpg", ".jpeg", ".docx")
S = ApplicationState


class UnableToApply(ValueError):
    """The application cannot go on like this; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    fields: tuple[str, ...]
    purpose: str
    scene: str
    way: str
    quota: int
    starts_on: date
    ends_on: date
    security: str
    committed: bool


def grantable_fields(resource: Resource) -> list[ResourceField]:
    """Fields an application may ask for: not public already, and not forbidden."""
    opening = resource.dataset.opening
    fields = resource.fields.select_related("rule").order_by("position")
    return [f for f in fields if is_grantable_field(f, opening) and not is_public_field(f, opening)]


def apply_for(
    user: User,
    resource: Resource,
    wish: Wish,
    *,
    renews: Grant | None = None,
    proof: tuple[str, bytes] | None = None,
    store: FolderStore | None = None,
    now: datetime,
    origin: Origin,
) -> Application:
    """Hand in an application; it goes to the department at once. Raises :class:`UnableToApply`.

    ``proof``: name and bytes of a document on the security capability, kept in ``store``.
    """
    detail = {"resource": resource.pk, "fields": list(wish.fields), "way": wish.way}
    with audit.action("catalog.application.submitted", origin=origin, detail=detail) as entry:
        registration = _require_applicant(user)
        dataset = resource.dataset
        _require_open(dataset)
        _check(resource, wish, timezone.localdate(now))
        if renews is not None and (renews.agency_id != user.agency_id or renews.resource_id != resource.pk):
            raise UnableToApply("只能续期本单位对同一数据的授权。")
        digest, name = _keep(proof, store)
        application = Application(
            registration=registration, dataset=dataset, resource=resource, renews=renews, security_digest=digest,
            security_name=name, made_by=user, made_at=now, number="", **_values(wish),
        )  # fmt: skip
        application.number = f"new{secrets.token_hex(8)}"
        application.save()
        application.number = f"SX{timezone.localdate(now):%Y%m%d}-{application.pk:05d}"
        application.save(update_fields=["number"])
        entry.target = f"application:{application.number}"
        _submit(application, user, "提交申请", now)
        return application


def resubmit(
    user: User,
    application: Application,
    wish: Wish,
    *,
    proof: tuple[str, bytes] | None = None,
    store: FolderStore | None = None,
    now: datetime,
    origin: Origin,
) -> Application:
    """Hand a returned application in again, corrected; without ``proof`` the document handed in before stays.

    Raises :class:`UnableToApply`.
    """
    with _action("resubmitted", application, origin):
        locked = _locked(application)
        _require_own(user, locked)
        _require_state(locked, S.RETURNED)
        _check(locked.resource, wish, timezone.localdate(now))
        for key, value in _values(wish).items():
            setattr(locked, key, value)
        digest, name = _keep(proof, store)
        if digest:
            locked.security_digest, locked.security_name = digest, name
        _submit(locked, user, "补正后再次提交", now)
        return locked


def withdraw_application(
    user: User, application: Application, *, now: datetime, origin: Origin
) -> Application:
    """Take back an application that is not decided yet. Raises :class:`UnableToApply`."""
    with _action("withdrawn", application, origin):
        locked = _locked(application)
        _require_own(user, locked)
        _require_state(locked, S.DEPARTMENT_REVIEW, S.CENTRE_REVIEW, S.RETURNED, S.AGREEMENT)
        step(locked, "申请人撤回", S.WITHDRAWN, user, "", now)
        return locked


def review(
    actor: User, application: Application, verdict: str, opinion: str, *, now: datetime, origin: Origin
) -> Application:
    """The department's or the centre's word: ``pass``, ``return`` for supplement, or ``refuse``.

    The department's reviewer passes to the centre, the centre's operator to the agreement; nobody does both, and
    returning or refusing needs a reason. Raises :class:`UnableToApply`.
    """
    with _action("reviewed", application, origin, verdict=verdict):
        locked = _locked(application)
        _require_reviewer(actor, locked)
        if verdict not in ("pass", "return", "refuse"):
            raise UnableToApply("请选择通过、退回补正或不通过。")
        if verdict != "pass" and not opinion.strip():
            raise UnableToApply("退回补正或不通过时请写明理由。", "opinion")
        at_department = locked.state == S.DEPARTMENT_REVIEW
        place = "部门" if at_department else "数据中心"
        if verdict == "pass":
            _require_open(locked.dataset)
            after = S.CENTRE_REVIEW if at_department else S.AGREEMENT
            step(locked, f"{place}审核通过", after, actor, opinion, now)
        elif verdict == "return":
            step(locked, f"{place}退回补正", S.RETURNED, actor, opinion, now)
        else:
            step(locked, f"{place}审核不通过", S.REFUSED, actor, opinion, now)
        return locked


def step(
    application: Application, action: str, after: str, by: User | None, reason: str, now: datetime
) -> ApplicationStep:
    """Move an application, write the step down, and tell who must act next. Inside an action of the caller."""
    today = timezone.localdate(now)
    application.state = after
    days = {S.DEPARTMENT_REVIEW: DEPARTMENT_DAYS, S.CENTRE_REVIEW: CENTRE_DAYS}.get(S(after))
    application.due_on = add_working_days(today, days) if days else None
    application.save()
    inbox.close_tasks(_key(application), now)
    url = f"/catalog/applications/{application.number}/"
    people = waiting_people(application)
    if people:
        inbox.open_task(
            people, _key(application), f"受限开放申请 {application.number}：{S(after).label}", url=url,
            due_on=application.due_on, now=now,
        )  # fmt: skip
    if by is None or by.agency_id != application.made_by.agency_id:
        inbox.notify(
            [application.made_by], f"申请 {application.number}：{action}", text=reason, url=url, now=now
        )
    return ApplicationStep.objects.create(
        application=application, action=action, after=after, reason=reason.strip(), by=by, at=now
    )


def waiting_people(application: Application) -> list[User]:
    """Who must act next on an application."""
    if application.state == S.DEPARTMENT_REVIEW:
        return list(inbox.holders(Role.DATA_REVIEWER, scope_code=application.dataset.publisher.code))
    if application.state == S.CENTRE_REVIEW:
        return list(inbox.holders(Role.DATA_CENTRE_OPERATOR))
    return [application.made_by] if application.state in (S.RETURNED, S.AGREEMENT) else []


def _submit(application: Application, user: User, action: str, now: datetime) -> None:
    application.submitted_at = now
    step(application, action, S.DEPARTMENT_REVIEW, user, "", now)


def _values(wish: Wish) -> dict[str, object]:
    return {**wish.__dict__, "fields": list(wish.fields)}


def _check(resource: Resource, wish: Wish, today: date) -> None:
    """The formal check: everything named, asked for rightly, and promised."""
    known = {field.code for field in grantable_fields(resource)}
    if not wish.fields:
        raise UnableToApply("请选择要申请的字段。", "fields")
    if strange := sorted(set(wish.fields) - known):
        raise UnableToApply(f"这些字段不能申请：{'、'.join(strange)}。", "fields")
    for name, text in (("purpose", wish.purpose), ("scene", wish.scene), ("security", wish.security)):
        if len(text.strip()) < 4:
            raise UnableToApply("请写明使用目的、应用场景与安全保障能力。", name)
    if wish.way not in Way.values:
        raise UnableToApply("请选择获取方式。", "way")
    if not 1 <= wish.quota <= LARGEST_QUOTA:
        raise UnableToApply(f"次数须在 1 至 {LARGEST_QUOTA:,} 之间。", "quota")
    if wish.starts_on < today or wish.ends_on <= wish.starts_on:
        raise UnableToApply("使用期限须从今天或以后开始，止日晚于起日。", "ends_on")
    if wish.ends_on - wish.starts_on > timedelta(days=LONGEST_DAYS):
        raise UnableToApply("使用期限最长两年，到期可以续期。", "ends_on")
    if not wish.committed:
        raise UnableToApply("须先签署数据安全承诺。", "committed")


def _keep(proof: tuple[str, bytes] | None, store: FolderStore | None) -> tuple[str, str]:
    if proof is None or store is None:
        return "", ""
    name, content = proof
    if not name.lower().endswith(PROOF_ENDINGS):
        raise UnableToApply("证明材料须为 PDF、Word 或图片。", "proof")
    kept = store.put(BytesIO(content), limit_bytes=PROOF_BYTES)
    return kept.digest, name[-200:]


def _require_applicant(user: User) -> Registration:
    if not user.roles & frozenset(APPLICANTS):
        raise UnableToApply("只有外部申请人或银行管理员可以申请受限开放数据。")
    registration = registration_of(user)
    if registration is None:
        raise UnableToApply("请先登记本单位。")
    if registration.state != RegistrationState.CONFIRMED:
        raise UnableToApply("本单位的登记尚未由数据中心确认。")
    return registration


def _require_open(dataset: Dataset) -> None:
    if not is_open_to_public(dataset) or dataset.opening == Opening.FORBIDDEN:
        raise UnableToApply("该数据集当前未开放，不能申请。")


def _require_own(user: User, application: Application) -> None:
    if user.agency_id is None or user.agency_id != application.made_by.agency_id:
        raise UnableToApply("只能办理本单位的申请。")


def _require_reviewer(actor: User, application: Application) -> None:
    if application.state == S.DEPARTMENT_REVIEW:
        own = application.dataset.publisher.code in departments_of(actor)
        if Role.DATA_REVIEWER not in actor.roles or not own:
            raise UnableToApply("须由数源部门的审核员审核。")
    elif application.state == S.CENTRE_REVIEW:
        if Role.DATA_CENTRE_OPERATOR not in actor.roles:
            raise UnableToApply("须由数据中心运营员审核。")
        if application.steps.filter(by=actor, after=S.CENTRE_REVIEW).exists():
            raise UnableToApply("部门审核与数据中心审核不得为同一人。")
    else:
        raise UnableToApply("该申请当前不在审核中。")


def _require_state(application: Application, *states: str) -> None:
    if application.state not in states:
        raise UnableToApply(f"申请当前为“{application.get_state_display()}”，不能这样办理。")


def _locked(application: Application) -> Application:
    found = Application.objects.select_for_update(of=("self",)).select_related(
        "dataset__publisher", "resource__dataset", "made_by__agency", "registration"
    )
    return found.get(pk=application.pk)


def _action(verb: str, application: Application, origin: Origin, **detail: object):  # type: ignore[no-untyped-def]
    return audit.action(
        f"catalog.application.{verb}",
        origin=origin,
        target=f"application:{application.number}",
        detail=detail,
    )


def _key(application: Application) -> str:
    return f"catalog.application:{application.pk}"


def close_all(applications: Iterable[Application], now: datetime) -> None:
    """End the open matters of applications whose dataset was withdrawn."""
    for application in applications:
        inbox.close_tasks(_key(application), now)
