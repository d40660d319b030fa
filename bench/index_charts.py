"""How long the dashboard's charts take: each in the server from the cube in memory, and drawn in Chromium."""

import os
import time
from collections.abc import Callable
from typing import Any

TIMES = 7
PAGES = 5
DRAWN = {"main": "主图", "waterfall": "瀑布图", "heat": "热力图"}
WATCH = """
new MutationObserver(() => {
  for (const card of document.querySelectorAll('figure.chart[data-drawn="yes"]'))
    if (card.id && !(card.id in (window.drawnAt ??= {}))) window.drawnAt[card.id] = performance.now();
}).observe(document, {subtree: true, attributes: true, attributeFilter: ['data-drawn']});
"""


def server_ms() -> dict[str, float]:
    """Median milliseconds of every chart of the analyst's page, other windows each time; ``cube``: reading it."""
    from index import dashboard
    from index.selectors.cube import load_cube
    from index.selectors.panels import Reader
    from index.selectors.standing import find_standing
    from index.state import State

    standing = find_standing()
    assert standing is not None
    begun = time.perf_counter()
    load_cube(standing)
    found = {"cube": (time.perf_counter() - begun) * 1000}
    reader = Reader(everything=True, crossings=True, firms=True, alerts=True)

    def board(**state: Any) -> dashboard.Board:
        return dashboard.open_board(standing, reader, State(**state))

    charts: dict[str, Callable[[dashboard.Board], object]] = {
        "主图": dashboard.main_chart, "热力图": dashboard.heat_block, "方格图与小图": dashboard.town_blocks,
    }  # fmt: skip
    for name, draw in charts.items():
        found[name] = _median_ms(draw, [board()] * TIMES)
    for by in dashboard.divisions_of(board()):
        windows = [
            board(by=by, since=standing.day.replace(year=standing.day.year - 1, day=n + 1))
            for n in range(TIMES)
        ]
        found[f"瀑布图 {by}"] = _median_ms(dashboard.waterfall_block, windows)
    return found


def _median_ms(draw: Callable[[Any], object], boards: list[Any]) -> float:
    """The first call reads series from the database and is not counted."""
    taken = []
    for board in [boards[0], *boards]:
        begun = time.perf_counter()
        draw(board)
        taken.append(time.perf_counter() - begun)
    return sorted(taken[1:])[len(boards) // 2] * 1000


def drawn_ms() -> dict[str, float]:
    """Median milliseconds from the call for the page to each chart as drawn, a warm browser on a warm portal."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver keeps an event loop in this thread
    from accounts.roles import Role
    from tests.browsing import Chromium
    from tests.people import client_of, make_person
    from tests.running import Web

    session = client_of(make_person(Role.INDEX_ANALYST)).cookies["sessionid"].value
    found: dict[str, list[float]] = {}
    with Web() as web, Chromium() as browser:
        context = browser.context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": web.url}])
        context.add_init_script(WATCH)
        page = context.new_page()
        for number in range(PAGES + 1):
            page.goto(f"{web.url}/index/")
            for name in DRAWN:
                page.wait_for_selector(f'#{name}[data-drawn="yes"]', timeout=120_000)
            if number:  # the first fetches scripts and warms the caches
                for name, at in page.evaluate("window.drawnAt").items():
                    found.setdefault(name, []).append(at)
    return {
        DRAWN.get(name, name): sorted(times)[len(times) // 2]
        for name, times in found.items()
        if name in DRAWN
    }
