"""The first three officers of a new installation: nobody is there yet who could appoint them."""

from datetime import datetime

import audit
from accounts.models import Agency, RoleGrant, User
from accounts.names import ALLOWED, canonical_username
from accounts.roles import AgencyKind, Role
from audit import Origin

from .passwords import issue_password

CENTRE = ("centre", "慈溪市大数据发展管理中心")


class UnableToAppointFirstOfficers(Exception):
    """There are officers already, or the names will not do; the text says why."""


def appoint_first_officers(names: dict[Role, str], *, now: datetime, origin: Origin) -> dict[str, str]:
    """Open one account for each of the three officers. Returns the issued password of each user name.

    Works once: as soon as a security officer exists, roles are granted by that officer alone.
    """
    with audit.action(
        "accounts.officers.appointed", origin=origin, detail={"usernames": list(names.values())}
    ):
        if RoleGrant.objects.filter(role=Role.SECURITY_OFFICER, user__is_demo=False).exists():
            raise UnableToAppointFirstOfficers("已有安全保密管理员，请由其在“角色管理”中授予。")
        spelled = {role: canonical_username(name) for role, name in names.items()}
        if len(set(spelled.values())) != len(spelled):
            raise UnableToAppointFirstOfficers("三员须为三个不同的账号。")
        code, name = CENTRE
        centre, _ = Agency.objects.get_or_create(
            code=code, defaults={"name": name, "kind": AgencyKind.DATA_CENTRE}
        )
        return {username: _appoint(username, role, centre, now) for role, username in spelled.items()}


def _appoint(username: str, role: Role, centre: Agency, now: datetime) -> str:
    if not ALLOWED.fullmatch(username) or User.objects.filter(username=username).exists():
        raise UnableToAppointFirstOfficers(f"用户名 {username} 不合规或已被使用。")
    user = User(username=username, full_name=username, agency=centre)
    user.set_unusable_password()
    user.save()
    RoleGrant.objects.create(user=user, role=role)
    return issue_password(user, now)
