"""Agreements, grants and what is done with them: signed, used, reported, renewed, revoked, appealed."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

import audit
from accounts import inbox
from accounts.models import Agency, User
from accounts.roles import Role
from accounts.scopes import departments_of
from audit import Origin
from catalog.copy_marks import new_mark
from catalog.models import (
    Agreement,
    Appeal,
    Application,
    Grant,
    GrantUse,
    Release,
    Resource,
    Team,
    UseReport,
)
from catalog.opening_words import ApplicationState as S
from catalog.opening_words import UseWay, Way
from catalog.policies import is_grantable_field, way_allowed
from catalog.selectors.rights import held_by
from catalog.services.applications import UnableToApply, step
from foundation import keys
from foundation.calendar import add_working_days

REPORT_AFTER_DAYS = 180
APPEAL_DAYS = 15


class UnableToUseGrant(PermissionDenied):
    """The grant does not hold for this; the text says why. Pages and interfaces answer 403."""

    def __init__(self, reason: str, *, exhausted: bool = False) -> None:
        super().__init__(reason)
        self.exhausted = exhausted


class UnableToHandleGrant(ValueError):
    """An agreement, report, revocation or appeal is refused; the text says why."""


def offer_agreement(actor: User, application: Application, *, now: datetime, origin: Origin) -> Agreement:
    """The centre lays the agreement before the applicant; its text is fixed now. Raises :class:`UnableToHandleGrant`."""
    with audit.action("catalog.agreement.offered", origin=origin, target=f"application:{application.number}"):
        if Role.DATA_CENTRE_OPERATOR not in actor.roles:
            raise UnableToHandleGrant("协议由数据中心运营员出具。")
        if application.state != S.AGREEMENT:
            raise UnableToHandleGrant("申请尚未审核通过。")
        fields = {f.code: f.title for f in application.resource.fields.all()}
        text = render_to_string(
            "catalog/apply/agreement.txt",
            {
                "application": application, "dataset": application.dataset, "today": timezone.localdate(now),
                "fields": [fields.get(code, code) for code in application.fields],
            },
        )  # fmt: skip
        agreement, _ = Agreement.objects.update_or_create(
            application=application,
            defaults={
                "text": text, "digest": keys.sm3(text.encode()).hex(), "offered_by": actor, "offered_at": now,
                "signed_by": None, "signed_at": None,
            },
        )  # fmt: skip
        return agreement


def sign_agreement(user: User, application: Application, *, now: datetime, origin: Origin) -> Grant:
    """The applicant signs, and the grant is given. Raises :class:`UnableToHandleGrant`."""
    target = f"application:{application.number}"
    with audit.action("catalog.agreement.signed", origin=origin, target=target) as entry:
        locked = (
            Application.objects.select_for_update(of=("self",))
            .select_related("resource__dataset")
            .get(pk=application.pk)
        )
        if user.agency_id is None or user.agency_id != locked.made_by.agency_id:
            raise UnableToHandleGrant("只能签署本单位的协议。")
        agreement = Agreement.objects.filter(application=locked).first()
        if locked.state != S.AGREEMENT or agreement is None:
            raise UnableToHandleGrant("协议尚未出具。")
        today = timezone.localdate(now)
        if locked.ends_on < today:
            raise UnableToHandleGrant("申请的使用期限已过，请重新申请。")
        agreement.signed_by, agreement.signed_at = user, now
        agreement.save(update_fields=["signed_by", "signed_at"])
        grant = _give(
            locked.resource, user.agency, locked.fields, way=locked.way, quota=locked.quota,
            starts_on=max(locked.starts_on, today), ends_on=locked.ends_on, now=now, application=locked,
        )  # fmt: skip
        entry.detail |= {"grant": grant.pk, "digest": agreement.digest}
        step(locked, "协议已签，授权生效", S.GRANTED, user, "", now)
        return grant


def grant_to_team(team: Team, resource: Resource, fields: list[str], *, now: datetime) -> Grant:
    """Data of a competition, for the period the competition states. Inside an action of the caller."""
    competition = team.competition
    return _give(
        resource, team.agency, fields, way=Way.BOTH, quota=1000, starts_on=competition.data_from,
        ends_on=competition.data_to, now=now, team=team,
    )  # fmt: skip


def use_grant(
    user: User,
    grant_id: int,
    way: str,
    *,
    rows: int = 0,
    release: Release | None = None,
    now: datetime,
    origin: Origin,
) -> GrantUse:
    """Count one use before a row leaves, and log it. ``way``: of :class:`UseWay`. Raises :class:`UnableToUseGrant`.

    Two uses at once cannot share the last of the quota: the count goes up only where there is room. The use's
    ``mark`` is what the copy carries.
    """
    with audit.action(
        "catalog.grant.used", origin=origin, target=f"grant:{grant_id}", detail={"way": way, "rows": rows}
    ):
        if user.agency_id is None:
            raise UnableToUseGrant("该授权不属于本单位。")
        today = timezone.localdate(now)
        counted = Grant.objects.filter(
            held_by(user.agency_id), pk=grant_id, agency__is_active=True, revoked_at__isnull=True,
            starts_on__lte=today, ends_on__gte=today, used__lt=F("quota"),
        ).update(used=F("used") + 1, rows_taken=F("rows_taken") + rows)  # fmt: skip
        grant = Grant.objects.filter(held_by(user.agency_id), pk=grant_id).first()
        if grant is None:
            raise UnableToUseGrant("该授权不属于本单位。")
        if not counted:
            raise _why_not(grant, now)
        if not way_allowed(grant.way, None if way == UseWay.PAGE else way):
            raise UnableToUseGrant(f"该授权只允许{grant.get_way_display()}。")
        return GrantUse.objects.create(
            grant=grant, user=user, way=way, mark=new_mark(), release=release, rows=rows, at=now
        )


def revoke_grant(actor: User, grant: Grant, reason: str, *, now: datetime, origin: Origin) -> Grant:
    """End a grant at once. The department's reviewer or the centre's operator may. Raises :class:`UnableToHandleGrant`."""
    with audit.action(
        "catalog.grant.revoked", origin=origin, target=f"grant:{grant.pk}", detail={"reason": reason}
    ):
        locked = (
            Grant.objects.select_for_update(of=("self",))
            .select_related("resource__dataset__publisher")
            .get(pk=grant.pk)
        )
        own = locked.resource.dataset.publisher.code in departments_of(actor)
        if Role.DATA_CENTRE_OPERATOR not in actor.roles and not (own and Role.DATA_REVIEWER in actor.roles):
            raise UnableToHandleGrant("只有数源部门审核员或数据中心运营员可以收回授权。")
        if locked.revoked_at is not None:
            raise UnableToHandleGrant("该授权已收回。")
        if not reason.strip():
            raise UnableToHandleGrant("请写明收回授权的理由。")
        locked.revoked_at, locked.revoked_by, locked.revoke_reason = now, actor, reason.strip()
        locked.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
        if locked.application is not None:
            inbox.notify(
                [locked.application.made_by], f"授权已收回：{locked.resource.dataset.title}", text=reason,
                url=f"/catalog/applications/{locked.application.number}/", now=now,
            )  # fmt: skip
        return locked


def report_use(
    user: User,
    grant: Grant,
    *,
    text: str,
    results: str = "",
    incidents: str = "",
    now: datetime,
    origin: Origin,
) -> UseReport:
    """What was done with the data; moves the next report's date. Raises :class:`UnableToHandleGrant`."""
    with audit.action("catalog.use.reported", origin=origin, target=f"grant:{grant.pk}"):
        if grant.agency_id != user.agency_id:
            raise UnableToHandleGrant("只能报告本单位的使用情况。")
        if len(text.strip()) < 4:
            raise UnableToHandleGrant("请写明数据的使用情况。")
        due = min(timezone.localdate(now) + timedelta(days=REPORT_AFTER_DAYS), grant.ends_on)
        Grant.objects.filter(pk=grant.pk).update(report_due_on=due)
        return UseReport.objects.create(
            grant=grant,
            text=text.strip(),
            results=results.strip(),
            incidents=incidents.strip(),
            by=user,
            at=now,
        )


def appeal(user: User, application: Application, text: str, *, now: datetime, origin: Origin) -> Appeal:
    """Against a refusal, or the revocation of a grant. Raises :class:`UnableToHandleGrant`."""
    with audit.action("catalog.appeal.lodged", origin=origin, target=f"application:{application.number}"):
        if user.agency_id is None or user.agency_id != application.made_by.agency_id:
            raise UnableToHandleGrant("只能就本单位的申请申诉。")
        grant = Grant.objects.filter(application=application).first()
        if application.state != S.REFUSED and (grant is None or grant.revoked_at is None):
            raise UnableToHandleGrant("申请未通过或授权被收回后才能申诉。")
        if application.appeals.filter(answered_at__isnull=True).exists():
            raise UnableToHandleGrant("已有一项申诉在办理中。")
        if len(text.strip()) < 4:
            raise UnableToHandleGrant("请写明申诉理由。")
        due = add_working_days(timezone.localdate(now), APPEAL_DAYS)
        lodged = Appeal.objects.create(
            application=application, text=text.strip(), by=user, at=now, due_on=due
        )
        inbox.open_task(
            inbox.holders(Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER), f"catalog.appeal:{lodged.pk}",
            f"申诉待答复：{application.number}", url=f"/catalog/applications/{application.number}/", due_on=due, now=now,
        )  # fmt: skip
        return lodged


def answer_appeal(
    actor: User, lodged: Appeal, upheld: bool, answer: str, *, now: datetime, origin: Origin
) -> Appeal:
    """By someone who did not decide the matter. An upheld appeal sends the application back to the centre's review.

    Raises :class:`UnableToHandleGrant`.
    """
    application = lodged.application
    with audit.action(
        "catalog.appeal.answered",
        origin=origin,
        target=f"application:{application.number}",
        detail={"upheld": upheld},
    ):
        if not actor.roles & {Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER}:
            raise UnableToHandleGrant("申诉由数据中心运营员或安全保密管理员答复。")
        if lodged.answered_at is not None:
            raise UnableToHandleGrant("该申诉已答复。")
        deciders = set(application.steps.exclude(by=application.made_by).values_list("by", flat=True))
        grant = Grant.objects.filter(application=application).first()
        if actor.pk in deciders | ({grant.revoked_by_id} if grant else set()):
            raise UnableToHandleGrant("经办过该申请的人不能答复申诉，请由他人办理。")
        if not answer.strip():
            raise UnableToHandleGrant("请写明答复。")
        lodged.upheld, lodged.answer, lodged.answered_by, lodged.answered_at = (
            upheld,
            answer.strip(),
            actor,
            now,
        )
        lodged.save()
        inbox.close_tasks(f"catalog.appeal:{lodged.pk}", now)
        if upheld and grant is None:
            step(application, "申诉成立，重新审核", S.CENTRE_REVIEW, actor, answer, now)
        elif upheld and grant is not None:
            Grant.objects.filter(pk=grant.pk).update(revoked_at=None, revoked_by=None, revoke_reason="")
            step(application, "申诉成立，恢复授权", S.GRANTED, actor, answer, now)
        else:
            step(application, "申诉不成立", application.state, actor, answer, now)
        return lodged


def _give(
    resource: Resource,
    agency: Agency | None,
    fields: list[str],
    *,
    now: datetime,
    application: Application | None = None,
    team: Team | None = None,
    **told: object,
) -> Grant:
    """Only fields that may still be granted; none left is a refusal."""
    known = resource.fields.select_related("rule")
    allowed = {f.code for f in known if is_grantable_field(f, resource.dataset.opening)}
    kept = [code for code in fields if code in allowed]
    if not kept or agency is None:
        raise UnableToHandleGrant("所申请的字段已不能授权，请重新申请。")
    grant = Grant(
        resource=resource,
        agency=agency,
        fields=kept,
        application=application,
        team=team,
        given_at=now,
        **told,
    )
    grant.report_due_on = min(timezone.localdate(now) + timedelta(days=REPORT_AFTER_DAYS), grant.ends_on)
    grant.save()
    return grant


def _why_not(grant: Grant, now: datetime) -> UnableToUseGrant:
    today = timezone.localdate(now)
    if grant.revoked_at is not None:
        return UnableToUseGrant("授权已收回。")
    if today > grant.ends_on:
        return UnableToUseGrant("授权已到期，请申请续期。")
    if today < grant.starts_on:
        return UnableToUseGrant("授权尚未到起始日期。")
    return UnableToUseGrant("授权的次数已用完，请申请续期。", exhausted=True)


__all__ = [
    "UnableToApply",
    "UnableToHandleGrant",
    "UnableToUseGrant",
    "answer_appeal",
    "appeal",
    "grant_to_team",
    "offer_agreement",
    "report_use",
    "revoke_grant",
    "sign_agreement",
    "use_grant",
]
