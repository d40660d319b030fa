"""Where the chain ends, what left it for an archive, and when it was last verified."""

from django.db import models


class ChainHead(models.Model):
    """The one row that every writer locks, as its last statement."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField("末条序号")
    mac = models.CharField("末条校验码", max_length=64)

    class Meta:
        db_table = "audit_head"
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.seq} {self.mac[:8]}"


class AuditArchive(models.Model):
    """A stretch of old entries that left the table for a file; ``seal`` proves the row itself."""

    first_seq = models.BigIntegerField("起始序号", unique=True)
    last_seq = models.BigIntegerField("截止序号", unique=True)
    last_mac = models.CharField("末条校验码", max_length=64)
    last_at = models.DateTimeField("末条时间")
    file_name = models.CharField("归档文件", max_length=120)
    digest = models.CharField("文件摘要（SM3）", max_length=64)
    archived_at = models.DateTimeField("归档时间")
    key_id = models.CharField("密钥编号", max_length=16)
    seal = models.CharField("签章", max_length=64)

    class Meta:
        db_table = "audit_archive"
        default_permissions = ()
        ordering = ["first_seq"]

    def __str__(self) -> str:
        return f"{self.first_seq}-{self.last_seq}"


class AuditVerification(models.Model):
    """One run of the verifier and what it found."""

    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间")
    verified_seq = models.BigIntegerField("已核验至")
    entries = models.BigIntegerField("核验条数")
    checkpoints = models.IntegerField("核对检查点数")
    intact = models.BooleanField("完好")
    bad_seq = models.BigIntegerField("首个异常序号", null=True)
    kind = models.CharField("异常类别", max_length=20, blank=True, default="")
    message = models.CharField("说明", max_length=300, blank=True, default="")
    started_by = models.CharField("发起人", max_length=150)

    class Meta:
        db_table = "audit_verification"
        default_permissions = ()
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M} {self.verified_seq}"
