"""Drawn photos for the demonstration's evidence: a yard, a river bank, a kitchen. They show nobody."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (960, 720)


def draw_scene(kind: str, chance: random.Random, *, tidy: bool = True) -> bytes:
    """A JPEG of an invented place; ``tidy`` False strews things about."""
    picture = Image.new("RGB", SIZE, _shade(chance, (196, 214, 222)))
    pen = ImageDraw.Draw(picture)
    width, height = SIZE
    horizon = chance.randint(260, 380)
    pen.rectangle((0, horizon, width, height), fill=_shade(chance, (176, 168, 148)))
    for _ in range(chance.randint(2, 4)):  # houses
        left, wide, tall = chance.randint(-80, 820), chance.randint(160, 320), chance.randint(120, 260)
        pen.rectangle((left, horizon - tall, left + wide, horizon + 30), fill=_shade(chance, (232, 228, 216)))
        pen.polygon(
            [
                (left - 20, horizon - tall),
                (left + wide // 2, horizon - tall - 70),
                (left + wide + 20, horizon - tall),
            ],
            fill=_shade(chance, (92, 84, 84)),
        )
        pen.rectangle(
            (left + wide // 3, horizon - 70, left + wide // 3 + 44, horizon + 30),
            fill=_shade(chance, (110, 82, 60)),
        )
    for _ in range(chance.randint(4, 9)):  # trees and pots
        x, size = chance.randint(0, width), chance.randint(30, 90)
        pen.rectangle((x - 5, horizon + 10, x + 5, horizon + 10 + size), fill=(96, 78, 58))
        pen.ellipse((x - size, horizon - size, x + size, horizon + 30), fill=_shade(chance, (74, 120, 84)))
    if kind == "river":
        pen.rectangle((0, height - 220, width, height - 60), fill=_shade(chance, (108, 146, 152)))
    for _ in range(0 if tidy else chance.randint(25, 45)):  # litter
        x, y, size = chance.randint(0, width), chance.randint(horizon + 60, height), chance.randint(8, 34)
        pen.rectangle((x, y, x + size, y + size // 2), fill=_shade(chance, (150, 130, 120), 70))
    for _ in range(900):  # grain, so that no two are alike to the eye or the hash
        x, y = chance.randint(0, width - 1), chance.randint(0, height - 1)
        pen.point((x, y), fill=_shade(chance, (128, 128, 128), 90))
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.8)).save(out, "JPEG", quality=82)
    return out.getvalue()


def _shade(chance: random.Random, colour: tuple[int, int, int], spread: int = 24) -> tuple[int, int, int]:
    return tuple(max(0, min(255, part + chance.randint(-spread, spread))) for part in colour)  # type: ignore[return-value]
