"""Activities: what earns points, when, where, for whom, by which of the four taps."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .places import Resident, Village


class ActivityKind(models.TextChoices):
    """The five kinds."""

    REVIEW = "review", "民主评议"
    ENVIRONMENT = "environment", "环境美化"
    SAFETY = "safety", "平安治理"
    VOLUNTEER = "volunteer", "志愿服务"
    LEARNING = "learning", "在线学习"


class Channel(models.TextChoices):
    """The four taps."""

    TAP = "tap", "点一点"
    SCAN = "scan", "扫一扫"
    SPEAK = "speak", "说一说"
    PHOTO = "photo", "拍一拍"


class Mode(models.TextChoices):
    """What exactly is done; each belongs to one channel."""

    VOTE = "vote", "投票"
    QUIZ = "quiz", "答题"
    LESSON = "lesson", "学习"
    PLEDGE = "pledge", "承诺"
    SIGN_IN = "sign_in", "签到"
    HOURS = "hours", "签到签退计时"
    NOTE = "note", "发言"
    PHOTOS = "photos", "拍照"
    PAIR = "pair", "前后对比照"


CHANNEL_OF = {
    Mode.VOTE: Channel.TAP, Mode.QUIZ: Channel.TAP, Mode.LESSON: Channel.TAP, Mode.PLEDGE: Channel.TAP,
    Mode.SIGN_IN: Channel.SCAN, Mode.HOURS: Channel.SCAN, Mode.NOTE: Channel.SPEAK,
    Mode.PHOTOS: Channel.PHOTO, Mode.PAIR: Channel.PHOTO,
}  # fmt: skip


class Activity(models.Model):
    """One activity of one village. ``repeat`` says how often a person may earn: once, or once a day/week/month."""

    class State(models.TextChoices):
        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"
        CANCELLED = "cancelled", "已取消"

    class Audience(models.TextChoices):
        ALL = "all", "全体村民"
        ADULTS = "adults", "成年村民"
        ELDERS = "elders", "65 周岁及以上"
        PARTY = "party", "党员"
        HOUSE_HEADS = "heads", "户代表"

    class Repeat(models.TextChoices):
        ONCE = "once", "每人一次"
        DAILY = "day", "每人每天一次"
        WEEKLY = "week", "每人每周一次"
        MONTHLY = "month", "每人每月一次"

    village = models.ForeignKey(Village, models.PROTECT, related_name="activities", verbose_name="村社")
    kind = models.CharField("类别", max_length=12, choices=ActivityKind.choices)
    mode = models.CharField("方式", max_length=8, choices=Mode.choices)
    rule_code = models.CharField("积分规则", max_length=12, blank=True, default="")
    template_code = models.CharField(max_length=30, blank=True, default="")
    title = models.CharField("名称", max_length=60)
    text = models.TextField("说明", blank=True, default="")
    audience = models.CharField("参加对象", max_length=8, choices=Audience.choices, default=Audience.ALL)
    opens_at = models.DateTimeField("开始时间")
    closes_at = models.DateTimeField("结束时间")
    planned_minutes = models.PositiveIntegerField("计划时长（分钟）", default=0)
    place = models.CharField("地点", max_length=60, blank=True, default="")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    radius_m = models.PositiveIntegerField("范围（米）", default=150)
    points = models.PositiveIntegerField("积分")
    points_per_hour = models.PositiveIntegerField("每小时积分", default=0)
    budget = models.PositiveIntegerField("积分预算")
    person_cap = models.PositiveIntegerField("每人上限", default=0)
    repeat = models.CharField("可参加次数", max_length=8, choices=Repeat.choices, default=Repeat.ONCE)
    photos_wanted = models.PositiveSmallIntegerField("照片张数", default=1)
    needs_review = models.BooleanField("需审核", default=False)
    is_secret = models.BooleanField("无记名", default=False)
    lesson_seconds = models.PositiveIntegerField("学习时长（秒）", default=0)
    questions_asked = models.PositiveSmallIntegerField("抽题数", default=0)
    questions_right = models.PositiveSmallIntegerField("答对题数", default=0)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    sealed_secret = models.CharField(max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="发起人"
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    box_opened_at = models.DateTimeField("开箱时间", null=True, blank=True)

    class Meta:
        ordering = ["closes_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="villages_activity_lasts"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="villages_activity_place_is_whole",
            ),
            models.CheckConstraint(condition=Q(radius_m__range=(30, 5000)), name="villages_activity_radius"),
        ]
        indexes = [
            models.Index(fields=["village", "state", "closes_at"], name="villages_activity_open"),
            models.Index(fields=["village", "-opens_at"], name="villages_activity_latest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def channel(self) -> Channel:
        return CHANNEL_OF[Mode(self.mode)]

    @property
    def fence(self) -> tuple[float, float] | None:
        """Centre in WGS-84, or None when place does not matter."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


class Choice(models.Model):
    """One answer of a vote."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="choices")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=100)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "number"], name="villages_choice_numbered")
        ]

    def __str__(self) -> str:
        return self.text


class BallotEnvelope(models.Model):
    """A secret ballot until the box is opened: written with the tap that proves taking part, and unreadable.

    Every envelope of a box is equally long; two of the same choice look different.
    """

    id = models.UUIDField(primary_key=True)
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="envelopes")
    sealed = models.CharField(max_length=200)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.activity_id}"


class Ballot(models.Model):
    """A vote cast. Secret ones come into being together, when the box is opened: no voter, time or order is kept.

    Their ids are random and they are written in the order of these ids, in one transaction that is nobody's tap.
    """

    id = models.UUIDField(primary_key=True)
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="ballots")
    choice = models.ForeignKey(Choice, models.PROTECT, related_name="ballots")
    resident = models.ForeignKey(Resident, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "resident"],
                condition=Q(resident__isnull=False),
                name="villages_one_ballot",
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}"


class Question(models.Model):
    """One question of a quiz's or lesson's pool; ``answer`` is the index in ``options``."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="questions")
    text = models.CharField(max_length=200)
    options = models.JSONField()
    answer = models.PositiveSmallIntegerField()
    explanation = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return self.text


class QuizPaper(models.Model):
    """The questions one person drew, and how the answers went; the server draws, and draws once an occasion."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="papers")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    occasion = models.CharField(max_length=12)
    question_ids = models.JSONField()
    drawn_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    passed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "resident", "occasion"], name="villages_one_paper")
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}:{self.resident_id}"


class LessonView(models.Model):
    """Dwell on a lesson, timed by the server: a heartbeat adds the time since the last one, at most its interval."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="lesson_views")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    occasion = models.CharField(max_length=12)
    seconds = models.FloatField(default=0)
    beats = models.PositiveIntegerField(default=0)
    prompt = models.CharField(max_length=8, blank=True, default="")
    prompts_answered = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField()
    last_beat_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "resident", "occasion"], name="villages_one_lesson_view"
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}:{self.resident_id}"


class PlaceCode(models.Model):
    """A printed code at a door, bin or hall: it says where, and never earns by itself."""

    village = models.ForeignKey(Village, models.CASCADE, related_name="place_codes")
    name = models.CharField("地点", max_length=60)
    latitude = models.FloatField()
    longitude = models.FloatField()
    radius_m = models.PositiveIntegerField(default=150)
    sealed_secret = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
