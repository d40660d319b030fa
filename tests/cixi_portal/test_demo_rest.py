"""The rest of the demonstration comes after the portal is ready, each part on its own."""

import sys
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cixi_portal import demo_rest

TODAY = date(2026, 11, 20)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, date]]:
    """Two parts whose raising is noted; the first one fails while ``tmp_path/broken`` exists."""
    raised: list[tuple[str, date]] = []

    def make(name: str) -> None:
        package, demo = ModuleType(name), ModuleType(f"{name}.demo")

        def raise_demo(*, as_of: date, seed: int) -> None:
            if name == "first_app" and (tmp_path / "broken").exists():
                raise RuntimeError("缺少数据")
            raised.append((name, as_of))

        demo.raise_demo = raise_demo  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, package)
        monkeypatch.setitem(sys.modules, f"{name}.demo", demo)

    make("first_app")
    make("second_app")
    wanted = (demo_rest.Part("first_app.demo", "甲"), demo_rest.Part("second_app.demo", "乙"))
    monkeypatch.setattr(demo_rest, "offered", lambda: iter(wanted))
    monkeypatch.setattr(demo_rest.services, "wanted", lambda: (True, True))
    monkeypatch.setattr(demo_rest.services, "places", lambda: SimpleNamespace(state=tmp_path))
    monkeypatch.setattr(demo_rest.demo_city, "begun_wish", lambda: None)
    return raised


def test_a_part_is_raised_once(parts: list[tuple[str, date]]) -> None:
    said: list[str] = []
    demo_rest.raise_rest(said.append, today=TODAY)
    demo_rest.raise_rest(said.append, today=TODAY)
    assert parts == [("first_app", TODAY), ("second_app", TODAY)]
    assert sum("已就绪" in line for line in said) == 2


def test_a_part_that_fails_is_named_and_tried_again_and_keeps_no_other_back(
    parts: list[tuple[str, date]], tmp_path: Path
) -> None:
    (tmp_path / "broken").touch()
    with pytest.raises(demo_rest.UnableToRaiseRest, match="甲（缺少数据）"):
        demo_rest.raise_rest(lambda text: None, today=TODAY)
    assert parts == [("second_app", TODAY)]
    (tmp_path / "broken").unlink()
    demo_rest.raise_rest(lambda text: None, today=TODAY)
    assert parts[1:] == [("first_app", TODAY)]


def test_the_city_of_the_portal_gives_day_and_seed(
    parts: list[tuple[str, date]], monkeypatch: pytest.MonkeyPatch
) -> None:
    wish: Any = SimpleNamespace(as_of="2026-10-01", seed=9)
    monkeypatch.setattr(demo_rest.demo_city, "begun_wish", lambda: wish)
    demo_rest.raise_rest(lambda text: None, today=TODAY)
    assert parts[0] == ("first_app", date(2026, 10, 1))
