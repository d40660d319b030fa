"""Sentences that the machine writes from numbers, and the check that reads the numbers back out of them.

Changes are differences of the printed values, so a reader who subtracts finds what the sentence says; only where
that would differ from the rounded true change by more than rounding explains is the sentence refused.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from index.contracts import LIGHT_WORDS
from index.selectors.headline import Compared, Headline

PLACES = 2
SPANS = {"day": "比上日", "month": "比上月同日", "year": "比上年同日"}


class SentenceContradictsNumbers(AssertionError):
    """A written figure does not follow from the numbers: a programming error, never shown to a reader."""


def printed(value: float, places: int = PLACES) -> Decimal:
    """The value as printed, half up."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def printed_change(value: float, before: float) -> tuple[Decimal, Decimal]:
    """Points and per cent between two values as printed: what a reader finds who subtracts and divides."""
    now, old = printed(value), printed(before)
    return now - old, printed(float((now - old) / old * 100)) if old else Decimal(0)


def printed_parts(
    parts: Sequence[tuple[str, float]], before: float, after: float, places: int = PLACES
) -> list[tuple[str, float]]:
    """Parts as printed, adding up to the printed change: the units that rounding leaves over go to the parts that
    lost most by it (largest remainders), so none is more than one unit of the last place off."""
    unit = Decimal(1).scaleb(-places)
    exact = [Decimal(repr(float(points))) for _, points in parts]
    told = [printed(float(points), places) for points in exact]
    left = int((printed(after, places) - printed(before, places) - sum(told, Decimal(0))) / unit)
    step = unit if left > 0 else -unit
    order = sorted(range(len(parts)), key=lambda n: (-(exact[n] - told[n]) * (1 if left > 0 else -1), n))
    for n in order[: abs(left)]:
        told[n] += step
    return [(name, float(value)) for (name, _), value in zip(parts, told, strict=True)]


def moved(change: Decimal, unit: str = "点") -> str:
    """上升 0.42 点, 下降 0.42 点 or 持平."""
    if change == 0:
        return "持平"
    return f"{'上升' if change > 0 else '下降'} {abs(change)} {unit}"


def write_headline(one: Headline, name: str, dimension: str = "") -> str:
    """One or two sentences about a day; checked before they are returned."""
    value = printed(one.value)
    subject = f"{name}{f'“{dimension}”' if dimension else ''}指数"
    parts = [f"{one.day.year} 年 {one.day.month} 月 {one.day.day} 日，{subject}为 {value} 点"]
    for span, word in SPANS.items():
        compared = one.changes.get(span)
        if compared is not None:
            change, percent = printed_change(one.value, compared.value)
            parts.append(f"{word}{moved(change)}" + (f"（{signed(percent)}%）" if change else ""))
    text = "，".join(parts)
    if one.light is not None:
        text += f"，灯号“{LIGHT_WORDS[one.light]}”"
    text += (
        f"。数值为{one.firmness}，"
        + ("部分来源迟到，" if one.late else "")
        + f"覆盖主体 {one.entities:,} 户。"
    )
    check_headline(text, one)
    return text


def check_headline(text: str, one: Headline) -> None:
    """Read every figure back and recompute it. Raises :class:`SentenceContradictsNumbers`."""
    value = _after(text, r"指数为 (-?[\d.]+) 点")
    if abs(value - Decimal(repr(one.value))) > Decimal("0.005"):
        raise SentenceContradictsNumbers(f"level {value} for {one.value}")
    for span, word in SPANS.items():
        compared = one.changes.get(span)
        if compared is None:
            if word in text:
                raise SentenceContradictsNumbers(f"{span} without a value")
            continue
        told = _told_change(text, word)
        if abs(told - Decimal(repr(compared.change))) > Decimal("0.01"):
            raise SentenceContradictsNumbers(f"{span}: {told} for {compared.change}")
        rate = re.search(rf"{word}[^，（]*（([+−]?[\d.]+)%）", text)
        if rate and abs(float(rate[1].replace("−", "-")) - compared.percent) > 0.005 + 100 * 0.01 / abs(
            compared.value
        ):
            raise SentenceContradictsNumbers(f"{span}: {rate[1]} % for {compared.percent}")


def _after(text: str, pattern: str) -> Decimal:
    found = re.search(pattern, text)
    if found is None:
        raise SentenceContradictsNumbers(f"nothing matches {pattern}")
    return Decimal(found[1])


def _told_change(text: str, word: str) -> Decimal:
    found = re.search(rf"{word}(持平|(上升|下降) ([\d.]+) 点)", text)
    if found is None:
        raise SentenceContradictsNumbers(f"{word} is missing")
    if found[1] == "持平":
        return Decimal(0)
    return Decimal(found[3]) * (1 if found[2] == "上升" else -1)


def signed(number: Decimal) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number)}"


def write_movers(parts: Sequence[tuple[str, float]], what: str, most: int = 3) -> str:
    """拉动最大的是 A（+0.31 点）、B（+0.12 点）；拖累最大的是 C（−0.20 点）。 Parts that print as zero are left out."""
    told = [(name, printed(points)) for name, points in parts]
    up = sorted((pair for pair in told if pair[1] > 0), key=lambda pair: -pair[1])[:most]
    down = sorted((pair for pair in told if pair[1] < 0), key=lambda pair: pair[1])[:most]
    said = []
    for lot, word in ((up, "拉动"), (down, "拖累")):
        if lot:
            said.append(
                f"{word}较大的是" + "、".join(f"{name}（{signed(points)} 点）" for name, points in lot)
            )
    return f"从{what}看，" + "；".join(said) + "。" if said else f"从{what}看，各部分均无明显变动。"


__all__ = [
    "Compared", "SentenceContradictsNumbers", "check_headline", "moved", "printed", "printed_change", "printed_parts",
    "signed", "write_headline", "write_movers",
]  # fmt: skip
