"""What was written: every delivery in the order it goes through the door, and the firms worth opening."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

MANIFEST_FILE, NOTABLE_FILE = "manifest.json", "notable.json"


@dataclass(frozen=True)
class Delivery:
    """One file and what the door should find in it.

    rows = good + bad + waiting + duplicates. good: rows of which each states one fact (promoted or, when
    delivered before, unchanged). bad: to be quarantined. waiting: of no known enterprise, of which
    ``late`` find theirs once the register's last file came. duplicates: repeated rows. named: good rows
    found by name alone.
    """

    item: str
    file: str
    period: str
    file_date: date
    encoding: str
    rows: int
    good: int
    bad: int
    waiting: int
    late: int
    duplicates: int
    named: int


@dataclass(frozen=True)
class Notable:
    """A firm worth opening: code, name, and why, in Chinese."""

    role: str
    code: str
    name: str
    title: str
    why: str


@dataclass(frozen=True)
class Manifest:
    """The city as written to ``folder``; ``facts`` counts the distinct facts that should be current in the end."""

    folder: Path
    enterprises: int
    seed: int
    as_of: date
    deliver_tax: bool
    facts: int
    deliveries: tuple[Delivery, ...]
    notable: tuple[Notable, ...]

    @property
    def rows(self) -> int:
        return sum(delivery.rows for delivery in self.deliveries)

    def save(self) -> None:
        """Write ``manifest.json`` and ``notable.json`` beside the files."""
        head = {"enterprises": self.enterprises, "seed": self.seed, "as_of": self.as_of, "deliver_tax": self.deliver_tax,
                "facts": self.facts, "deliveries": [asdict(delivery) for delivery in self.deliveries]}  # fmt: skip
        _write(self.folder / MANIFEST_FILE, head)
        _write(self.folder / NOTABLE_FILE, [asdict(firm) for firm in self.notable])


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a folder that ``generate_city`` filled. FileNotFoundError when it did not finish."""
    head = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    lines = head.pop("deliveries")
    deliveries = [Delivery(**{**line, "file_date": date.fromisoformat(line["file_date"])}) for line in lines]
    firms = json.loads((folder / NOTABLE_FILE).read_text(encoding="utf-8"))
    head["as_of"] = date.fromisoformat(head["as_of"])
    return Manifest(
        folder=folder, deliveries=tuple(deliveries), notable=tuple(Notable(**firm) for firm in firms), **head
    )


def _write(path: Path, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
    path.write_text(text + "\n", encoding="utf-8")
