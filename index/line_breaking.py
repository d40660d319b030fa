"""Where a Chinese line may end: closing marks never begin a line, opening marks never end one, figures stay whole.

The rules are those of GB/T 15834 and CLREQ 3.1.3: a mark that does not fit takes the character before it along to the
next line, so nothing hangs over the margin. Numbers, dates and Latin words are not cut where a line can hold them.
"""

from collections.abc import Sequence

NEVER_FIRST = frozenset("，。、；：！？）】》〉」』〕］｝”’％‰℃·…—～,.;:!?)]}%")
NEVER_LAST = frozenset("（【《〈「『〔［｛“‘([{￥¥$#＋－+−-±")
_FUZZ = 1e-6


def broken(text: str, widths: Sequence[float], room: Sequence[float]) -> list[tuple[str, float]]:
    """Lines with the room that each leaves. ``widths``: of each character; ``room``: of each line, the last for all
    further ones. Where no place between two characters is allowed, a line is cut where it is full.
    """
    lines: list[tuple[str, float]] = []
    start = 0
    while start < len(text):
        most = room[min(len(lines), len(room) - 1)]
        end, used = start, 0.0
        while end < len(text) and used + widths[end] <= most + _FUZZ:
            used += widths[end]
            end += 1
        if end < len(text):
            full = max(end, start + 1)
            end = next((at for at in range(full, start, -1) if at == len(text) or may_break(text, at)), full)
        lines.append((text[start:end], most - sum(widths[start:end])))
        start = end
    return lines


def may_break(text: str, at: int) -> bool:
    """Whether a line may end before character ``at`` (not the first)."""
    before, after = text[at - 1], text[at]
    if after in NEVER_FIRST or before in NEVER_LAST:
        return False
    return not (_joins(before) and _joins(after))


def _joins(character: str) -> bool:
    """Part of a number, a date or a Latin word."""
    return ord(character) < 0x2E80 and not character.isspace()
