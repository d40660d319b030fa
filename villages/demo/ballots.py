"""Past votes of the demonstration: ballots without voters, and the fact of taking part, rewarded in one call."""

import random

from django.db import transaction

from villages.models import Activity, Resident, Tap
from villages.services import ledger
from villages.services.rewards import points_for, reward
from villages.services.taps import LATEST
from villages.services.votes import open_box, put_into_box

WEIGHTS = (0.78, 0.14, 0.08)


@transaction.atomic
def cast_ballots(
    activity: Activity,
    people: list[Resident],
    zeal: dict[int, float],
    share: float,
    chance: random.Random,
    most: int,
) -> None:
    """Some of the village vote; choices follow no person."""
    choices = list(activity.choices.all())
    came = [r for r in people if chance.random() < min(0.95, share * zeal[r.pk] / 0.26)] or people[:1]
    came = chance.sample(came, most) if len(came) > most else came
    picked = chance.choices(choices, WEIGHTS[: len(choices)], k=len(came))
    put_into_box(activity, picked)
    at = activity.closes_at
    taps = [
        Tap(
            id=ledger.new_key(at), activity=activity, village_id=activity.village_id, resident=r, body_digest="demo",
            occasion="once", occurred_at=activity.opens_at, received_at=activity.opens_at, state=Tap.State.COUNTED,
            points_asked=points_for(activity),
        )
        for r in came
    ]  # fmt: skip
    reward(taps, activity, now=at, actor_id=None, topic="")
    Tap.objects.bulk_create(taps)
    open_box(activity.pk, now=at + LATEST)
