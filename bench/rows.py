"""What a measurement hands back."""

from dataclasses import dataclass, field

SCALES = ("small", "large")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``figure`` is text with its unit; ``ratio`` is against the yardstick named in ``workload`` or None;
    ``met`` is None for a line that only informs; ``facts`` holds the plain numbers for the JSON file.
    """

    workload: str
    figure: str
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    facts: dict[str, float] = field(default_factory=dict)
