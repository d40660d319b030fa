"""Arrays as compressed bytes for the database: little-endian columns one after another."""

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from index.cellchain import CHAIN_ARRAYS, Chain
from index.counted import Counted
from index.daycube import ARRAYS, CubeRows, State
from index.paths import EMPTY, Points

LEVEL = 1
ROW_FIELDS = ("cell", "indicator", "moved", "entered", "left", "came", "went")
POINT_TYPES = {"day": "<i4", "entity": "<i8", "indicator": "<u1", "score": "<u2"}
STATE_TYPES = {
    "entity": "<i8", "cell": "<u2", "score": "<u2", "sums": "<i8", "counts": "<i8", "members": "<i8",
    "plain_part": "<f8", "scale": "<f8", "index": "<f8", "plain": "<f8",
    "chain.sums": "<i8", "chain.part": "<f8", "chain.known": "<i8", "chain.linked": "<i8",
}  # fmt: skip

_ONCE_KEPT = slice(len(ARRAYS) + 2, len(ARRAYS) + 4)
"""Sums by group, which earlier checkpoints carry and which are derived now."""


def pack_rows(rows: CubeRows) -> bytes:
    table = np.stack([getattr(rows, name) for name in ROW_FIELDS]).astype("<i8")
    return zlib.compress(table.tobytes(), LEVEL)


def unpack_rows(body: Any) -> CubeRows:
    table = np.frombuffer(zlib.decompress(bytes(body)), "<i8").reshape(len(ROW_FIELDS), -1)
    return CubeRows(*table)


COUNTED_TYPES = {"entity": "<i8", "cell": "<u2", "capital": "<i8"}


def pack_counted(counted: Counted) -> bytes:
    columns = [getattr(counted, name).astype(kind).tobytes() for name, kind in COUNTED_TYPES.items()]
    return zlib.compress(len(counted.entity).to_bytes(8, "little") + b"".join(columns), LEVEL)


def unpack_counted(body: Any) -> Counted:
    raw = zlib.decompress(bytes(body))
    count, at, columns = int.from_bytes(raw[:8], "little"), 8, []
    for kind in COUNTED_TYPES.values():
        columns.append(np.frombuffer(raw, kind, count, at))
        at += columns[-1].nbytes
    return Counted(*columns)


def pack_points(points: Points) -> bytes:
    columns = [getattr(points, name).astype(kind).tobytes() for name, kind in POINT_TYPES.items()]
    return zlib.compress(len(points).to_bytes(8, "little") + b"".join(columns), LEVEL)


def unpack_points(body: Any) -> Points:
    raw = zlib.decompress(bytes(body))
    count, at = int.from_bytes(raw[:8], "little"), 8
    if not count:
        return EMPTY
    columns = []
    for kind in POINT_TYPES.values():
        column = np.frombuffer(raw, kind, count, at)
        columns.append(column)
        at += column.nbytes
    return Points(*columns)


def pack_state(state: State) -> bytes:
    parts = [state.day.to_bytes(8, "little", signed=True)]
    for name, array in _arrays_of(state):
        parts += [
            np.array([array.ndim, *array.shape], "<i8").tobytes(),
            array.astype(STATE_TYPES[name]).tobytes(),
        ]
    return zlib.compress(b"".join(parts), LEVEL)


def unpack_state(body: Any) -> State:
    raw = zlib.decompress(bytes(body))
    day, at = int.from_bytes(raw[:8], "little", signed=True), 8
    arrays: list[Any] = []
    kinds = [*STATE_TYPES.values()]
    while at < len(raw):
        kind = kinds[len(arrays)] if len(arrays) < len(kinds) else "<i8"
        ndim = int(np.frombuffer(raw, "<i8", 1, at)[0])
        shape = tuple(int(n) for n in np.frombuffer(raw, "<i8", ndim, at + 8))
        at += 8 * (1 + ndim)
        array = np.frombuffer(raw, kind, int(np.prod(shape)), at).reshape(shape).copy()
        at += array.nbytes
        arrays.append(array)
    if len(arrays) == len(kinds) + 2:
        del arrays[_ONCE_KEPT]
    own: dict[str, Any] = dict(zip(ARRAYS, arrays, strict=False))
    return State(day=day, chain=Chain(*arrays[len(ARRAYS) :]), **own)


def _arrays_of(state: State) -> Iterator[tuple[str, Any]]:
    """Every array of a state in the order of STATE_TYPES."""
    for name in ARRAYS:
        yield name, getattr(state, name)
    for name in CHAIN_ARRAYS:
        yield f"chain.{name}", getattr(state.chain, name)
