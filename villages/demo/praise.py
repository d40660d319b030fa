"""Honours of the demonstration: one a year ago that counts, one under notice, one that waits at the desk."""

import io
import random
from datetime import datetime, timedelta

from PIL import Image, ImageDraw

import audit
from accounts.models import User
from villages.models import Honour, Resident, Village
from villages.services import honours

TOLD = (
    ("H02", "镇级", "最美庭院户", "桥头镇人民政府", 70),
    ("H02", "村级", "好邻居", "村民委员会", 3),
    ("H02", "镇级", "优秀志愿者", "桥头镇志愿者协会", 1),
)
CHECKED = 2


def declare_honours(
    village: Village, cadres: list[User], seed: int, ends: datetime, origin: audit.Origin
) -> None:
    """By people who are no cadres; made once, through the desk's own steps."""
    if Honour.objects.filter(village=village).exists():
        return
    chance = random.Random(f"praise:{seed}:{village.code}")
    found = Resident.objects.filter(village=village, status="active", birth_year__lt=2000)
    people = list(found.exclude(household__number="901").order_by("pk")[:200])
    for number, (rule, level, title, issued_by, days) in enumerate(TOLD):
        at = ends - timedelta(days=days)
        honour = honours.declare(
            chance.choice(people), rule_code=rule, level=level, title=title, issued_by=issued_by,
            issued_on=at.date() - timedelta(days=10), document=io.BytesIO(_certificate(chance)),
            document_name="证书.png", may_publish=True, origin=origin, now=at,
        )  # fmt: skip
        if number < CHECKED:
            honours.check(cadres[1], honour.pk, True, origin=origin, now=at + timedelta(days=1))
    honours.grant_due(now=ends)


def _certificate(chance: random.Random) -> bytes:
    """A drawn certificate without any word on it."""
    picture = Image.new("RGB", (640, 450), (250, 244, 226))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((14, 14, 626, 436), outline=(178, 60, 46), width=6)
    pen.rectangle((28, 28, 612, 422), outline=(201, 160, 90), width=2)
    for line in range(4):
        pen.rectangle(
            (120, 150 + 46 * line, 320 + chance.randint(60, 200), 160 + 46 * line), fill=(90, 84, 80)
        )
    pen.ellipse((470, 300, 570, 400), outline=(178, 60, 46), width=6)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
