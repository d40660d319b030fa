"""Digests: what a run read, and which model read it.

The input digest covers the typed columns of every usable fact in the canonical order of `facts`: the order
of the rows, the record ids and facts dated after the day of scoring leave it unchanged; any other change
does not.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np

from credit.contracts import ENTITY_COLUMNS
from credit.engine import civil
from credit.engine.facts import Facts
from credit.engine.indicators import Entities
from credit.engine.percentiles import Reference
from credit.engine.scorecard import Scorecard

FORMULA_REVISION = 1
"""Raised whenever the engine's formulas change, so that a model hash names one way of computing."""


def model_hash(card: Scorecard, reference: Reference) -> str:
    """SHA-256 over tree, weights, reference tables and the formulas' revision."""
    body = json.dumps(
        card.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr
    )
    parts = (str(FORMULA_REVISION), body, reference.json)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class InputDigest:
    """SHA-256 of a run's input, fed item by item in the card's order."""

    def __init__(self, entities: Entities, supplied: Iterable[str], items: Iterable[str]) -> None:
        self._hash = hashlib.sha256()
        read = sorted(set(supplied) & set(items))
        self._text(json.dumps([entities.as_of, len(entities), read]))
        for name in ENTITY_COLUMNS:
            series = entities.frame[name]
            if series.dtype.is_numeric():
                filled = series.fill_null(float("nan")) if series.dtype.is_float() else series
                self._array(filled.to_numpy() + 0)
            elif series.dtype.is_temporal():
                self._array(series.to_physical().fill_null(int(civil.NO_DAY)).to_numpy())
            else:
                self._text(json.dumps(series.to_list(), ensure_ascii=False))

    def add(self, facts: Facts, entities: Entities) -> None:
        """Feed the facts of one item."""
        self._text(f"{facts.item} {len(facts)}")
        self._array(entities.ids[facts.entity])
        for days in (facts.event, facts.valid_from, facts.valid_to, facts.released, facts.repaired):
            self._array(days)
        for position in sorted(facts.numbers):
            self._text(f"n{position}")
            self._array(facts.numbers[position])
        self._text(json.dumps(facts.level_names, ensure_ascii=False))
        self._array(facts.level)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()

    def _text(self, text: str) -> None:
        data = text.encode()
        self._hash.update(len(data).to_bytes(8, "little") + data)

    def _array(self, values: "np.typing.NDArray[np.generic]") -> None:
        if values.dtype.kind == "f":
            values = np.where(np.isnan(values), np.nan, values)  # one bit pattern for every NaN
        little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
        self._hash.update(little.size.to_bytes(8, "little"))
        self._hash.update(little.data)


def combine_digests(parts: Mapping[int, str]) -> str:
    """Digest of a run from those of its fixed partitions (partition number -> hex digest)."""
    body = json.dumps([[number, parts[number]] for number in sorted(parts)])
    return hashlib.sha256(body.encode()).hexdigest()
