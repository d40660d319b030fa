"""Rows, column profiles and dictionaries as templates show them; only of columns the reader may have."""

from typing import Any

from catalog.engine.columns import plain
from catalog.selectors.reading import OpenTable, RowPage
from catalog.vocabulary import FieldType, Grade, Opening

LONGEST_SHOWN = 120
BARS = 12


def preview_table(table: OpenTable, page: RowPage) -> dict[str, Any]:
    """Head and rows of a preview."""
    head = [
        {"title": c.title, "code": c.code, "is_number": c.type in ("integer", "number"),
         "unit": table.fields[c.code].unit}
        for c in table.columns
    ]  # fmt: skip
    rows = [
        [{"text": shown(value), "is_number": one["is_number"]} for value, one in zip(row, head, strict=True)]
        for row in page.rows
    ]
    return {"head": head, "rows": rows, "total": page.total, "is_estimate": page.is_estimate}


def shown(value: Any) -> str:
    """A cell as text; nothing stays empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(plain(value)).replace("T", " ") if not isinstance(value, str) else value
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def profiles(table: OpenTable) -> list[dict[str, Any]]:
    """What each readable column holds."""
    rows = table.release.row_count
    found = []
    for column in table.columns:
        told = table.release.profile.get(column.code)
        if told is None:
            continue
        frequent = told.get("frequent", [])
        most = frequent[0][1] if frequent else 0
        bins = told.get("bins", [])
        tallest = max(bins, default=0)
        found.append({
            "title": column.title, "type": FieldType(column.type).label,
            "filled": (rows - told.get("empty", 0)) / rows if rows else None, "empty": told.get("empty", 0),
            "distinct": told.get("distinct"), "least": _edge(told.get("least")), "most": _edge(told.get("most")),
            "longest": told.get("longest"), "sampled": told.get("sampled"),
            "frequent": [{"text": shown(v), "n": n, "width": round(100 * n / most)} for v, n in frequent],
            "bins": [{"x": place * 8, "height": round(30 * n / tallest, 1), "y": round(30 - 30 * n / tallest, 1), "n": n}
                     for place, n in enumerate(bins)] if tallest else [],
        })  # fmt: skip
    return found


def dictionary(resource: Any, readable: frozenset[str]) -> list[dict[str, Any]]:
    """The field dictionary: every field below L4, whether it may be read or not; what is L4 is only counted."""
    return [
        {"title": f.title, "code": f.code, "type": FieldType(f.type).label, "unit": f.unit,
         "description": f.description, "grade": f.grade, "grade_label": Grade(f.grade).label,
         "opening": Opening(f.opening).label, "is_readable": f.code in readable}
        for f in resource.fields.all() if f.grade != Grade.L4
    ]  # fmt: skip


def _edge(value: Any) -> str:
    return "" if value is None else str(value).replace("T", " ")
