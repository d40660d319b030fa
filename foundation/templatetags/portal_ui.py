"""Tags the component includes draw with: icons, five lights, grade plates, force bars."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from foundation.charts import figure_json

register = template.Library()

SPRITE = "vendor/bootstrap-icons-1.13.2/sprite.svg"


@dataclass(frozen=True)
class Light:
    shape: str
    word: str


LIGHTS = {
    "overheated": Light("▲", "过热"),
    "warm": Light("◆", "偏热"),
    "normal": Light("●", "正常"),
    "cool": Light("◇", "偏冷"),
    "cold": Light("▼", "过冷"),
}

GRADE_WORDS = {"excellent": "优秀", "good": "良好", "medium": "中等", "poor": "较差"}
GRADE_TONES = {
    "AAA": "excellent",
    "AA": "excellent",
    "A": "good",
    "BBB": "good",
    "BB": "medium",
    "B": "poor",
    "C": "poor",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the sprite (names: `scripts/icons.txt`); with a label it speaks, without it is ornament."""
    href = f"{static(SPRITE)}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href
        )
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href
    )


@register.simple_tag
def light(state: str) -> SafeString:
    """One of the five lights (`overheated`, `warm`, `normal`, `cool`, `cold`): shape, word and colour."""
    found = LIGHTS.get(str(state))
    if found is None:
        return format_html('<span class="muted">{}</span>', "暂无")
    return format_html(
        '<span class="light light-{}"><i aria-hidden="true">{}</i>{}</span>', state, found.shape, found.word
    )


@register.simple_tag
def grade(letters: str, word: str = "", size: str = "") -> SafeString:
    """A grade plate: letters AAA to C in a frame; `word` (优秀 良好 中等 较差, or its code) beside it."""
    tone = next((code for code, chinese in GRADE_WORDS.items() if word in (code, chinese)), "")
    return format_html(
        '<span class="grade grade-{}{}"><b>{}</b>{}</span>',
        tone or GRADE_TONES.get(letters, "medium"),
        " grade-l" if size == "l" else "",
        letters or "—",
        format_html("<span>{}</span>", GRADE_WORDS.get(word, word)) if word else "",
    )


@register.simple_tag
def force_bar(points: Any, largest: Any = 100, hidden: bool = False) -> SafeString:
    """A bar from the middle: left takes points, right gives them; `largest` fills one half.

    With `hidden` only the direction is drawn, in outline and always equally long: its length tells nothing.
    """
    value, scale = _number(points), abs(_number(largest)) or 1.0
    length = 25.0 if hidden else min(50.0, 50.0 * abs(value) / scale)
    left = 50.0 - length if value < 0 else 50.0
    kind = "hidden-size" if hidden else ("minus" if value < 0 else "plus")
    return format_html(
        '<svg class="force-bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" x="0" y="3" width="100" height="10"></rect>'
        '<rect class="{}" x="{}" y="3" width="{}" height="10"></rect>'
        '<line class="axis" x1="50" y1="0" x2="50" y2="16"></line></svg>',
        kind,
        f"{left:.2f}",
        f"{length:.2f}",
    )


@register.simple_tag
def sparkline(values: Any) -> SafeString:
    """A small line over numbers (None breaks it), drawn as SVG so that a table may hold hundreds."""
    numbers = [None if value is None else _number(value) for value in values or []]
    known = [number for number in numbers if number is not None]
    if len(known) < 2:
        return format_html('<span class="muted">{}</span>', "—")
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = 100.0 / (len(numbers) - 1)
    path, drawing = [], False
    for place, number in enumerate(numbers):
        if number is None:
            drawing = False
            continue
        path.append(f"{'L' if drawing else 'M'}{place * step:.1f} {28 - 24 * (number - low) / span:.1f}")
        drawing = True
    return format_html(
        '<svg class="spark" viewBox="-2 0 104 32" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="{}"></path></svg>',
        " ".join(path),
    )


_JSON_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


@register.simple_tag
def chart_script(figure: Mapping[str, Any], chart_id: str) -> SafeString:
    """The figure as a data block for chart.js; the content policy lets it stand, for it is no script."""
    escaped = figure_json(figure).translate(_JSON_ESCAPES)
    safe = mark_safe(escaped)  # noqa: S308 - no character that could end the block is left
    return format_html('<script type="application/json" id="{}-figure">{}</script>', chart_id, safe)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) else 0.0
