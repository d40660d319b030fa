"""Villages, households and the people who live in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Agency
from foundation import keys

PHONE_CONTEXT = "villages.resident.phone"


class Village(models.Model):
    """A village (村) that runs the points programme; its agency is what its administrators belong to."""

    code = models.CharField("村编码", max_length=12, unique=True)
    name = models.CharField("村名", max_length=60)
    town_code = models.CharField("镇街编码", max_length=9, db_index=True)
    agency = models.OneToOneField(Agency, models.PROTECT, related_name="village")
    points_per_yuan = models.PositiveSmallIntegerField("每元折合积分", default=10)
    is_active = models.BooleanField("启用", default=True)
    opened_on = models.DateField("启用日期", null=True, blank=True)
    is_neighbourhood = models.BooleanField("社区", default=False)
    latitude = models.FloatField("纬度（WGS-84）", null=True, blank=True)
    longitude = models.FloatField("经度（WGS-84）", null=True, blank=True)
    posters_on = models.DateField("海报张贴日期", null=True, blank=True)

    class Meta:
        ordering = ["code"]
        permissions = [("administer_village", "办理该村的积分业务")]

    def __str__(self) -> str:
        return self.name


class Household(models.Model):
    """A household (户); whom it holds is dated on the resident's side."""

    village = models.ForeignKey(Village, models.PROTECT, related_name="households")
    number = models.CharField("户号", max_length=20)
    address = models.CharField("住址", max_length=120, blank=True, default="")

    class Meta:
        ordering = ["village", "number"]
        constraints = [
            models.UniqueConstraint(fields=["village", "number"], name="villages_household_number")
        ]

    def __str__(self) -> str:
        return f"{self.number}户"


class Resident(models.Model):
    """A villager. The person is the holder of points; signing in (``user``) comes later or never.

    The phone is kept encrypted, with a blind index to find it by and its last four digits to show.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "在册"
        MOVED = "moved", "迁出"
        DECEASED = "deceased", "已故"
        MERGED = "merged", "已合并"

    class Gender(models.TextChoices):
        MALE = "m", "男"
        FEMALE = "f", "女"

    village = models.ForeignKey(Village, models.PROTECT, related_name="residents")
    household = models.ForeignKey(Household, models.PROTECT, related_name="members", null=True, blank=True)
    name = models.CharField("姓名", max_length=40)
    pinyin = models.CharField("拼音", max_length=160, blank=True, default="", db_index=True)
    birth_year = models.PositiveSmallIntegerField("出生年份", null=True, blank=True)
    phone_cipher = models.CharField(max_length=200, blank=True, default="")
    phone_index = models.CharField(max_length=80, blank=True, default="", db_index=True)
    phone_tail = models.CharField("手机尾号", max_length=4, blank=True, default="", db_index=True)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.ACTIVE)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="resident"
    )
    gender = models.CharField("性别", max_length=1, choices=Gender.choices, blank=True, default="")
    is_head = models.BooleanField("户代表", default=False)
    is_party_member = models.BooleanField("党员", default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    joined_on = models.DateField("入册日期", null=True, blank=True)
    left_on = models.DateField("离册日期", null=True, blank=True)

    class Meta:
        ordering = ["village", "pinyin", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="active", left_on__isnull=True) | ~Q(status="active"),
                name="villages_resident_active_has_not_left",
            ),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="villages_resident_merged_into_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def put_phone(self, phone: str) -> None:
        """Set the three columns of a phone (digits only); '' clears them. Does not save."""
        self.phone_cipher = keys.encrypt(phone, context=PHONE_CONTEXT) if phone else ""
        self.phone_index = keys.blind_index(phone, context=PHONE_CONTEXT) if phone else ""
        self.phone_tail = phone[-4:]

    @property
    def phone(self) -> str:
        """The phone in the clear; whoever shows it records that."""
        return keys.decrypt(self.phone_cipher, context=PHONE_CONTEXT) if self.phone_cipher else ""
