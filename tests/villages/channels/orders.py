"""Taps as tests send them."""

import io
import random
from typing import Any

from django.utils import timezone
from PIL import Image

from tests.villages.worlds import World, make_activity
from villages.demo.pictures import draw_scene
from villages.models import Activity, Tap
from villages.services import ledger
from villages.services.photos import issue_challenge
from villages.services.taps import TapOrder, Upload, record_tap


def order(world: World, activity: Activity, body: dict[str, Any] | None = None, **values: Any) -> TapOrder:
    now = timezone.now()
    told: dict[str, Any] = {"id": ledger.new_key(now), "at": now, "body": body or {}}
    return TapOrder(**{"activity_id": activity.pk, "resident": world.resident} | told | values)


def pledge(world: World, **values: Any) -> TapOrder:
    return order(world, make_activity(world.village, world.admin, **values), {"agree": "yes"})


def photo(seed: int, name: str = "photo1", quality: int = 0) -> Upload:
    content = draw_scene("yard", random.Random(seed))
    if quality:
        out = io.BytesIO()
        Image.open(io.BytesIO(content)).resize((640, 480)).save(out, "JPEG", quality=quality)
        content = out.getvalue()
    return Upload(name, "image/jpeg", content)


def send_photo(world: World, activity: Activity, *uploads: Upload, **values: Any) -> Tap:
    now = timezone.now()
    word = issue_challenge(activity, world.resident, now=now)
    body = {"challenge": word, "in_page": True}
    return record_tap(order(world, activity, body, files=uploads, **values), now=timezone.now()).tap


def photo_activity(world: World, **values: Any) -> Activity:
    return make_activity(world.village, **{"mode": "photos", "needs_review": True} | values)
