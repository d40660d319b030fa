"""Facts of the data hub as the engine's input."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import polars as pl

from credit.contracts import ScoringInput
from credit.engine.scorecard import Scorecard
from datahub import public as datahub

# A revoked firm still owes and is still asked about: it is scored, and V_REVOKED caps it. A cancelled one is not.
SCORED_STATES = ("active", "revoked")


def read_input(
    card: Scorecard,
    as_of: date,
    known_at: datetime,
    supplied: Iterable[str],
    *,
    shards: Sequence[int] | None = None,
    enterprise_ids: Sequence[int] | None = None,
) -> ScoringInput:
    """What one chunk of a run reads: active and revoked enterprises and the facts known of them at an instant."""
    items = _of_enterprises(card)
    entities, frames = datahub.scoring_frames(items, known_at, shards=shards, enterprise_ids=enterprise_ids)
    # an item whose only batch was withdrawn since then is "not supplied": its facts are not read either
    delivered = frozenset(supplied) & set(items)
    return ScoringInput(
        frames={code: frame for code, frame in frames.items() if code in delivered},
        entities=entities.filter(pl.col("state").is_in(SCORED_STATES)),
        supplied=delivered,
        as_of=as_of,
        measures={code: datahub.get_item(code).measures for code in items},
    )


def _of_enterprises(card: Scorecard) -> list[str]:
    """Item codes of the card but the sources about principals, which no unit delivers yet."""
    return [code for code in card.items if "@" not in code]
