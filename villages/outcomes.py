"""What becomes of a tap: each thing that happened or will happen, with its time, in the villager's words."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from villages.definitions import ledger_numbers, read
from villages.models import Activity, Tap

WEEKDAYS = "一二三四五六日"
NEXT_TIME = {
    Activity.Repeat.DAILY: "明天起",
    Activity.Repeat.WEEKLY: "下周一起",
    Activity.Repeat.MONTHLY: "下月 1 日起",
}


@dataclass(frozen=True)
class Step:
    """``when`` in words (“现在”, “11 月 25 日（周三）前”), ``text`` what happens then; ``is_past`` is done already."""

    when: str
    text: str
    is_past: bool = False


def steps_of(tap: Tap, *, now: datetime) -> list[Step]:
    """In the order of time: what has happened with a tap, what happens next and when, what the villager may do."""
    match tap.state:
        case Tap.State.STARTED:
            return _started(tap)
        case Tap.State.WAITING:
            return _waiting(tap)
        case Tap.State.COUNTED:
            return _counted(tap, now)
        case Tap.State.REFUSED:
            return _refused(tap, now)
        case _:
            days = read("score.yaml")["appeal_days"]
            return [
                Step("现在", "这笔积分已撤销", is_past=True),
                Step(f"{days} 天内", "如有异议，可在积分明细中申诉"),
            ]


def _started(tap: Tap) -> list[Step]:
    closes = tap.activity.closes_at
    return [
        Step(clock_word(tap.occurred_at), "已签到", is_past=True),
        Step(f"{day_word(closes)}{clock_word(closes)}前", "离开时扫签退码；没有签退的不计时长"),
        Step("签退后", "按时长计分"),
    ]


def _waiting(tap: Tap) -> list[Step]:
    steps = [Step("现在", "材料已收到", is_past=True)]
    if tap.escalated_at is not None:
        steps.append(Step("下一步", "由镇街审核，结果会通知您"))
    elif tap.due_on is not None:
        steps.append(Step(f"{day_word(tap.due_on)}前", "村管理员审核；到期未审，转镇街审核"))
    worth = f"通过后 {tap.points_asked} 分到账；" if tap.points_asked else ""
    steps.append(Step("审核后", f"{worth}结果在“消息”里告诉您"))
    return steps


def _counted(tap: Tap, now: datetime) -> list[Step]:
    day = timezone.localdate(tap.occurred_at)
    steps = []
    if tap.points_granted:
        end = ledger_numbers().last_day_of(day.year)
        steps = [
            Step("现在", f"{tap.points_granted} 分已到账", is_past=True),
            Step(f"{end.year} 年 {end.month} 月 {end.day} 日前", "可以在村里的兑换点使用"),
        ]
    else:
        steps = [Step("现在", "参加记录已登记", is_past=True)]
    activity = tap.activity
    if activity.mode == "vote":
        if activity.closes_at > now:
            steps.append(Step(f"{day_word(activity.closes_at)}投票结束后", "在这条记录里公布结果"))
    elif activity.repeat in NEXT_TIME and activity.closes_at > now:
        steps.append(Step(NEXT_TIME[Activity.Repeat(activity.repeat)], "可以再次参加"))
    return steps


def _refused(tap: Tap, now: datetime) -> list[Step]:
    steps = [Step("现在", "本次不计分", is_past=True)]
    if tap.activity.closes_at > now:
        steps.append(Step(f"{day_word(tap.activity.closes_at)}前", "可以重新参加"))
    if tap.reviewed_at is None:
        steps.append(Step("随时", "不是重复照片的，可在记录中申请人工复核"))
    elif tap.escalated_at is None:
        steps.append(Step("随时", "不认可审核结果的，可在记录中提请镇街复核一次"))
    return steps


def day_word(moment: date | datetime) -> str:
    """``11 月 25 日（周三）``."""
    day = timezone.localdate(moment) if isinstance(moment, datetime) else moment
    return f"{day.month} 月 {day.day} 日（周{WEEKDAYS[day.weekday()]}）"


def clock_word(moment: datetime) -> str:
    """``09:30``, local."""
    return f"{timezone.localtime(moment):%H:%M}"
