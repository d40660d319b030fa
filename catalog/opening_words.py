"""Words of opening by rule: desensitisation methods, reasons, ways of use, states of applications and lists."""

from django.db import models


class Method(models.TextChoices):
    """What happens to a column when it is published (脱敏方法)."""

    KEEP = "keep", "原样"
    SUPPRESS = "suppress", "隐去整列"
    MASK = "mask", "掩码"
    GENERALISE = "generalise", "按层级概化"
    TOP_BOTTOM = "top_bottom", "上下截尾"
    ROUND = "round", "取整"
    DATE = "date", "日期取粗"
    PSEUDONYM = "pseudonym", "假名（HMAC-SM3）"
    SMALL_CELLS = "small_cells", "小数值隐去"
    FREE_TEXT = "free_text", "文本中的个人信息隐去"


class FieldRole(models.TextChoices):
    """What the column can do to a person (GB/T 37964)."""

    IDENTIFIER = "identifier", "直接标识"
    QUASI = "quasi", "准标识"
    SENSITIVE = "sensitive", "敏感"
    INSENSITIVE = "insensitive", "其他"


class Reason(models.TextChoices):
    """Why data is restricted or forbidden (开放属性理由代码)."""

    PERSONAL = "R1", "涉及个人信息，须经同意或脱敏"
    TRADE_SECRET = "R2", "涉及商业秘密或企业同意后方可开放"
    CAPACITY = "R3", "开放将明显加重平台负担，须有条件使用"
    RISK_UNCLEAR = "R4", "安全风险暂不能评估，须受控使用"
    STATE_SECRET = "F1", "涉及国家秘密"
    SECURITY = "F2", "可能危及国家安全、公共安全、经济安全或社会稳定"
    PERSONAL_FORBIDDEN = "F3", "涉及个人隐私且权利人未同意"
    TRADE_FORBIDDEN = "F4", "涉及商业秘密且权利人未同意"
    BY_LAW = "F5", "法律、法规规定不得开放"


RESTRICTED_REASONS = frozenset({Reason.PERSONAL, Reason.TRADE_SECRET, Reason.CAPACITY, Reason.RISK_UNCLEAR})
FORBIDDEN_REASONS = frozenset(set(Reason) - RESTRICTED_REASONS)


class ChangeState(models.TextChoices):
    """Where a change that needs a second person stands."""

    WAITING = "waiting", "待复核"
    CONFIRMED = "confirmed", "已生效"
    REFUSED = "refused", "未同意"


class RiskLevel(models.TextChoices):
    """What an impact assessment comes to."""

    LOW = "low", "低风险"
    MEDIUM = "medium", "中风险，措施可控"
    HIGH = "high", "高风险"


class Way(models.TextChoices):
    """How granted data may be taken."""

    INTERFACE = "interface", "接口调用"
    DOWNLOAD = "download", "下载"
    BOTH = "both", "接口与下载"


class UseWay(models.TextChoices):
    """How a grant was used: a look at rows on a page is a use like any other."""

    INTERFACE = "interface", "接口调用"
    DOWNLOAD = "download", "下载"
    PAGE = "page", "页面查看"


class RegistrationState(models.TextChoices):
    """An outside organisation's registration."""

    SUBMITTED = "submitted", "待确认"
    CONFIRMED = "confirmed", "已确认"
    REFUSED = "refused", "未通过"


class ApplicationState(models.TextChoices):
    """Where an application for restricted data stands."""

    DRAFT = "draft", "草稿"
    DEPARTMENT_REVIEW = "department_review", "部门审核"
    CENTRE_REVIEW = "centre_review", "数据中心审核"
    RETURNED = "returned", "退回补正"
    AGREEMENT = "agreement", "待签协议"
    GRANTED = "granted", "已授权"
    REFUSED = "refused", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


class KeyListState(models.TextChoices):
    """The yearly key list on its way."""

    DRAFT = "draft", "编制中"
    CONSULTATION = "consultation", "征求意见"
    ADOPTED = "adopted", "已印发"


class Progress(models.TextChoices):
    """How far an entry of the key list is."""

    PLANNED = "planned", "未开始"
    DOING = "doing", "推进中"
    DONE = "done", "已开放"


class Stage(models.TextChoices):
    """A competition's stages, in order."""

    PREPARING = "preparing", "筹备"
    REGISTRATION = "registration", "报名"
    MAKING = "making", "开发"
    JUDGING = "judging", "评审"
    CLOSED = "closed", "已揭晓"
