"""Words of the catalogue that are lists: lanes, subjects, cycles, openings, licences, formats."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models


class Lane(models.TextChoices):
    """The four lanes of the yearly key list (重点领域)."""

    FARMING = "sannong", "三农"
    BUSINESS_FINANCE = "enterprise-finance", "企业金融"
    ELDERLY = "elderly-care", "养老"
    NEW_CITIZENS = "new-citizens", "新市民"


class Subject(models.TextChoices):
    """The provincial subject list (数据领域)."""

    CREDIT = "credit", "信用服务"
    HEALTH = "health", "医疗卫生"
    EMPLOYMENT = "employment", "社保就业"
    SAFETY = "public-safety", "公共安全"
    HOUSING = "housing", "城建住房"
    TRANSPORT = "transport", "交通运输"
    EDUCATION = "education", "教育文化"
    SCIENCE = "science", "科技创新"
    ENERGY = "energy", "资源能源"
    ENVIRONMENT = "environment", "生态环境"
    INDUSTRY = "industry", "工业农业"
    COMMERCE = "commerce", "商贸流通"
    FINANCE = "finance", "财税金融"
    WORK_SAFETY = "work-safety", "安全生产"
    MARKET = "market", "市场监督"
    RELIEF = "relief", "社会救助"
    LAW = "law", "法律服务"
    LIVING = "living", "生活服务"
    WEATHER = "weather", "气象服务"
    GEOGRAPHY = "geography", "地理空间"
    BODIES = "bodies", "机构团体"
    OTHER = "other", "其他"


class Cycle(models.TextChoices):
    """Update cycle (更新周期) with the codes of the government catalogue."""

    REALTIME = "1", "实时"
    DAILY = "2", "每日"
    WEEKLY = "3", "每周"
    MONTHLY = "4", "每月"
    QUARTERLY = "5", "每季度"
    HALF_YEARLY = "6", "每半年"
    YEARLY = "7", "每年"
    IRREGULAR = "8", "不定期"
    NEVER = "9", "不更新"


class Opening(models.TextChoices):
    """Opening attribute (开放属性); the national words are 无条件 / 有条件 / 不予."""

    OPEN = "open", "无条件开放"
    RESTRICTED = "restricted", "受限开放"
    FORBIDDEN = "forbidden", "禁止开放"


class Grade(models.TextChoices):
    """Grade of a field (分级): L1 not sensitive, L2 low, L3 fairly sensitive, L4 sensitive."""

    L1 = "L1", "L1 不敏感"
    L2 = "L2", "L2 低敏感"
    L3 = "L3", "L3 较敏感"
    L4 = "L4", "L4 敏感"


class State(models.TextChoices):
    """Where a dataset stands on its way to the public."""

    DRAFT = "draft", "草稿"
    DEPARTMENT_REVIEW = "department_review", "部门审核"
    CENTRE_REVIEW = "centre_review", "数据中心审核"
    SCHEDULED = "scheduled", "待发布"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已下架"


class FieldType(models.TextChoices):
    """How a column is stored and spoken of."""

    TEXT = "text", "文本"
    INTEGER = "integer", "整数"
    NUMBER = "number", "数值"
    DATE = "date", "日期"
    TIMESTAMP = "timestamp", "日期时间"
    BOOLEAN = "boolean", "是否"


# How long after the last change a dataset counts as late; cycles without a rhythm never do.
LATE_AFTER: dict[str, timedelta] = {
    Cycle.REALTIME: timedelta(days=1),
    Cycle.DAILY: timedelta(days=2),
    Cycle.WEEKLY: timedelta(days=9),
    Cycle.MONTHLY: timedelta(days=40),
    Cycle.QUARTERLY: timedelta(days=110),
    Cycle.HALF_YEARLY: timedelta(days=210),
    Cycle.YEARLY: timedelta(days=400),
}


@dataclass(frozen=True)
class Licence:
    """Terms under which data may be used."""

    code: str
    title: str
    url: str
    is_open: bool


OPEN_LICENCE = "cixi-open-1.0"
RESTRICTED_LICENCE = "cixi-restricted-1.0"
LICENCES: dict[str, Licence] = {
    licence.code: licence
    for licence in (
        Licence(OPEN_LICENCE, "慈溪市公共数据开放使用协议（无条件开放）", "/catalog/terms/#open", True),
        Licence(
            RESTRICTED_LICENCE,
            "慈溪市公共数据受限开放使用协议",
            "/catalog/terms/#restricted",
            False,
        ),
        Licence("cc-by-4.0", "知识共享署名 4.0 国际", "https://creativecommons.org/licenses/by/4.0/", True),
        Licence("notspecified", "未指明", "", False),
    )
}
