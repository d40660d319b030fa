"""Past deliberations of the demonstration: words handed in, read and decided by a cadre within days."""

import random
from datetime import timedelta

import audit
from accounts.models import User
from villages.access import find_conflict
from villages.models import Activity, Resident
from villages.services import ledger
from villages.services.review import decide
from villages.services.taps import TapOrder, record_tap

SAID = (
    "建议村口小公园加装两盏路灯，晚上老人散步不方便。", "河埠头台阶长了青苔容易滑倒，希望做防滑处理。",
    "文化礼堂可以每周放一场电影，组织年轻人参加。", "垃圾投放点早上开得晚，上班的人来不及投。",
    "停车位重新划一下，消防通道不能再占了。", "养老中心的午饭多备一个软烂的菜。",
    "健身器材坏了两处，请安排修理。", "村道转弯处加一面反光镜，孩子上学更安全。",
)  # fmt: skip


def speak_and_review(
    activity: Activity, people: list[Resident], cadres: list[User], chance: random.Random, count: int,
    origin: audit.Origin,
) -> None:  # fmt: skip
    """A few speak; one in eight says too little and is sent back."""
    chosen = chance.sample(people, min(count, len(people)))
    for number, (resident, words) in enumerate(zip(chosen, chance.sample(SAID, len(chosen)), strict=True)):
        at = activity.opens_at + timedelta(minutes=20 + 35 * number)
        tap = record_tap(TapOrder(ledger.new_key(at), activity.pk, resident, at, {"text": words}), now=at).tap
        cadre = next((c for c in cadres if not find_conflict(c, resident)), cadres[-1])
        reason = "empty_speech" if chance.random() < 0.12 else "complete"
        decide(tap.pk, cadre, reason, now=at + timedelta(hours=chance.randint(2, 44)), origin=origin)
