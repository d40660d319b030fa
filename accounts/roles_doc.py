"""``docs/roles.md``: who may do what, written from the source."""

from .access import ANYONE, SIGNED_IN, Audience
from .models import Agency
from .roles import CARDS, THREE_OFFICERS, Role
from .services.tokens import SCOPES_OF_ROLE
from .token_scopes import Scope
from .url_map import Address, addresses

HEAD = """# 角色与权限

本文由 `manage.py write_roles_doc` 从源码生成，请勿手工修改；`tests/accounts/test_roles_doc.py` 核对两者一致。

未声明可见范围的页面与接口一律拒绝访问。页面未登录时转到登录页（302），无权时为 403；接口未提供令牌时为 401，
无权时为 403。同一角色内能看到哪些行（本部门、本镇街、本行），由各应用的查询再行限定。
"""


def roles_document() -> str:
    """The whole document, ending in a newline."""
    parts = [HEAD, _roles(), _officers(), _scopes(), *_pages()]
    return "\n".join(parts)


def _roles() -> str:
    rows = [
        f"| {card.label} | `{role.value}` | {_kinds(role)} | {card.purpose} | {'是' if card.second_factor else ''} |"
        for role, card in CARDS.items()
    ]
    head = ["## 角色", "", "| 角色 | 代码 | 可由谁担任 | 用途 | 须动态口令 |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _kinds(role: Role) -> str:
    return "、".join(label for kind, label in Agency.KINDS.items() if kind in CARDS[role].agencies)


def _officers() -> str:
    labels = "、".join(CARDS[role].label for role in Role if role in THREE_OFFICERS)
    return (
        "## 三员分立\n\n"
        f"{labels}不得由一人兼任，数据库约束同样拒绝。角色只由安全保密管理员授予和收回，且不能对自己办理；"
        "账号与机构只由系统管理员管理；日志只由安全审计员查阅。平台不设超级用户，"
        "新装系统用 `manage.py first_officers` 建立首批三员。\n"
    )


def _scopes() -> str:
    rows = []
    for scope in Scope:
        givers = "、".join(CARDS[role].label for role, open_ in SCOPES_OF_ROLE.items() if scope in open_)
        rows.append(f"| `{scope.value}` | {scope.label} | {givers} |")
    head = ["## 接口令牌的权限范围", "", "| 代码 | 含义 | 谁可签发 |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _pages() -> list[str]:
    groups: dict[str, list[Address]] = {}
    for address in addresses():
        groups.setdefault(address.name.partition(":")[0] if ":" in address.name else "", []).append(address)
    parts = ["## 页面与接口\n"]
    for namespace, members in sorted(groups.items()):
        title = f"### {namespace}" if namespace else "### 门户"
        rows = [f"| `{a.name}` | `/{a.route}` | {_who(a.audience)} |" for a in members]
        parts.append("\n".join([title, "", "| 名称 | 地址 | 谁可以打开 |", "|---|---|---|", *rows, ""]))
    return parts


def _who(audience: Audience | None) -> str:
    if audience is None:
        return "无人（未声明）"
    if isinstance(audience, str):
        return {ANYONE: "任何人", SIGNED_IN: "登录用户"}[audience]
    return "、".join(CARDS[role].label for role in Role if role in audience)
