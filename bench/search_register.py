"""A register of the demo city's firms for measuring the search, without their facts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from bench.database import copy_frame
from datahub.demo.firms import build_firms
from datahub.demo.vocabulary import KINDS, vocabulary
from datahub.engine.industry import section_of

AS_OF = dt.date(2026, 11, 1)
FORMER_SHARE = 1 / 12
STATES, STATE_SHARES = ("active", "cancelled", "revoked", "moved"), (0.80, 0.15, 0.04, 0.01)
SIZES, SIZE_SHARES = ("large", "medium", "small", "micro"), (0.01, 0.04, 0.25, 0.70)
SCORED_SHARE = 2 / 3
GRADE_SHARES = (0.05, 0.10, 0.15, 0.25, 0.25, 0.15, 0.05)


@dataclass(frozen=True)
class Register:
    """Columns by firm, in the order of ``enterprise_id`` from 1."""

    codes: list[str]
    names: list[str]
    short_names: list[str]
    people: list[str]
    former_names: list[str]  # empty where a firm always bore its name


def make_register(count: int, seed: int = 7) -> tuple[Register, dict[str, pl.DataFrame]]:
    """``count`` firms of the demo city and the tables that hold them, by name."""
    words, rng = vocabulary(), np.random.default_rng(seed)
    made = build_firms(count, seed, AS_OF, words)
    others = build_firms(count, seed + 1, AS_OF, words).name
    former = np.where(rng.random(count) < FORMER_SHARE, others, "").tolist()
    ids = np.arange(1, count + 1)
    capital = np.round(np.maximum(made.capital, 1.0), 2)
    enterprises = pl.DataFrame({
        "id": ids, "code": made.code.tolist(), "register_no": [one or "" for one in made.register_no],
        "name": made.name.tolist(), "kind": [KINDS[kind] for kind in made.kind],
        "state": rng.choice(STATES, count, p=STATE_SHARES), "size": rng.choice(SIZES, count, p=SIZE_SHARES),
        "town_code": [words.divisions[town].code for town in made.town],
        "industry_section": [section_of(words.industries[one].code) for one in made.industry],
        "industry_code": [words.industries[one].code for one in made.industry],
        "legal_person": made.legal_person.tolist(), "capital_yuan": capital,
        "established_on": pl.Series(made.established).cast(pl.Int32).cast(pl.Date),
        "is_registered": [True] * count, "changed_at": [f"{AS_OF}T00:00:00+08:00"] * count,
    })  # fmt: skip
    renamed = [(number, name) for number, name in zip(ids.tolist(), former, strict=True) if name]
    formers = pl.DataFrame(renamed, schema=["enterprise_id", "name"], orient="row")
    scored = ids[rng.random(count) < SCORED_SHARE]
    standings = pl.DataFrame({
        "enterprise_id": scored, "run_id": [1] * scored.size, "as_of": [str(AS_OF)] * scored.size,
        "total": rng.normal(600, 100, scored.size), "word": [1] * scored.size, "thin": [False] * scored.size,
        "grade": rng.choice(len(GRADE_SHARES), scored.size, p=GRADE_SHARES), "digest": ["\\x"] * scored.size,
        "changed_at": [f"{AS_OF}T00:00:00+08:00"] * scored.size,
    })  # fmt: skip
    register = Register(
        made.code.tolist(), made.name.tolist(), made.short.tolist(), made.legal_person.tolist(), former
    )
    tables = {"datahub_enterprise": enterprises, "datahub_formername": formers, "credit_standing": standings}
    return register, tables


def store(connection: Any, tables: dict[str, pl.DataFrame]) -> None:
    """Write the tables and gather their statistics."""
    with connection.cursor() as cursor:
        for table, frame in tables.items():
            copy_frame(cursor, table, frame)
            cursor.execute(f"ANALYZE {table}")
