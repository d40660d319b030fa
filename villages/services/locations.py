"""Where somebody was is kept for 90 days; after that only whether it was the activity's place."""

from datetime import datetime, timedelta

from django.db import connection

KEPT = timedelta(days=90)
A_COMMIT = 5000
FORGET = """
    UPDATE villages_tap SET latitude = NULL, longitude = NULL, accuracy_m = NULL, datum = '', distance_m = NULL
    WHERE id = ANY (ARRAY(
        SELECT id FROM villages_tap
        WHERE received_at <= %s AND (latitude IS NOT NULL OR distance_m IS NOT NULL)
        ORDER BY received_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED))"""


def forget_locations(*, now: datetime) -> int:
    """Remove positions and distances of taps received 90 days ago or earlier, some thousand a commit; how many.

    ``presence`` stays. A tap somebody holds at this moment is left for the next day.
    """
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [now - KEPT, A_COMMIT])
            done = cursor.rowcount
        total += done
        if done < A_COMMIT:
            return total
