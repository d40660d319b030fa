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
SEARCH = Entry("credit:search", "企业查询", "search")
SCORECARD = Entry("credit:scorecard", "评分说明", "file-earmark-text")
RUNS = Entry("credit:runs", "评分运行", "arrow-repeat")
CITY = Entry("credit:city", "全市信用", "bar-chart-line")
DESK = Entry("datahub:desk", "数据报送", "clipboard-data")
DELIVER = Entry("datahub:deliver", "上传文件", "upload")
BATCHES = Entry("datahub:batches", "报送批次", "folder2-open")
ITEMS = Entry("datahub:items", "数据目录", "database")
GAPS = Entry("datahub:gaps", "数据缺口", "question-circle")
OPEN_DATA = Entry("catalog:list", "数据开放", "hdd-stack")
OPEN_DESK = Entry("catalog:desk", "开放工作台", "shield-check")
OWN_DATA = Entry("catalog:my", "申请与授权", "unlock")
INDEX = Entry("sme_index:board", "金融指数", "graph-up")
INDEX_ALERTS = Entry("sme_index:alerts", "指数预警", "bell")
BULLETINS = Entry("sme_index:bulletins", "指数简报", "file-earmark-text")
# An entry whose address does not exist (an app that is not installed) is left out.
ENTRIES: dict[Role, tuple[Entry, ...]] = {
    Role.BANK_OFFICER: (SEARCH, INDEX, SCORECARD, OPEN_DATA, OWN_DATA),
    Role.BANK_MANAGER: (
        SEARCH,
        INDEX,
        Entry("credit:bank_authorisations", "企业授权", "unlock"),
        Entry("accounts:tokens", "接口令牌", "key"),
        OPEN_DATA,
        SCORECARD,
    ),
    Role.LEADER: (INDEX, BULLETINS, CITY, SEARCH, SCORECARD),
    Role.INDEX_ANALYST: (INDEX, INDEX_ALERTS, BULLETINS, CITY, SEARCH),
    Role.DATA_CENTRE_OPERATOR: (DESK, OPEN_DESK, OPEN_DATA, RUNS, INDEX),
    Role.MODEL_MANAGER: (RUNS, SCORECARD, CITY, SEARCH, ITEMS),
    Role.ENTERPRISE_REP: (Entry("credit:own", "本企业", "building"), SCORECARD),
    Role.DATA_STEWARD: (DESK, DELIVER, OPEN_DESK, OPEN_DATA, Entry("accounts:tokens", "接口令牌", "key")),
    Role.DATA_REVIEWER: (DESK, OPEN_DESK, BATCHES, ITEMS, GAPS),
    Role.VILLAGE_ADMIN: (
        Entry("villages:review", "审核台", "clipboard-check"),
        Entry("villages:activities", "活动", "calendar3"),
        Entry("villages:residents", "村民", "people"),
        Entry("villages:bulk", "批量发放", "gift"),
        Entry("villages:notices", "积分公示", "file-earmark-text"),
    ),
    Role.TOWN_ADMIN: (
        Entry("villages:town", "各村积分", "buildings"),
        Entry("villages:review", "转办审核", "clipboard-check"),
        Entry("villages:bulk", "发放确认", "gift"),
        Entry("villages:town_budget", "待审批", "shield-check"),
        INDEX,
    ),
    Role.VILLAGER: (
        Entry("villages:my", "我的积分", "gift"),
        Entry("villages:my_scan", "扫一扫", "qr-code"),
        Entry("villages:my_self", "我的", "person"),
    ),
    Role.SHOP_KEEPER: (
        Entry("villages:till", "核销", "qr-code"),
        Entry("villages:till_goods", "商品库存", "gift"),
        Entry("villages:till_statements", "结算单", "receipt"),
    ),
    Role.OUTSIDE_APPLICANT: (
        OWN_DATA,
        OPEN_DATA,
        Entry("catalog:applications", "我的申请", "file-earmark-text"),
    ),
    Role.SYSTEM_OFFICER: (
        Entry("accounts:people", "用户", "people"),
        Entry("accounts:agencies", "机构", "building"),
    ),
    Role.SECURITY_OFFICER: (
        Entry("accounts:rights", "角色", "shield-check"),
        Entry("catalog:desk_changes", "分级复核", "clipboard-check"),
        Entry("catalog:applications", "受限开放申请", "file-earmark-text"),
    ),
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
    items = [item for item in map(_item, entries) if item["url"]][:MOST_ENTRIES]
    # The entry that lies nearest above the page: home is above nothing but itself.
    above = [item for item in items if request.path.startswith(item["url"]) and item["url"] != "/"]
    present = max(above, key=lambda item: len(item["url"]), default=items[0] if request.path == "/" else None)
    return [item | {"active": item is present} for item in items]


def _item(entry: Entry) -> dict[str, Any]:
    try:
        url = reverse(entry.url_name)
    except NoReverseMatch:
        url = ""
    return {"label": entry.label, "url": url, "icon": entry.icon}
