"""One line of the log."""

from django.db import models

from audit.contracts import Result


class AuditEntry(models.Model):
    """What happened, chained to the entry before. The database refuses to change or remove it.

    No foreign keys: an entry outlives the user, the agency and the object it speaks of.
    """

    RESULTS = {Result.OK: "成功", Result.REFUSED: "拒绝", Result.FAILED: "失败"}

    seq = models.BigIntegerField("序号", primary_key=True)
    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("用户编号", null=True)
    actor_name = models.CharField("用户名", max_length=150)
    roles = models.CharField("角色", max_length=400)
    agency = models.CharField("机构", max_length=120)
    address = models.CharField("来源地址", max_length=64)
    request_id = models.CharField("请求编号", max_length=64)
    action = models.CharField("操作", max_length=80)
    target = models.CharField("对象", max_length=300)
    result = models.CharField(
        "结果", max_length=8, choices=[(r.value, label) for r, label in RESULTS.items()]
    )
    detail = models.JSONField("详情")
    key_id = models.CharField("密钥编号", max_length=16)
    prev_mac = models.CharField("上一校验码", max_length=64)
    mac = models.CharField("校验码", max_length=64)

    class Meta:
        db_table = "audit_entry"
        default_permissions = ()
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["at"], name="audit_entry_at"),
            models.Index(fields=["actor_name", "seq"], name="audit_entry_actor"),
            models.Index(fields=["action", "seq"], name="audit_entry_action"),
            models.Index(fields=["target", "seq"], name="audit_entry_target"),
            models.Index(fields=["request_id"], name="audit_entry_request"),
            # Refusals and failures are few among many and the first thing an auditor asks for.
            models.Index(fields=["seq"], condition=~models.Q(result="ok"), name="audit_entry_not_ok"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.result}"
