"""The rest of the demonstration, raised behind a portal that answers already.

The history of the scores comes first; villages, catalogue and index each offer ``<app>.demo.raise_demo``.
Every part goes on where it was broken off, so a portal that is stopped meanwhile continues at its next start.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from cixi_portal import demo_city
from cixi_portal.embedded import services

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """A share of the demonstration; a new ``version`` has it raised again over an older one.

    ``raiser`` in ``module`` takes ``as_of`` and ``seed``.
    """

    module: str
    title: str
    raiser: str = "raise_demo"
    version: int = 1

    @property
    def mark(self) -> Path:
        return services.places().state / f"{self.module}-{self.raiser}.{self.version}.done"


PARTS = (
    Part("cixi_portal.demo_city", "评分历史", raiser="score_history"),
    Part("catalog.demo", "开放目录"),
    Part("villages.demo", "桥头分"),
    Part("index.demo.raising", "金融指数"),
)


def waiting() -> list[Part]:
    """Parts to be raised yet; on servers that are not embedded each one is asked at every start."""
    embedded = services.wanted()[0]
    return [part for part in offered() if not (embedded and part.mark.exists())]


def offered() -> Iterator[Part]:
    """Parts whose app has a demonstration."""
    for part in PARTS:
        parent = part.module.rpartition(".")[0]
        if find_spec(parent) is not None and find_spec(part.module) is not None:
            yield part


def raise_rest(say: Say, *, today: date) -> None:
    """Raise every waiting part; what one part cannot do does not keep the others back."""
    wish = demo_city.begun_wish()
    failed: list[str] = []
    for part in waiting():
        begun = time.monotonic()
        say(f"正在后台准备演示数据：{part.title}……")
        try:
            raiser = getattr(import_module(part.module), part.raiser)
            raiser(as_of=date.fromisoformat(wish.as_of) if wish else today, seed=wish.seed if wish else 1)
        except Exception as error:  # named below; the portal itself runs
            failed.append(f"{part.title}（{error}）")
            continue
        part.mark.touch()
        say(f"演示数据已就绪：{part.title}（{time.monotonic() - begun:.0f} 秒）。")
    if failed:
        raise UnableToRaiseRest(f"演示数据未能准备好：{'；'.join(failed)}。门户可照常使用，下次启动时重试。")


class UnableToRaiseRest(RuntimeError):
    """Some parts of the demonstration were not raised; the text names them."""
