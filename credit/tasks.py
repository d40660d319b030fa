"""Background work of the credit cloud: ids in, one service called."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

import audit
from credit.services import runs, search_index
from credit.services.releases import NoCurrentRelease

STALE_AFTER = timedelta(minutes=3)


def enqueue(plan: runs.Plan) -> None:
    """Hand the chunks of a plan to whichever workers are there."""
    for number in plan.chunks:
        score_chunk.delay(plan.run_id, number)


@shared_task(name="credit.score_chunk", ignore_result=True)
def score_chunk(run_id: int, number: int) -> None:
    runs.run_chunk(run_id, number, now=timezone.now())


@shared_task(name="credit.recalculate_touched", ignore_result=True)
def recalculate_touched() -> None:
    """Follow every change of the store that no run has followed yet."""
    now = timezone.now()
    try:
        plan = runs.plan_touched_run(as_of=timezone.localdate(now), now=now)
    except NoCurrentRelease:
        return
    if plan is None:
        return
    if len(plan.chunks) == 1:  # the common case: do it here, within the second
        runs.run_chunk(plan.run_id, 0, now=timezone.now())
    else:
        enqueue(plan)


@shared_task(name="credit.recalculate_all", ignore_result=True)
def recalculate_all() -> None:
    """The nightly full run."""
    now = timezone.now()
    try:
        plan = runs.plan_full_run(as_of=timezone.localdate(now), origin=audit.Origin.system("beat"), now=now)
    except (NoCurrentRelease, runs.UnableToStartRun):
        return
    enqueue(plan)


@shared_task(name="credit.sweep", ignore_result=True)
def sweep() -> None:
    """Pick up chunks whose worker died and changes whose news was lost."""
    now = timezone.now()
    for run_id, number in runs.stale_chunks(before=now - STALE_AFTER, now=now):
        score_chunk.delay(run_id, number)
    recalculate_touched.delay()


@shared_task(name="credit.refresh_search", ignore_result=True)
def refresh_search() -> None:
    """Bring the search index up to the register."""
    search_index.refresh()
