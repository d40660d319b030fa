"""Penalties of eleven departments: one shape, one recipe, words and levels from ``phrases.yaml``."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.rows import amounts, document_numbers, if_past, later, only, pick, table, yearly
from datahub.demo.vocabulary import vocabulary

PUBLIC_DAYS = {"minor": 90, "general": 365, "serious": 1095}
REPAIRED_SHARE = 0.35


def penalty(city: City, item: str) -> pl.DataFrame:
    """Penalties of one department. A third is repaired before its publication ends."""
    rng, recipe = city.rng(item), city.words.phrases["penalties"][item]
    place = city.strained(item, recipe["share"], among=_liable(city, recipe))
    day = city.days_of_trouble(item, place, tilt=0.5)
    severity = pick(rng, ["minor", "general", "serious"], place.size, [0.3, 0.58, 0.12])
    scale = np.select([severity == "minor", severity == "serious"], [0.3, 3.5], default=1.0)
    public = np.array([PUBLIC_DAYS[level] for level in severity], dtype=np.int64)
    repaired = if_past(
        city, later(rng, day, 60, 330), (severity != "minor") & (rng.random(place.size) < REPAIRED_SHARE)
    )
    columns: dict[str, Any] = {
        "doc_no": document_numbers(day, recipe["doc"], 1),
        "fact": pick(rng, recipe["facts"], place.size),
        "kind": pick(rng, city.words.phrases["penalty_kinds"], place.size),
        "amount": amounts(rng, recipe["median"] * scale, place.size, 0.6),
        "severity": severity,
        "org": recipe["org"],
        "decided_on_days": day,
        "public_end_days": day + public,
        "repaired_on_days": repaired,
    }
    return table(place, **columns, **_own_columns(city, item, severity, day))


def _liable(city: City, recipe: dict[str, Any]) -> np.ndarray:
    liable = city.seen
    if "sections" in recipe:
        liable = liable & city.industry_in(*recipe["sections"])
    if recipe.get("exporters"):
        liable = liable & (city.firms.exports > 0)
    return liable


def _own_columns(city: City, item: str, severity: np.ndarray, day: np.ndarray) -> dict[str, Any]:
    """Columns that only one of the departments has."""
    if item == "emergency.penalty":
        listed = np.where(severity == "serious", day + 30, -1)
        return {"listed_on_days": if_past(city, listed, listed >= 0), "delisted_on_days": -1}
    if item == "fire.penalty":
        return {"closed_on_days": if_past(city, day + 70, city.rng("fire.closed").random(day.size) < 0.7)}
    if item == "tax.penalty":
        rng = city.rng("tax.mend")
        return {
            "mend_amount": amounts(rng, 30_000, day.size, 1.0),
            "transferred": rng.random(day.size) < 0.02,
        }
    return {}


def energy(city: City) -> pl.DataFrame:
    """Energy use of the larger makers, with a rare fine; two years."""
    rng, firms = city.rng("reform.energy"), city.firms
    makers = city.standing & city.industry_in("17", "28", "34", "36", "38", "29")
    place = city.draw("reform.energy", 0.02, among=makers, log_weight=1.5 * np.log(firms.revenue))
    frames = []
    for year in yearly(city, 2, 4):
        fined = rng.random(place.size) < 0.04
        kwh = city.words.column("kwh")[firms.industry[place]] * firms.revenue[place] / 1e4
        frames.append(table(
            place, year=year, tce=np.round(kwh * 1.229e-4 * rng.uniform(0.9, 1.2, place.size), 1),
            fact=only(fined, "使用国家明令淘汰的用能设备"),
            amount=pl.Series(amounts(rng, 20_000, place.size, 0.5)).set(pl.Series(~fined), None),
        ))  # fmt: skip
    return pl.concat(frames)


def _tables() -> dict[str, Callable[[City], pl.DataFrame]]:
    return {item: partial(penalty, item=item) for item in vocabulary().phrases["penalties"]}


TABLES = {**_tables(), "reform.energy": energy}
