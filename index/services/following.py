"""The whole daily round: days, disclosure, alerts."""

from datetime import date, datetime, timedelta

from index.models import Run
from index.selectors.standing import find_standing
from index.services.alerts import evaluate_alerts
from index.services.daily import last_run, news_since, run_day
from index.services.disclosure import judge_disclosure
from index.services.method import NoCurrentMethod, current_method


def judge_history(run: Run, *, now: datetime) -> int:
    """After years in one go: which panels may be shown, and the alerts there were; returns how many alerts."""
    judge_disclosure(run)
    standing = find_standing()
    return evaluate_alerts(standing, now=now, whole_history=True) if standing is not None else 0


def follow(*, yesterday: date, now: datetime) -> date | None:
    """Settle every day after the last one up to ``yesterday``; without new days, what late data touched.

    Returns the last settled day, None where there is no history yet or nothing to do.
    """
    try:
        method = current_method()
    except NoCurrentMethod:
        return None
    before = last_run(method)
    if before is None:
        return None
    run: Run = before
    for number in range((yesterday - before.last_day).days):
        run = run_day(method, before.last_day + timedelta(days=number + 1), now=now)
    if run.pk == before.pk and news_since(before, now).touched:
        run = run_day(method, before.last_day, now=now)
    if run.pk == before.pk:
        return None
    judge_disclosure(run)
    standing = find_standing()
    if standing is not None:
        evaluate_alerts(standing, now=now)
    return run.last_day
