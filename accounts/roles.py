"""Every role of the portal, as readable source.

The codes are stored with users and in the log: they never change their meaning. ``docs/roles.md`` is
generated from this module.
"""

from dataclasses import dataclass
from enum import StrEnum


class AgencyKind(StrEnum):
    """What kind of body uses the portal (机构); never confused with an enterprise (企业)."""

    DEPARTMENT = "department"
    BANK = "bank"
    FINANCIAL = "financial"
    TOWN = "town"
    VILLAGE = "village"
    SHOP = "shop"
    DATA_CENTRE = "data_centre"
    ENTERPRISE = "enterprise"
    OUTSIDE = "outside"


class Role(StrEnum):
    """Stable role codes."""

    BANK_OFFICER = "bank_officer"
    BANK_MANAGER = "bank_manager"
    INDEX_ANALYST = "index_analyst"
    LEADER = "leader"
    DATA_STEWARD = "data_steward"
    DATA_REVIEWER = "data_reviewer"
    DATA_CENTRE_OPERATOR = "data_centre_operator"
    MODEL_MANAGER = "model_manager"
    VILLAGE_ADMIN = "village_admin"
    TOWN_ADMIN = "town_admin"
    SHOP_KEEPER = "shop_keeper"
    VILLAGER = "villager"
    ENTERPRISE_REP = "enterprise_rep"
    OUTSIDE_APPLICANT = "outside_applicant"
    SYSTEM_OFFICER = "system_officer"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class RoleCard:
    """What a role is called, which agencies may hold it, and how its holders must sign in."""

    label: str
    agencies: frozenset[AgencyKind]
    purpose: str
    second_factor: bool = False


_K = AgencyKind
_CENTRE = frozenset({_K.DATA_CENTRE})
CARDS: dict[Role, RoleCard] = {
    Role.BANK_OFFICER: RoleCard(
        "贷款员", frozenset({_K.BANK, _K.FINANCIAL}), "查询企业、查看画像与评分、维护关注名单"
    ),
    Role.BANK_MANAGER: RoleCard(
        "银行管理员", frozenset({_K.BANK, _K.FINANCIAL}), "管理本行用户、令牌与查询量，查看企业授权", True
    ),
    Role.INDEX_ANALYST: RoleCard(
        "指数分析员", frozenset({_K.DEPARTMENT, _K.DATA_CENTRE}), "分析中小企业金融指数"
    ),
    Role.LEADER: RoleCard("领导", frozenset({_K.DEPARTMENT, _K.DATA_CENTRE, _K.TOWN}), "查看全市情况，只读"),
    Role.DATA_STEWARD: RoleCard(
        "部门数据管理员", frozenset({_K.DEPARTMENT}), "报送本部门数据、处理被退回的行"
    ),
    Role.DATA_REVIEWER: RoleCard("部门审核员", frozenset({_K.DEPARTMENT}), "确认本部门的大幅变动与撤回"),
    Role.DATA_CENTRE_OPERATOR: RoleCard("数据中心运营员", _CENTRE, "汇集管理、质量督办、撤回批次", True),
    Role.MODEL_MANAGER: RoleCard("模型管理员", _CENTRE, "管理评分卡、发起全量重算", True),
    Role.VILLAGE_ADMIN: RoleCard("村管理员", frozenset({_K.VILLAGE}), "管理本村积分与活动"),
    Role.TOWN_ADMIN: RoleCard("镇街管理员", frozenset({_K.TOWN}), "监督本镇街积分，查看本镇街指数"),
    Role.SHOP_KEEPER: RoleCard("商户", frozenset({_K.SHOP}), "核销积分兑换"),
    Role.VILLAGER: RoleCard("村民", frozenset({_K.VILLAGE}), "积分与桥头分"),
    Role.ENTERPRISE_REP: RoleCard("企业代表", frozenset({_K.ENTERPRISE}), "查看本企业信用、授权银行查询"),
    Role.OUTSIDE_APPLICANT: RoleCard(
        "外部申请人", frozenset({_K.OUTSIDE, _K.BANK, _K.FINANCIAL}), "申请受限开放数据"
    ),
    Role.SYSTEM_OFFICER: RoleCard("系统管理员", _CENTRE, "管理机构与用户账号", True),
    Role.SECURITY_OFFICER: RoleCard("安全保密管理员", _CENTRE, "授予与收回角色、分级与授权", True),
    Role.AUDITOR: RoleCard("安全审计员", _CENTRE, "查阅与导出审计日志", True),
}

THREE_OFFICERS = frozenset({Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER, Role.AUDITOR})
