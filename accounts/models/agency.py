"""Agencies (机构): the bodies that use the portal."""

from django.db import models

from accounts.roles import AgencyKind

ANSWER_FOR = "answer_for_agency"


class Agency(models.Model):
    """A bureau, bank, town, village or shop. ``scope_code`` ties it to what it answers for:

    a department's code, a town's nine digits, an enterprise's credit code.
    """

    KINDS = {
        AgencyKind.DEPARTMENT: "部门",
        AgencyKind.BANK: "银行",
        AgencyKind.FINANCIAL: "其他金融机构",
        AgencyKind.TOWN: "镇街",
        AgencyKind.VILLAGE: "村社",
        AgencyKind.SHOP: "商户",
        AgencyKind.DATA_CENTRE: "数据中心",
        AgencyKind.ENTERPRISE: "企业",
        AgencyKind.OUTSIDE: "外部单位",
    }

    code = models.CharField("机构代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=120)
    kind = models.CharField("类别", max_length=16, choices=[(k.value, v) for k, v in KINDS.items()])
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="branches")
    scope_code = models.CharField("管辖代码", max_length=40, blank=True, default="")
    is_active = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "code"]
        permissions = [(ANSWER_FOR, "代管该机构的业务")]
        indexes = [models.Index(fields=["kind", "scope_code"])]

    def __str__(self) -> str:
        return self.name
