"""Puts the demo city's agencies and sign-ins into the database, as often as one likes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from accounts.models import Agency, Authenticator, RoleGrant, User
from accounts.roles import CARDS

from .agencies import DemoAgency
from .people import PEOPLE


class UnableToMakeDemoAccounts(RuntimeError):
    """Demo sign-ins may not exist in this installation."""


@dataclass(frozen=True)
class DemoSignIn:
    """One line of the table shown to whoever starts the demo."""

    username: str
    role: str
    agency: str
    second_factor: bool


@transaction.atomic
def prepare_demo_accounts(agencies: Iterable[DemoAgency], password: str, now: datetime) -> list[DemoSignIn]:
    """Make what is missing and mend what differs; accounts that are not demo accounts stay untouched.

    All demo sign-ins share one password and thus one hash: a start of the demo computes it at most once.
    """
    if not settings.PORTAL_DEMO:
        raise UnableToMakeDemoAccounts("本系统未启用演示模式，不能建立演示账号。")
    by_code = _keep_agencies(list(agencies))
    users = _keep_users(by_code, password, now)
    _keep_grants(users)
    _keep_devices(users)
    return [
        DemoSignIn(p.username, CARDS[p.role].label, by_code[p.agency].name, CARDS[p.role].second_factor)
        for p in PEOPLE
    ]


def _keep_agencies(wanted: list[DemoAgency]) -> dict[str, Agency]:
    found = {a.code: a for a in Agency.objects.filter(code__in=[w.code for w in wanted])}
    for want in wanted:
        parent = found[want.parent] if want.parent else None
        values = {"name": want.name, "kind": want.kind.value, "parent": parent, "scope_code": want.scope_code}
        have = found.get(want.code)
        if have is None:
            found[want.code] = Agency.objects.create(code=want.code, **values)
        elif (have.name, have.kind, have.parent_id, have.scope_code) != (
            want.name, want.kind.value, parent.pk if parent else None, want.scope_code,
        ):  # fmt: skip
            Agency.objects.filter(pk=have.pk).update(**values)
            have.name, have.kind = want.name, want.kind.value
    return found


def _keep_users(agencies: dict[str, Agency], password: str, now: datetime) -> dict[str, User]:
    names = [person.username for person in PEOPLE]
    found = {user.username: user for user in User.objects.filter(username__in=names)}
    if strangers := [u.username for u in found.values() if not u.is_demo]:
        raise UnableToMakeDemoAccounts(f"用户名 {'、'.join(strangers)} 已属于正式账号，不能用作演示账号。")
    fitting = {digest for digest in {u.password for u in found.values()} if check_password(password, digest)}
    digest = next(iter(fitting), None) or make_password(password)
    for person in PEOPLE:
        values = {
            "full_name": person.full_name, "agency_id": agencies[person.agency].pk, "is_active": True,
            "is_demo": True, "must_change_password": False,
        }  # fmt: skip
        user = found.get(person.username)
        if user is None:
            user = User(username=person.username, password=digest, password_changed_at=now, **values)
            user.save()
            found[person.username] = user
            continue
        if user.password not in fitting:
            values |= {"password": digest, "password_changed_at": now}
        if any(getattr(user, name) != value for name, value in values.items()):
            User.objects.filter(pk=user.pk).update(**values)
    return found


def _keep_grants(users: dict[str, User]) -> None:
    wanted = {(users[p.username].pk, p.role.value) for p in PEOPLE}
    have = set(RoleGrant.objects.filter(user__in=users.values()).values_list("user_id", "role"))
    RoleGrant.objects.bulk_create(RoleGrant(user_id=user, role=role) for user, role in wanted - have)


def _keep_devices(users: dict[str, User]) -> None:
    needing = [users[p.username] for p in PEOPLE if CARDS[p.role].second_factor]
    having = set(
        Authenticator.objects.filter(user__in=needing, confirmed=True).values_list("user_id", flat=True)
    )
    for user in needing:
        if user.pk not in having:
            Authenticator.issue(user, "演示验证器", confirmed=True)
