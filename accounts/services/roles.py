"""Roles and extra scopes: granted and taken away by the security officer alone."""

from django.contrib.auth.models import Permission

import audit
from accounts.models import Agency, AgencyUserPermission, RoleGrant, User
from accounts.models.agency import ANSWER_FOR
from accounts.roles import CARDS, THREE_OFFICERS, AgencyKind, Role
from audit import Origin

SCOPED_KINDS = frozenset({AgencyKind.DEPARTMENT, AgencyKind.TOWN})
SCOPED_ROLES = frozenset(
    {Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR, Role.TOWN_ADMIN, Role.INDEX_ANALYST,
     Role.LEADER}
)  # fmt: skip


class UnableToGrantRole(Exception):
    """The role may not be given to this user, or not by this officer; the text says why."""


class UnableToRevokeRole(Exception):
    """The role may not be taken from this user, or not by this officer; the text says why."""


class UnableToGrantScope(Exception):
    """The user may not answer for this agency, or not by this officer's word; the text says why."""


def grant_role(officer: User, user: User, role: Role, *, origin: Origin) -> RoleGrant:
    """Give ``role`` to ``user``. Raises :class:`UnableToGrantRole`."""
    detail = {"role": role.value, "username": user.username}
    with audit.action("accounts.role.granted", origin=origin, target=f"user:{user.pk}", detail=detail):
        user = User.objects.select_for_update(of=("self",)).select_related("agency").get(pk=user.pk)
        if reason := _against_grant(officer, user, role):
            raise UnableToGrantRole(reason)
        return RoleGrant.objects.create(user=user, role=role, granted_by=officer)


def _against_grant(officer: User, user: User, role: Role) -> str:
    card, held = CARDS[role], user.roles
    if Role.SECURITY_OFFICER not in officer.roles:
        return "只有安全保密管理员可以授予角色。"
    if officer.pk == user.pk:
        return "不能为自己授予角色，请由另一名安全保密管理员办理。"
    if not user.is_active:
        return "该账号已停用，不能授予角色。"
    if user.is_superuser:
        return "超级用户不得在平台中使用，不能授予角色。"
    if role in held:
        return f"该用户已有“{card.label}”角色。"
    if user.agency is None or AgencyKind(user.agency.kind) not in card.agencies:
        kinds = "、".join(Agency.KINDS[kind] for kind in sorted(card.agencies))
        return f"“{card.label}”只能授予{kinds}的人员。"
    if role in THREE_OFFICERS and held & THREE_OFFICERS:
        label = CARDS[next(iter(held & THREE_OFFICERS))].label
        return f"系统管理员、安全保密管理员、安全审计员不得由一人兼任，该用户已是{label}。"
    return ""


def revoke_role(officer: User, user: User, role: Role, *, origin: Origin) -> None:
    """Take ``role`` from ``user``, from the next request on. Raises :class:`UnableToRevokeRole`."""
    detail = {"role": role.value, "username": user.username}
    with audit.action("accounts.role.revoked", origin=origin, target=f"user:{user.pk}", detail=detail):
        if Role.SECURITY_OFFICER not in officer.roles:
            raise UnableToRevokeRole("只有安全保密管理员可以收回角色。")
        if officer.pk == user.pk:
            raise UnableToRevokeRole("不能收回自己的角色，请由另一名安全保密管理员办理。")
        deleted, _ = RoleGrant.objects.filter(user=user, role=role).delete()
        if not deleted:
            raise UnableToRevokeRole(f"该用户没有“{CARDS[role].label}”角色。")


def grant_scope(officer: User, user: User, agency: Agency, *, origin: Origin) -> None:
    """Let ``user`` answer for ``agency`` besides the own one. Raises :class:`UnableToGrantScope`."""
    detail = {"agency": agency.code, "username": user.username}
    with audit.action("accounts.scope.granted", origin=origin, target=f"user:{user.pk}", detail=detail):
        if Role.SECURITY_OFFICER not in officer.roles or officer.pk == user.pk:
            raise UnableToGrantScope("代管范围只能由安全保密管理员为他人授予。")
        if AgencyKind(agency.kind) not in SCOPED_KINDS:
            raise UnableToGrantScope("代管范围只能是部门或镇街。")
        if agency.pk == user.agency_id:
            raise UnableToGrantScope("本机构无须另行授予。")
        if not user.roles & SCOPED_ROLES:
            raise UnableToGrantScope("该用户的角色不涉及部门或镇街业务，请先授予相应角色。")
        AgencyUserPermission.objects.get_or_create(
            user=user, content_object=agency, permission=answer_for_permission()
        )


def revoke_scope(officer: User, user: User, agency: Agency, *, origin: Origin) -> None:
    """End the user's answering for ``agency``. Raises :class:`UnableToGrantScope`."""
    detail = {"agency": agency.code, "username": user.username}
    with audit.action("accounts.scope.revoked", origin=origin, target=f"user:{user.pk}", detail=detail):
        if Role.SECURITY_OFFICER not in officer.roles or officer.pk == user.pk:
            raise UnableToGrantScope("代管范围只能由安全保密管理员为他人收回。")
        AgencyUserPermission.objects.filter(
            user=user, content_object=agency, permission__codename=ANSWER_FOR
        ).delete()


def answer_for_permission() -> Permission:
    return Permission.objects.get(codename=ANSWER_FOR, content_type__app_label="accounts")
