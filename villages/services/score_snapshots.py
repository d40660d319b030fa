"""Monthly snapshots of scores, each with the digest of what it was made from."""

import datetime as dt
from typing import Any

from villages.engine.score import Score
from villages.models import Resident, ScoreSnapshot, Village
from villages.selectors.scores import replay, rule_set_in_force, scores_of


def take_snapshots(village: Village, day: dt.date, *, now: dt.datetime) -> int:
    """Keep the score of every active resident on ``day`` as known now; who has one for the day keeps it."""
    rule_set = rule_set_in_force(village, day)
    if rule_set is None:
        return 0
    people = list(Resident.objects.filter(village=village, status=Resident.Status.ACTIVE))
    scores = scores_of(people, village, day, now)
    rows = [
        ScoreSnapshot(
            resident_id=pk, village=village, day=day, rule_set=rule_set, score=score.value, grade=score.grade.code,
            points_earned=score.points_earned, detail=detail_of(score), digest=score.digest, made_at=now,
        )
        for pk, score in scores.items()
    ]  # fmt: skip
    before = ScoreSnapshot.objects.filter(village=village, day=day).count()
    ScoreSnapshot.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return ScoreSnapshot.objects.filter(village=village, day=day).count() - before


def detail_of(score: Score) -> dict[str, Any]:
    """What a snapshot keeps besides the value: participation and categories as text."""
    return {
        "participation": str(score.participation),
        "categories": {code: [str(total), str(after)] for code, (total, after) in score.categories.items()},
        "vetoes": [str(event.id) for event in score.vetoes],
    }


def differs(snapshot: ScoreSnapshot) -> bool:
    """True if the events known then no longer give the value that was kept."""
    again = replay(snapshot)
    return (again.value, again.digest) != (snapshot.score, snapshot.digest)
