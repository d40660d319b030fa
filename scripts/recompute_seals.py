#!/usr/bin/env python3
"""Recompute the day seals of an exported journal: ``python3 recompute_seals.py journal-….txt``.

Needs nothing but Python. Exit code 1 if a day does not give its seal or does not follow the day before.
"""

import hashlib
import sys
from pathlib import Path


def main(name: str) -> int:
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    village = lines[0].split()[1]
    days: list[tuple[list[str], list[str]]] = []
    for line in lines:
        if line.startswith("seal|"):
            days.append((line.split("|"), []))
        elif line and not line.startswith("#"):
            days[-1][1].append(line)
    wrong, last = 0, None
    for (_, day, previous, seal), rows in days:
        text = f"{previous}\n{village}\n{day}\n" + "".join(f"{row}\n" for row in rows)
        fits = hashlib.sha256(text.encode()).hexdigest() == seal and last in (None, previous)
        wrong, last = wrong + (not fits), seal
        print(f"{day}  {len(rows):>6}  {'一致' if fits else '不符'}  {seal}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
