"""Runs over what was delivered: exactly the touched, once, reproducible."""

from datetime import timedelta

import pytest

from credit.models import ConsumedChange, RunState, Score, ScoreChunk, ScoreRun, Standing
from credit.selectors.scores import find_score, run_progress, score_history
from credit.services import runs
from datahub.models import Batch, Enterprise
from datahub.services.withdrawal import withdraw_batch
from tests.firms import AS_OF, CODES, FREEZE_HEAD, NOW, ORIGIN, Deliver, follow, freeze, full_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("firms")]


def firm(place: int = 0) -> int:
    return Enterprise.objects.get(code=CODES[place]).pk


def test_every_active_enterprise_has_a_score_after_a_full_run() -> None:
    run = ScoreRun.objects.get(pk=full_run())
    assert (run.state, run.enterprises, run.changed) == (RunState.DONE, 3, 3)
    assert Standing.objects.count() == 3


def test_a_run_says_what_it_read_and_with_which_model() -> None:
    run = ScoreRun.objects.get(pk=full_run())
    assert len(run.input_digest) == 64
    assert run.release.model_hash
    assert run.last_batch_id == Batch.objects.latest("pk").pk


def test_a_second_run_stores_nothing_when_nothing_changed() -> None:
    full_run()
    again = ScoreRun.objects.get(pk=full_run())
    assert again.changed == 0
    assert Score.objects.count() == 3


def test_a_promoted_batch_rescores_exactly_whom_it_touched(deliver: Deliver) -> None:
    full_run()
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[1]))
    run = ScoreRun.objects.get(pk=follow())
    assert run.enterprises == 1
    assert list(Score.objects.filter(run_id=run.pk).values_list("enterprise_id", flat=True)) == [firm(1)]


def test_an_equity_freeze_caps_the_score_and_names_its_record(deliver: Deliver) -> None:
    full_run()
    before = find_score(firm())
    batch = deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    after = find_score(firm())
    assert before is not None and after is not None
    assert before.cap is None
    assert after.cap is not None and after.total <= after.cap
    reason = next(r for r in after.adverse if "court.equity_freeze" in r.items)
    assert reason.record_ids
    assert batch.rows_promoted == 1


def test_a_revoked_firm_is_scored_and_capped_and_a_cancelled_one_is_not(deliver: Deliver) -> None:
    deliver(
        "market.registration",
        "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划",
        f"{CODES[0]},慈溪甲有限公司,有限责任公司,吊销,1,2015-03-01,5181,330282002",
        f"{CODES[1]},慈溪乙有限公司,有限责任公司,注销,1,2015-03-01,5181,330282002",
    )
    full_run()
    revoked = find_score(firm())
    assert revoked is not None
    assert revoked.cap == 399 and revoked.total <= 399
    assert find_score(firm(1)) is None


def test_the_withdrawal_of_the_batch_brings_the_old_score_back(deliver: Deliver) -> None:
    full_run()
    before = find_score(firm())
    batch = deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    withdraw_batch(batch.pk, reason="误报", origin=ORIGIN, now=NOW)
    follow()
    after = find_score(firm())
    assert before is not None and after is not None
    assert (after.total, after.grade, after.forces) == (before.total, before.grade, before.forces)


def test_a_finished_run_reads_the_same_bytes_whatever_came_since(deliver: Deliver) -> None:
    run = ScoreRun.objects.get(pk=full_run())
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    deliver(
        "market.registration",
        "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划",
        f"{CODES[0]},慈溪更名有限公司,有限责任公司,吊销,1,2015-03-01,5181,330282002",
    )
    assert runs.replay_digest(run.pk) == run.input_digest


def test_a_past_day_recomputed_later_joins_the_history_and_leaves_the_standing(deliver: Deliver) -> None:
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    full_run()
    standing = Standing.objects.get(enterprise_id=firm())
    past = runs.plan_full_run(as_of=AS_OF - timedelta(days=900), origin=ORIGIN, now=NOW)
    for number in past.chunks:
        runs.run_chunk(past.run_id, number, now=NOW)
    runs.finish_run(past.run_id, now=NOW)
    assert Score.objects.filter(enterprise_id=firm(), run_id=past.run_id).exists()
    assert Standing.objects.get(enterprise_id=firm()).run_id == standing.run_id


def test_a_chunk_is_done_once() -> None:
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    assert runs.run_chunk(plan.run_id, 0, now=NOW) is True
    assert runs.run_chunk(plan.run_id, 0, now=NOW) is False


def test_a_run_is_closed_by_its_last_chunk() -> None:
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    for number in plan.chunks[:-1]:
        runs.run_chunk(plan.run_id, number, now=NOW)
    assert run_progress(plan.run_id).state == RunState.RUNNING
    runs.run_chunk(plan.run_id, plan.chunks[-1], now=NOW)
    assert run_progress(plan.run_id).done_pct == 100
    assert run_progress(plan.run_id).state == RunState.DONE


def test_two_full_runs_do_not_run_at_once() -> None:
    runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    with pytest.raises(runs.UnableToStartRun, match="正在进行"):
        runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)


def test_a_chunk_left_by_a_dead_worker_is_found_again() -> None:
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    runs.run_chunk(plan.run_id, 0, now=NOW)
    found = runs.stale_chunks(before=NOW + timedelta(minutes=5), now=NOW + timedelta(minutes=5))
    assert found == [(plan.run_id, number) for number in plan.chunks[1:]]
    assert ScoreChunk.objects.filter(is_done=True).count() == 1


def test_news_is_followed_once(deliver: Deliver) -> None:
    full_run()
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    assert runs.plan_touched_run(as_of=AS_OF, now=NOW) is None
    assert ConsumedChange.objects.count() == 3


def test_contributions_and_cap_add_up_to_the_total(deliver: Deliver) -> None:
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    full_run()
    for score in Score.objects.all():
        assert score.baseline + sum(score.contributions) == pytest.approx(score.total, abs=1e-9)


def test_a_thin_file_is_marked_and_says_what_is_missing() -> None:
    full_run()
    score = find_score(firm())
    assert score is not None
    assert score.note == "信息不足，仅供参考"
    assert {missing.why for missing in score.missing} <= {"未供数", "无记录"}
    assert score.missing


def test_history_keeps_one_point_a_day(deliver: Deliver) -> None:
    full_run()
    deliver("court.equity_freeze", FREEZE_HEAD, freeze(CODES[0]))
    follow()
    score = find_score(firm())
    assert score is not None
    points = score_history(firm(), score.grades)
    assert [point.as_of for point in points] == [AS_OF]
    assert points[0].total == pytest.approx(Standing.objects.get(pk=firm()).total)


def test_a_run_that_cannot_end_fails_and_bars_nobody() -> None:
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    later = NOW
    for _ in range(runs.MOST_ATTEMPTS):
        later += timedelta(minutes=5)
        runs.stale_chunks(before=later, now=later)
    assert ScoreRun.objects.get(pk=plan.run_id).state == RunState.FAILED
    assert ScoreRun.objects.get(pk=full_run()).state == RunState.DONE
