"""From the first line of a unit's file to the fields of a data item."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from datahub.contracts import MONEY_UNITS, HeaderMatch, ItemDefinition, Kind

_QUOTES = str.maketrans("", "", "\"'“”‘’`*")
_UNIT_FORMS = {"%": "%", "百分比": "%", "‰": "‰"} | {unit: unit for unit in MONEY_UNITS}


def normalise_header(text: str) -> str:
    """A header as it is compared: NFKC, without spaces, quotes, asterisks and byte order mark, lower case."""
    folded = unicodedata.normalize("NFKC", text.replace("\ufeff", ""))
    return "".join(folded.split()).translate(_QUOTES).casefold()


def split_unit(header: str) -> tuple[str, str]:
    """Cut a trailing bracketed unit off a normalised header: `注册资本(万元)` gives (`注册资本`, `万元`).

    The unit is empty when the brackets hold something else.
    """
    for opening, closing in (("(", ")"), ("[", "]")):
        if header.endswith(closing) and opening in header:
            base, _, inner = header[: -len(closing)].rpartition(opening)
            unit = _UNIT_FORMS.get(inner.removeprefix("单位").lstrip(":"), "")
            if base and unit:
                return base, unit
    return header, ""


@lru_cache(maxsize=256)
def accepted_headers(item: ItemDefinition) -> dict[str, tuple[str, int]]:
    """Normalised header to (field code, rank); rank 0 is the field's name, then the order of `headers`."""
    accepted: dict[str, tuple[str, int]] = {}
    for definition in item.fields:
        for rank, header in enumerate((definition.name, *definition.headers)):
            accepted.setdefault(normalise_header(header), (definition.code, rank))
    return accepted


def match_headers(item: ItemDefinition, cells: Sequence[str]) -> HeaderMatch:
    """Match one row of cells with the item's headers.

    Where two columns claim a field, the one nearer to the front of the field's accepted headers wins.
    """
    accepted = accepted_headers(item)
    best: dict[str, tuple[int, int, str]] = {}
    unused: list[str] = []
    for column, cell in enumerate(cells):
        header = normalise_header(cell)
        unit = ""
        claim = accepted.get(header)
        if claim is None:
            base, unit = split_unit(header)
            claim = accepted.get(base)
            if claim and item.field(claim[0]).kind not in (Kind.MONEY, Kind.RATIO):
                claim = None
        if claim is None:
            if header:
                unused.append(cell.strip())
            continue
        code, rank = claim
        if code in best and best[code][0] <= rank:
            unused.append(cell.strip())
            continue
        if code in best:
            unused.append(cells[best[code][1]].strip())
        best[code] = (rank, column, unit)
    required = [f.code for f in item.fields if f.required and f.code not in best]
    if not ({item.subject.code, item.subject.name} & best.keys()):
        required.insert(0, item.subject.code)
    return HeaderMatch(
        columns={code: column for code, (_, column, _) in best.items()},
        units={code: unit for code, (_, _, unit) in best.items() if unit},
        unused=tuple(unused),
        missing=tuple(dict.fromkeys(required)),
    )
