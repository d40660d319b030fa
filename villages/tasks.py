"""Background work of the villages: clocks, holds, outbox, seals, proofs, vintages, months."""

import datetime as dt
import random

from celery import shared_task
from django.utils import timezone

from villages.models import Village
from villages.services import (
    bulk_awards,
    dishonesty,
    expiry,
    holds,
    honours,
    locations,
    outbox,
    review,
    score_snapshots,
    seals,
    settlement,
    votes,
)
from villages.services.ledger import local_day
from villages.services.verification import check_and_keep


@shared_task(name="villages.run_clocks")
def run_clocks() -> dict[str, int]:
    """Hand overdue submissions and unsigned bulk awards to the town; open the boxes of secret votes that are over."""
    now = timezone.now()
    return {
        "taps": review.escalate_overdue(now=now), "bulk": bulk_awards.escalate_unsigned(now=now),
        "boxes": votes.open_due_boxes(now=now),
    }  # fmt: skip


@shared_task(name="villages.release_holds")
def release_holds() -> int:
    return holds.release_overdue(timezone.now())


@shared_task(name="villages.drain_outbox")
def drain_outbox() -> int:
    return outbox.drain(timezone.now())[0]


@shared_task(name="villages.seal_yesterday")
def seal_yesterday() -> int:
    now = timezone.now()
    return seals.seal_until(local_day(now) - dt.timedelta(days=1), now=now)


@shared_task(name="villages.verify_sample")
def verify_sample() -> bool:
    """One village, drawn by lot: everything but seals older than two days."""
    villages = list(Village.objects.order_by("pk"))
    if not villages:
        return True
    return check_and_keep(random.SystemRandom().choice(villages), "sample", now=timezone.now()).intact


@shared_task(name="villages.verify_full")
def verify_full() -> bool:
    return check_and_keep(None, "full", now=timezone.now()).intact


@shared_task(name="villages.vintages_daily")
def vintages_daily() -> int:
    """Notices before an end, and ends that are due."""
    now = timezone.now()
    expiry.announce_ending(now)
    return len(expiry.expire_due(now))


@shared_task(name="villages.month_end")
def month_end() -> int:
    """On the first of a month: statements of shops and score snapshots of the month before."""
    now = timezone.now()
    last = local_day(now).replace(day=1) - dt.timedelta(days=1)
    made = settlement.make_statements(last, now=now)
    for village in Village.objects.order_by("pk"):
        score_snapshots.take_snapshots(village, last, now=now)
    return made


@shared_task(name="villages.scores_daily")
def scores_daily() -> int:
    """Events whose notice is over begin to count, honours whose notice is over are granted."""
    now = timezone.now()
    return dishonesty.activate_due(now=now) + honours.grant_due(now=now)


@shared_task(name="villages.forget_locations")
def forget_locations() -> int:
    """Positions older than the purpose text promises go."""
    return locations.forget_locations(now=timezone.now())
