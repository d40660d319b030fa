"""PostgreSQL's binary COPY format for rows of fixed width, laid out by numpy in one pass.

Format: signature, flags, extension length; per row a field count, per field a length and the value,
all big-endian; an array is dimensions, null flag, element type, size, lower bound, then elements with
their lengths (PostgreSQL manual, "COPY", binary format; ``array_send`` in arrayfuncs.c).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
POSTGRES_EPOCH = date(2000, 1, 1)
# numpy type -> (wire type, type oid of array elements)
_WIRE: dict[str, tuple[str, int]] = {
    "f8": (">f8", 701),
    "i2": (">i2", 21),
    "i4": (">i4", 23),
    "i8": (">i8", 20),
}


def days(value: date) -> int:
    """A date as PostgreSQL sends it: days since 2000-01-01."""
    return (value - POSTGRES_EPOCH).days


def encode(columns: Mapping[str, tuple[str, NDArray[Any]]]) -> bytes:
    """Binary COPY stream of the columns: name -> (kind, array).

    Kinds: ``f8 i2 i4 i8`` for (n,) arrays, ``f8[] i2[] i8[]`` for (n, m) arrays, ``bytea`` for (n, m)
    arrays of bytes. No value may be null; NaN is a value.
    """
    n = len(next(iter(columns.values()))[1])
    layout: list[tuple[Any, ...]] = [("fields", ">i2")]
    for name, (kind, values) in columns.items():
        layout.append((f"{name}.length", ">i4"))
        layout.append((name, *_field_type(kind, values)))
    rows = np.zeros(n, dtype=np.dtype(layout))
    rows["fields"] = len(columns)
    for name, (kind, values) in columns.items():
        _fill(rows, name, kind, values)
    return HEADER + rows.tobytes() + TRAILER


def _field_type(kind: str, values: NDArray[Any]) -> tuple[Any, ...]:
    if kind == "bytea":
        return ("u1", (values.shape[1],))
    if kind.endswith("[]"):
        wire, _ = _WIRE[kind[:-2]]
        element = np.dtype([("length", ">i4"), ("value", wire)])
        head = [(part, ">i4") for part in ("dimensions", "nulls", "oid", "size", "lower")]
        return (np.dtype([*head, ("elements", element, (values.shape[1],))]),)
    return (_WIRE[kind][0],)


def _fill(rows: NDArray[Any], name: str, kind: str, values: NDArray[Any]) -> None:
    target = rows[name]
    rows[f"{name}.length"] = rows.dtype[name].itemsize
    if kind.endswith("[]"):
        wire, oid = _WIRE[kind[:-2]]
        target["dimensions"], target["nulls"], target["oid"] = 1, 0, oid
        target["size"], target["lower"] = values.shape[1], 1
        target["elements"]["length"] = np.dtype(wire).itemsize
        target["elements"]["value"] = values
    else:
        target[...] = values
