"""Contrast of the tokens, measured as WCAG 2.2 defines it."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css").read_text()
TEXT, SHAPE = 4.5, 3.0


def tokens(theme: str) -> dict[str, str]:
    """Colours of one theme: every block whose selector names it."""
    found: dict[str, str] = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", CSS, flags=re.S)):
        if f'data-bs-theme="{theme}"' in selector:
            found |= dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})\b", body))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("paper", "surface", "sunken")
PAIRS = (
    *(
        (ink, ground, TEXT)
        for ink in ("ink", "ink-2", "celadon", "brick", "amber", "indigo")
        for ground in GROUNDS
    ),
    *((ink, f"{ink}-1", TEXT) for ink in ("celadon", "brick", "amber", "indigo", "gold")),
    *(("ink", f"{tint}-1", TEXT) for tint in ("celadon", "brick", "amber", "indigo", "gold")),
    *(("celadon", f"{tint}-1", TEXT) for tint in ("brick", "amber", "indigo")),  # links inside messages
    *(("ink-2", ground, TEXT) for ground in ("celadon-1", "brick-1", "amber-1", "indigo-1")),
    ("on-celadon", "celadon", TEXT),
    ("on-celadon", "celadon-deep", TEXT),
    ("surface", "brick", TEXT),
    ("gold", "surface", TEXT),
    *(("ink", f"heat-{step}", TEXT) for step in range(5)),
    *(("ink", f"div-{step}", TEXT) for step in ("low", "low-2", "mid", "high-2", "high")),
    *(("line-strong", ground, SHAPE) for ground in GROUNDS),
    *((f"chart-{place}", "surface", SHAPE) for place in range(1, 5)),
    *(("focus", ground, SHAPE) for ground in (*GROUNDS, "celadon-1")),
)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS, ids=lambda value: str(value))
def test_colours_stand_out_from_their_ground(theme: str, front: str, ground: str, least: float) -> None:
    named = tokens(theme)
    measured = contrast(named[f"--{front}"], named[f"--{ground}"])
    assert measured >= least, f"{front} on {ground}: {measured:.2f}"


def test_the_measure_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_themes_name_the_same_colours() -> None:
    assert set(tokens("light")) == set(tokens("dark"))
