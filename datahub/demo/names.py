"""Names of firms and people that do not exist, unique within the city."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datahub.demo.vocabulary import KINDS, Vocabulary

MOST_ROUNDS = 12


@dataclass(frozen=True)
class FirmNames:
    """Full name, the short form people use (brand and trade), and the brand alone, one per firm."""

    full: NDArray[np.object_]
    short: NDArray[np.object_]
    brand: NDArray[np.object_]


def firm_names(
    words: Vocabulary,
    kinds: NDArray[np.int64],
    towns: NDArray[np.int64],
    industries: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    taken: set[str] | None = None,
) -> FirmNames:
    """Draw a name per firm; a name that occurs twice, or is in ``taken``, is drawn again, longer."""
    size = kinds.size
    trade = _trade_words(words, industries, rng)
    seat = np.where(rng.random(size) < 0.36, "宁波", "慈溪市").astype(object)
    town = np.array([division.name for division in words.divisions], dtype=object)[towns]
    suffix = _suffixes(words, kinds, industries, rng)
    brand = _brands(words, size, rng, longer=0.25)
    full = _assemble(kinds, seat, town, brand, trade, suffix)
    for _ in range(MOST_ROUNDS):
        again = _repeated(full, taken or set())
        if not again.size:
            break
        brand[again] = _brands(words, again.size, rng, longer=0.8)
        full[again] = _assemble(
            kinds[again], seat[again], town[again], brand[again], trade[again], suffix[again]
        )
    else:
        raise RuntimeError("names ran out; add characters to names.yaml")
    return FirmNames(full, brand + trade, brand)


def people(words: Vocabulary, size: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Names of ``size`` invented persons."""
    surnames = np.array(list(words.names["surnames"]), dtype=object)
    given = np.array(list(words.names["given"]), dtype=object)
    # the front of the surname list is common, its end rare
    place = (surnames.size * rng.random(size) ** 1.8).astype(int)
    second = np.where(rng.random(size) < 0.72, given[rng.integers(given.size, size=size)], "")
    return surnames[place] + given[rng.integers(given.size, size=size)] + second


def _brands(words: Vocabulary, size: int, rng: np.random.Generator, *, longer: float) -> NDArray[np.object_]:
    first, second, third = (
        np.array(list(words.names[key]), dtype=object)
        for key in ("brand_first", "brand_second", "brand_third")
    )
    tail = np.where(rng.random(size) < longer, third[rng.integers(third.size, size=size)], "")
    return first[rng.integers(first.size, size=size)] + second[rng.integers(second.size, size=size)] + tail


def _trade_words(
    words: Vocabulary, industries: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.object_]:
    longest = max(len(industry.words) for industry in words.industries)
    table = np.array([(i.words * longest)[:longest] for i in words.industries], dtype=object)
    count = np.array([len(i.words) for i in words.industries])[industries]
    return table[industries, (rng.random(industries.size) * count).astype(int)]


def _suffixes(
    words: Vocabulary, kinds: NDArray[np.int64], industries: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.object_]:
    """What follows the trade in the name of an individual business: factories for makers, shops for sellers."""
    factory = np.array(["厂", "加工厂", "厂", "制品厂"], dtype=object)
    shop = np.array(["商行", "经营部", "店", "商店"], dtype=object)
    codes = np.array([industry.code for industry in words.industries])[industries]
    pick = rng.integers(4, size=kinds.size)
    result = np.where(
        np.char.less(codes, "4400") & np.char.greater_equal(codes, "1300"), factory[pick], shop[pick]
    )
    for code, word in words.names["shop_words"].items():
        result[codes == code] = word
    return result


def _assemble(
    kinds: NDArray[np.int64],
    seat: NDArray[np.object_],
    town: NDArray[np.object_],
    brand: NDArray[np.object_],
    trade: NDArray[np.object_],
    suffix: NDArray[np.object_],
) -> NDArray[np.object_]:
    body = brand + trade
    forms = {
        "company": seat + body + "有限公司",
        "individual": "慈溪市" + town + body + suffix,
        "cooperative": "慈溪市" + body + "专业合作社",
        "branch": "宁波" + body + "有限公司" + town + "分公司",
    }
    result = np.empty(kinds.size, dtype=object)
    for place, kind in enumerate(KINDS):
        result[kinds == place] = forms[kind][kinds == place]
    return result


def _repeated(full: NDArray[np.object_], taken: set[str]) -> NDArray[np.int64]:
    names = pl.Series(full.tolist(), dtype=pl.String)
    again = ~names.is_first_distinct()
    if taken:
        again = again | names.is_in(list(taken))
    return np.flatnonzero(again.to_numpy())
