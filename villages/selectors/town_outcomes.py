"""How fast villages review and how their appeals end: what the town compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

SPEED = """
    SELECT t.village_id, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.reviewed_at - t.received_at) / 3600.0),
           avg(extract(epoch FROM t.reviewed_at - t.received_at) / 3600.0),
           count(*) FILTER (WHERE t.due_on IS NULL OR (t.reviewed_at AT TIME ZONE 'Asia/Shanghai')::date <= t.due_on),
           count(*) FILTER (WHERE t.state = 'refused')
    FROM villages_tap t
    WHERE t.village_id = ANY (%s) AND t.reviewed_at > %s AND t.reason_code NOT IN ('sheet', 'revoked')
    GROUP BY t.village_id"""
APPEALS = """
    SELECT a.village_id, count(*) FILTER (WHERE a.filed_at > %(since)s),
           count(*) FILTER (WHERE a.state = 'upheld' AND a.decided_at > %(since)s),
           count(*) FILTER (WHERE a.state = 'rejected' AND a.decided_at > %(since)s),
           count(*) FILTER (WHERE a.state IN ('filed', 'panel', 'town')),
           count(*) FILTER (WHERE a.state IN ('filed', 'panel', 'town') AND a.due_on < %(today)s),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.decided_at - a.filed_at) / 86400.0)
               FILTER (WHERE a.state IN ('upheld', 'rejected') AND a.decided_at > %(since)s)
    FROM villages_appeal a
    WHERE a.village_id = ANY (%(villages)s)
    GROUP BY a.village_id"""


@dataclass(frozen=True)
class ReviewSpeed:
    """Decisions by a person: how many, hours from arrival to decision, how many by their day, how many refused.

    What came in by a paper sheet is no review; what was revoked later is none either.
    """

    decided: int = 0
    median_hours: float | None = None
    mean_hours: float | None = None
    in_time: int = 0
    refused: int = 0

    @property
    def in_time_pct(self) -> float | None:
        return 100 * self.in_time / self.decided if self.decided else None

    @property
    def refused_pct(self) -> float | None:
        return 100 * self.refused / self.decided if self.decided else None


@dataclass(frozen=True)
class AppealOutcomes:
    """Appeals filed and decided in the window, those waiting now, those past their day, days to a decision."""

    filed: int = 0
    upheld: int = 0
    rejected: int = 0
    waiting: int = 0
    late: int = 0
    median_days: float | None = None

    @property
    def decided(self) -> int:
        return self.upheld + self.rejected

    @property
    def upheld_pct(self) -> float | None:
        return 100 * self.upheld / self.decided if self.decided else None


def review_speeds(villages: Sequence[int], since: datetime) -> dict[int, ReviewSpeed]:
    """By village; one query."""
    with connection.cursor() as cursor:
        cursor.execute(SPEED, [list(villages), since])
        return {
            village: ReviewSpeed(decided, _number(median), _number(mean), in_time, refused)
            for village, decided, median, mean, in_time, refused in cursor.fetchall()
        }


def appeal_outcomes(villages: Sequence[int], since: datetime, today: date) -> dict[int, AppealOutcomes]:
    """By village; one query."""
    with connection.cursor() as cursor:
        cursor.execute(APPEALS, {"villages": list(villages), "since": since, "today": today})
        return {
            village: AppealOutcomes(filed, upheld, rejected, waiting, late, _number(median))
            for village, filed, upheld, rejected, waiting, late, median in cursor.fetchall()
        }


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
