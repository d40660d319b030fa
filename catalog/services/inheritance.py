"""What a column inherits from the data hub: the strictest field that is called so gives its grade."""

from functools import lru_cache

from datahub.engine.headers import normalise_header
from datahub.public import get_item, list_items


def inherited(title: str) -> dict[str, str]:
    """Data item, field and grade of the strictest data hub field that is called so; empty if none is."""
    item, field, grade = known_fields().get(normalise_header(title), ("", "", ""))
    return {"data_item": item, "item_field": field, "grade": grade} if item else {}


def inherited_from(item: str, field: str) -> dict[str, str]:
    """The same for a field that is named outright; empty if there is none of that name."""
    try:
        grade = get_item(item).field(field).grade.value
    except KeyError:
        return {}
    return {"data_item": item, "item_field": field, "grade": grade}


@lru_cache(maxsize=1)
def known_fields() -> dict[str, tuple[str, str, str]]:
    """By header: item, field and grade of the strictest field of that name in the data hub."""
    known: dict[str, tuple[str, str, str]] = {}
    for item in list_items():
        for field in item.fields:
            header, told = normalise_header(field.name), (item.code, field.code, field.grade.value)
            if header not in known or known[header][2] < told[2]:
                known[header] = told
    return known


@lru_cache(maxsize=1)
def known_codes() -> dict[str, str]:
    """Codes the data hub already uses for a header: the same thing is called the same everywhere."""
    known: dict[str, str] = {}
    for item in list_items():
        for field in item.fields:
            known.setdefault(normalise_header(field.name), field.code)
    return known
