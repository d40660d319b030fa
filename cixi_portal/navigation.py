"""Left navigation of each role: six entries at most."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts.access import is_sign_in_step
from accounts.roles import Role


@dataclass(frozen=True)
class Entry:
    """One line of the navigation: URL name, label, icon of the sprite."""

    url_name: str
    label: str
    icon: str


HOME = Entry("home", "首页", "house")
# An entry whose address does not exist (an app that is not installed) is left out.
ENTRIES: dict[Role, tuple[Entry, ...]] = {
    Role.BANK_MANAGER: (Entry("accounts:tokens", "接口令牌", "key"),),
    Role.DATA_STEWARD: (Entry("accounts:tokens", "接口令牌", "key"),),
    Role.SYSTEM_OFFICER: (
        Entry("accounts:people", "用户", "people"),
        Entry("accounts:agencies", "机构", "building"),
    ),
    Role.SECURITY_OFFICER: (Entry("accounts:rights", "角色", "shield-check"),),
    Role.AUDITOR: (Entry("audit:list", "审计日志", "journal-check"),),
}
MOST_ENTRIES = 6


def items_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Entries of the user's roles, the current one marked; none before sign-in is complete."""
    match = request.resolver_match
    if match is not None and is_sign_in_step(match.func):
        return []
    roles = sorted(request.user.roles, key=list(Role).index)  # type: ignore[union-attr]
    entries = [HOME, *dict.fromkeys(entry for role in roles for entry in ENTRIES.get(role, ()))]
    items = [_item(entry, request.path) for entry in entries]
    return [item for item in items if item["url"]][:MOST_ENTRIES]


def _item(entry: Entry, path: str) -> dict[str, Any]:
    try:
        url = reverse(entry.url_name)
    except NoReverseMatch:
        url = ""
    active = path == url if entry is HOME else bool(url) and path.startswith(url)
    return {"label": entry.label, "url": url, "icon": entry.icon, "active": active}
