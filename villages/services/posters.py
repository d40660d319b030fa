"""That a village has put up the posters that tell villagers where to come in."""

import datetime as dt
from typing import Any

import audit
from villages.models import Village

from .ledger import local_day


def note_posters(village: Village, user: Any, *, now: dt.datetime, origin: audit.Origin) -> Village:
    """Note today as the day of the posters; the first day stays."""
    with audit.action("villages.posters.noted", origin=origin, target=f"village:{village.code}"):
        if village.posters_on is None:
            village.posters_on = local_day(now)
            village.save(update_fields=["posters_on"])
    return village
