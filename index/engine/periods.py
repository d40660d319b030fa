"""Labels of time as tables print them: 2020, 2020-03, 2020M03, 202003, 2020年3月, 2020Q1, 2020-03-15, Mar 2020."""

import re
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR = r"(?P<year>[12]\d{3})"
_PATTERNS = (
    (4, re.compile(rf"^{_YEAR}\s*[-_/ ]?\s*[qQ第]\s*(?P<part>[1-4])(?:季度?)?$")),
    (4, re.compile(rf"^{_YEAR}年\s*第?(?P<part>[1-4一二三四])季度?$")),
    (4, re.compile(rf"^[qQ](?P<part>[1-4])\s*[-_/ ]?\s*{_YEAR}$")),
    (365, re.compile(rf"^{_YEAR}[-/.年](?P<part>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?(?:[T ].*)?$")),
    (365, re.compile(rf"^{_YEAR}(?P<part>\d{{2}})(?P<day>\d{{2}})$")),
    (12, re.compile(rf"^{_YEAR}\s*[-_/.]?[mM]?[-_/.]?\s*(?P<part>0[1-9]|1[0-2])$")),
    (12, re.compile(rf"^{_YEAR}\s*[-_/.mM年]\s*(?P<part>[1-9]|1[0-2])(?:月份?)?$")),
    (12, re.compile(rf"^{_YEAR}年(?P<part>0[1-9])月份?$")),
    (12, re.compile(rf"^(?P<name>[A-Za-z]{{3}})[a-z]*[-_/ .]*{_YEAR}$")),
    (12, re.compile(rf"^{_YEAR}[-_/ .]*(?P<name>[A-Za-z]{{3}})[a-z]*$")),
    (12, re.compile(rf"^(?P<part>0[1-9]|1[0-2])[-_/.]{_YEAR}$")),
    (1, re.compile(rf"^{_YEAR}(?:年|\.0)?$")),
)
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True, order=True)
class Period:
    """year; part: month 1..12 or quarter 1..4, 0 for a year; day: 0 unless a day; rate: parts in a year."""

    year: int
    part: int
    day: int
    rate: int

    @property
    def position(self) -> float:
        """Years since year 0, for distances in time."""
        if self.rate == 1:
            return float(self.year)
        if self.rate == 4:
            return self.year + (self.part - 1) / 4
        return self.year + (self.part - 1) / 12 + max(self.day - 1, 0) / 372

    def before(self, parts: int) -> "Period":
        """So many months, quarters or years earlier (days: the same day of an earlier month)."""
        if self.rate == 1:
            return Period(self.year - parts, 0, 0, 1)
        size = 4 if self.rate == 4 else 12
        number = self.year * size + self.part - 1 - parts
        return Period(number // size, number % size + 1, self.day, self.rate)

    @property
    def per_year(self) -> int:
        return 12 if self.rate == 365 else self.rate


def parse_period(text: str) -> Period | None:
    """The period of a label; None if it is none."""
    text = text.strip()
    for rate, pattern in _PATTERNS:
        if (found := pattern.match(text)) is None:
            continue
        parts = found.groupdict()
        if parts.get("name"):
            name = parts["name"].lower()
            if name not in _MONTHS:
                return None
            return Period(int(parts["year"]), _MONTHS.index(name) + 1, 0, 12)
        part = _QUARTERS.get(parts.get("part") or "", 0) or int(parts.get("part") or 0)
        day = int(parts.get("day") or 0)
        if rate == 365 and not (1 <= part <= 12 and 1 <= day <= 31):
            return None
        return Period(int(parts["year"]), part, day, rate)
    return None
