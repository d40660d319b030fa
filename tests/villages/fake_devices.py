"""A Chromium whose camera shows a video that the test draws, with a microphone that beeps and a place."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import segno
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext, sync_playwright

from tests.browsing import FLAGS, Chromium

SIDE, RATE = 480, 10


class ChromiumWithDevices(Chromium):
    """``camera`` is the file the browser plays as its camera, again and again; write it before the page opens it."""

    def __init__(self, camera: Path) -> None:
        super().__init__()
        self.camera = camera

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        flags = [
            *FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={self.camera}", "--autoplay-policy=no-user-gesture-required",
        ]  # fmt: skip
        self._browser = self._playwright.chromium.launch(executable_path=self._executable, args=flags)
        return self

    def phone(self, place: tuple[float, float] | None = None) -> BrowserContext:
        """A phone at a place (latitude, longitude), which it knows to 20 metres."""
        told: dict[str, Any] = {"permissions": ["camera", "microphone"]}
        if place is not None:
            told["geolocation"] = {"latitude": place[0], "longitude": place[1], "accuracy": 20}
            told["permissions"].append("geolocation")
        return self.context(phone=True, **told)


def film_codes(camera: Path, codes: Sequence[str], frames_each: int = 12) -> None:
    """A video in which one QR code follows the other."""
    _write(camera, [frame for code in codes for frame in [_drawn(code)] * frames_each])


def film_picture(camera: Path, picture: Image.Image) -> None:
    """A still picture as a video of a second."""
    square = picture.convert("YCbCr").resize((SIDE, SIDE))
    planes = np.asarray(square, dtype=np.uint8)
    _write(camera, [planes] * RATE)


def _drawn(code: str) -> NDArray[np.uint8]:
    """A frame (Y, Cb, Cr) with the code in the middle of grey paper."""
    matrix = np.array([list(row) for row in segno.make(code, error="m", micro=False).matrix], dtype=np.uint8)
    scale = (SIDE * 7 // 10) // len(matrix)
    drawn = np.kron(1 - matrix, np.ones((scale, scale), dtype=np.uint8)) * 200 + 20
    frame = np.full((SIDE, SIDE, 3), 128, dtype=np.uint8)
    frame[:, :, 0] = 225
    start = (SIDE - len(drawn)) // 2
    frame[start : start + len(drawn), start : start + len(drawn), 0] = drawn
    return frame


def _write(camera: Path, frames: Sequence[NDArray[np.uint8]]) -> None:
    """YUV4MPEG2 with colour halved in both directions."""
    half = camera.with_suffix(".new")
    with half.open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIDE} H{SIDE} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            out.write(b"FRAME\n" + frame[:, :, 0].tobytes())
            out.write(frame[::2, ::2, 1].tobytes() + frame[::2, ::2, 2].tobytes())
    half.replace(camera)
