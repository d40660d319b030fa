"""Digests: what a run read, and which model read it.

The input digest covers the typed columns of every usable fact in the canonical order of `facts`: the order
of the rows, the record ids and facts dated after the day of scoring leave it unchanged; any other change
does not.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit.contracts import ENTITY_COLUMNS
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
        for name, kind in ENTITY_COLUMNS.items():
            if kind == pl.String():
                self._levels(*entities.text(name))
        self._array(entities.ids)
        self._array(entities.established)
        self._array(entities.capital)

    def add(self, facts: Facts, entities: Entities) -> None:
        """Feed the facts of one item; an item without usable facts leaves no trace."""
        if not len(facts):
            return
        self._text(f"{facts.item} {len(facts)}")
        self._array(entities.ids[facts.entity])
        for days in (facts.event, facts.valid_from, facts.valid_to, facts.released, facts.repaired):
            self._array(days)
        for position in sorted(facts.numbers):
            self._text(f"n{position}")
            self._array(facts.numbers[position])
        self._levels(facts.level, facts.level_names)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()

    def _levels(self, codes: NDArray[np.int32], names: tuple[str, ...]) -> None:
        self._text(json.dumps(names, ensure_ascii=False))
        self._array(codes)

    def _text(self, text: str) -> None:
        data = text.encode()
        self._hash.update(len(data).to_bytes(8, "little") + data)

    def _array(self, values: NDArray[Any]) -> None:
        if values.dtype.kind == "f":
            values = np.where(np.isnan(values), np.nan, values)  # one bit pattern for every NaN
        little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
        words = little.view(f"u{little.itemsize}")
        same = len(words) > 0 and bool((words == words[0]).all())  # most date columns are wholly empty
        self._hash.update(b"=" if same else b"*")
        self._hash.update(little.size.to_bytes(8, "little"))
        self._hash.update(words[:1].data if same else words.data)
