"""API tokens: issued to a program by whoever answers for it, shown once, revocable at once."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import audit
from accounts.models import ApiToken, User
from accounts.roles import Role
from accounts.token_scopes import Scope
from audit import Origin

MARK = "cxp"
LONGEST_DAYS = 365
MOST_LIVE = 20
SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    Role.BANK_MANAGER: frozenset({Scope.ENTERPRISES_READ, Scope.WATCH_WRITE, Scope.CATALOG_READ}),
    Role.DATA_STEWARD: frozenset(
        {Scope.DELIVERIES_READ, Scope.DELIVERIES_WRITE, Scope.CATALOG_READ, Scope.CATALOG_WRITE}
    ),
}


class UnableToIssueToken(Exception):
    """The token cannot be issued; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "name") -> None:
        super().__init__(reason)
        self.field = field


class UnableToRevokeToken(Exception):
    """The token may not be revoked by this user; the text says why."""


def scopes_open_to(user: User) -> list[Scope]:
    """Scopes the user may give to a token, in the order of their definition."""
    allowed = frozenset().union(*(SCOPES_OF_ROLE.get(role, frozenset()) for role in user.roles))
    return [scope for scope in Scope if scope in allowed]


def issue_token(
    user: User, name: str, scopes: Iterable[Scope], days: int, *, now: datetime, origin: Origin
) -> tuple[ApiToken, str]:
    """Make a token that acts for ``user``. Returns it with its secret, which is not kept."""
    wanted = [scope for scope in Scope if scope in set(scopes)]
    detail = {"name": name, "scopes": [scope.value for scope in wanted], "days": days}
    with audit.action("accounts.token.issued", origin=origin, detail=detail) as entry:
        if not wanted or not set(wanted) <= set(scopes_open_to(user)):
            raise UnableToIssueToken("请选择至少一项您的角色可以授予的权限范围。", "scopes")
        if not 1 <= days <= LONGEST_DAYS:
            raise UnableToIssueToken(f"有效期为 1 至 {LONGEST_DAYS} 天。", "days")
        if user.agency is None:
            raise UnableToIssueToken("您的账号未归属机构，不能签发令牌。")
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        live = user.tokens.filter(revoked_at__isnull=True, expires_at__gt=now).count()
        if live >= MOST_LIVE:
            raise UnableToIssueToken(f"有效令牌已达 {MOST_LIVE} 个，请先停用不再使用的令牌。")
        prefix = f"{MARK}_{secrets.token_hex(4)}"
        secret = f"{prefix}_{secrets.token_urlsafe(32)}"
        token = ApiToken.objects.create(
            agency=user.agency, user=user, name=name.strip(), prefix=prefix, digest=digest_of(secret),
            scopes=[scope.value for scope in wanted], created_at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        entry.target = f"token:{token.pk}"
        entry.detail["prefix"] = prefix
        return token, secret


def revoke_token(user: User, token: ApiToken, *, now: datetime, origin: Origin) -> None:
    """End a token of the user's own agency from the next call on."""
    detail = {"prefix": token.prefix, "name": token.name}
    with audit.action("accounts.token.revoked", origin=origin, target=f"token:{token.pk}", detail=detail):
        if token.agency_id != user.agency_id or not scopes_open_to(user):
            raise UnableToRevokeToken("只能停用本机构的令牌。")
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])


def digest_of(secret: str) -> str:
    """What is kept of a token: its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
