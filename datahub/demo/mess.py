"""What goes wrong in real files: wrong check digits, strangers, gaps, repeats, impossible dates.

Each bad row has exactly one fault, so that the counts of the manifest are what the door must find.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from datahub.contracts import ItemDefinition, Kind
from datahub.demo.cells import widen_digits
from datahub.demo.city import City
from datahub.demo.codes import with_wrong_check
from datahub.demo.styles import Style

SMALLEST_MESSY_FILE = 8
UNKNOWN_PART, NAMED_PART, REPEATED_PART = 0.35, 0.35, 0.5
Fault = tuple[str, Callable[[pl.Series], pl.Series]]
OUTSIDER = "宁波外埠第{}企业管理有限公司"


@dataclass
class Counts:
    """What the door should find in one file. rows = good + bad + waiting + duplicates.

    waiting: rows whose enterprise is not (yet) known, told apart as unknown (no such code), short (only a
    short form of the name), shared (a former name that two firms bear) and late (a firm the register gets
    later). named: good rows without a code, found by their exact or former name.
    """

    rows: int = 0
    good: int = 0
    bad: int = 0
    unknown: int = 0
    short: int = 0
    shared: int = 0
    late: int = 0
    duplicates: int = 0
    named: int = 0

    @property
    def waiting(self) -> int:
        return self.unknown + self.short + self.shared + self.late


@dataclass(frozen=True)
class Names:
    """Names by which firms are called when the code is left out."""

    former: dict[int, str]
    shared: str | None


@dataclass(frozen=True)
class Sheet:
    """Rows of one file before they are written: text by field code, and each row's place in the city."""

    item: ItemDefinition
    text: pl.DataFrame
    firms: np.ndarray


def make_messy(
    sheet: Sheet, style: Style, city: City, names: Names, rng: np.random.Generator
) -> tuple[pl.DataFrame, Counts]:
    """The rows with their faults put in, and what they should come to.

    Rows of firms with a part and of late firms are left as they are; registration rows are added to rather
    than damaged, so that no firm is lost.
    """
    mess = _Mess(sheet, style, city, names, rng)
    if style.bad and sheet.text.height >= SMALLEST_MESSY_FILE:
        mess.spoil(max(1, round(style.bad * sheet.text.height)))
    return mess.text, mess.result()


class _Mess:
    """Spoils one sheet; ``free`` holds the rows that nothing was done to, in random order."""

    def __init__(
        self, sheet: Sheet, style: Style, city: City, names: Names, rng: np.random.Generator
    ) -> None:
        self.item, self.text, self.firms = sheet.item, sheet.text, sheet.firms
        self.style, self.city, self.names, self.rng = style, city, names, rng
        self.registers = not sheet.item.key
        late = city.firms.late[sheet.firms] & (not self.registers)
        self.counts = Counts(rows=sheet.text.height, late=int(late.sum()))
        self.free = rng.permutation(np.flatnonzero(~late & ~np.isin(sheet.firms, city.cast.firms)))

    def result(self) -> Counts:
        counts = self.counts
        counts.good = counts.rows - counts.bad - counts.waiting - counts.duplicates
        return counts

    def spoil(self, wanted: int) -> None:
        """Put ``wanted`` faults in, and other oddities in proportion."""
        if self.registers:
            self._add_false_registrations(wanted)
        else:
            self._damage(wanted)
        self._repeat(round(wanted * REPEATED_PART) or 1)
        if self.style.fullwidth and self.free.size:
            self.text = widen_digits(
                self.text, np.sort(self.free[: max(1, self.free.size // 25)]), self._digit_columns()
            )

    def _take(self, count: int) -> np.ndarray:
        """Up to ``count`` free rows, never more than a quarter of what is left."""
        count = min(count, self.free.size // 4)
        taken, self.free = self.free[:count], self.free[count:]
        return np.sort(taken)

    def _damage(self, wanted: int) -> None:
        firms, counts = self.city.firms, self.counts
        bad = self._take(wanted)
        self.text = _put_faults(self.text, bad, self.item)
        counts.bad = bad.size
        if firms.strangers.size:
            rows = self._take(round(wanted * UNKNOWN_PART) or 1)
            codes = firms.strangers[self.rng.integers(firms.strangers.size, size=rows.size)]
            self._call(rows, codes.tolist(), [OUTSIDER.format(number + 1) for number in range(rows.size)])
            counts.unknown = rows.size
        rows = self._take(round(wanted * NAMED_PART) or 1)
        places = self.firms[rows].tolist()
        self._call(rows, None, [self.names.former.get(place, firms.name[place]) for place in places])
        counts.named = rows.size
        rows = self._take(1 if wanted > 2 else 0)
        self._call(rows, None, [firms.short[place] for place in self.firms[rows]])
        counts.short = rows.size
        rows = self._take(1 if wanted > 4 and self.names.shared else 0)
        self._call(rows, None, [self.names.shared] * rows.size)
        counts.shared = rows.size

    def _call(self, rows: np.ndarray, codes: list[str] | None, names: list[str | None]) -> None:
        """Write another code (none, if None) and name into some rows."""
        if rows.size:
            code, name = self.item.subject.code, self.item.subject.name
            self.text = self.text.with_columns(
                self.text[code].scatter(rows, codes or [None] * rows.size),
                self.text[name].scatter(rows, names),
            )

    def _add_false_registrations(self, wanted: int) -> None:
        """Rows for firms that do not exist, each with one fault: none of them may reach the register."""
        strangers = self.city.firms.strangers[:wanted]
        if strangers.size and self.free.size:
            rows = self.rng.choice(self.free, size=strangers.size)
            code = pl.Series(self.item.subject.code, strangers.tolist())
            false = self.text[rows].with_columns(code, pl.lit(None, pl.String).alias("register_no"))
            self.text = pl.concat([self.text, _put_faults(false, np.arange(strangers.size), self.item)])
            self.counts.bad += strangers.size
            self.counts.rows += strangers.size

    def _repeat(self, wanted: int) -> None:
        """Some sound rows once more at the end of the file."""
        rows = self._take(wanted)
        self.text = pl.concat([self.text, self.text[rows]])
        self.counts.duplicates += rows.size
        self.counts.rows += rows.size

    def _digit_columns(self) -> list[str]:
        kinds = (Kind.MONEY, Kind.NUMBER, Kind.DATE, Kind.MONTH)
        return [
            field.code
            for field in self.item.fields
            if field.kind in kinds and field.code in self.text.columns
        ]


def _put_faults(text: pl.DataFrame, rows: np.ndarray, item: ItemDefinition) -> pl.DataFrame:
    """The faults that this item can have, in turn over ``rows``."""
    faults = _faults(text, item)
    for place, (column, spoil) in enumerate(faults):
        mine = rows[place :: len(faults)]
        if mine.size:
            text = text.with_columns(text[column].scatter(mine, spoil(text[column].gather(mine))))
    return text


def _faults(text: pl.DataFrame, item: ItemDefinition) -> list[Fault]:
    faults: list[Fault] = [(item.subject.code, with_wrong_check)]
    for field in item.fields:
        full = field.code in text.columns and not text[field.code].null_count()
        if not full or field.code == item.subject.code:
            continue
        if field.required:
            faults.append((field.code, _always(None)))
        if field.kind in (Kind.MONEY, Kind.NUMBER) and field.min == 0:
            faults += [(field.code, _always("-1250.50")), (field.code, _always("详见附件"))]
        elif field.kind is Kind.DATE and field.required:
            faults.append((field.code, _always("2026-02-30")))
        elif field.kind is Kind.MONTH:
            faults.append((field.code, _always("2026-13")))
        elif field.kind is Kind.ENUM and field.required:
            faults.append((field.code, _always("待核实")))
    return faults


def _always(value: str | None) -> Callable[[pl.Series], pl.Series]:
    return lambda values: pl.Series([value] * len(values), dtype=pl.String)
