"""Which panels may be shown: counts and largest shares of today, judged together so that nothing follows."""

from collections.abc import Iterable
from datetime import date

import numpy as np
from django.db import transaction

from datahub import public as datahub
from index.contracts import PanelKind
from index.engine.disclosure import Sum, protect
from index.models import Disclosure, MethodVersion
from index.paths import NOWHERE
from index.registry import GROUPED, MAIN, PanelKey, Registry
from index.services.method import basket_of, load_registry

MOST_YUAN = 1_000_000_000_000


def judge_disclosure(method: MethodVersion, known_at: object, day: date) -> int:
    """Judge every panel anew by active entities and registered capital; returns how many may be shown."""
    basket = basket_of(method)
    registry = load_registry(basket)
    count, weight, largest = _measured(registry, known_at)
    sums, extra = identities(registry, count, weight, largest)
    count, weight, largest = (
        np.concatenate([own, np.array(more, np.int64)])
        for own, more in zip((count, weight, largest), extra, strict=True)
    )
    verdict = protect(count, weight, largest, sums, min_count=basket.min_entities, max_share=basket.max_share)
    with transaction.atomic():
        Disclosure.objects.filter(method=method).delete()
        Disclosure.objects.bulk_create(
            Disclosure(method=method, panel_id=n, verdict=int(verdict[n]), entities=int(count[n]), judged_on=day)
            for n in registry.panels.values()
        )  # fmt: skip
    return int((verdict[: len(registry.panels)] == 0).sum())


def _measured(registry: Registry, known_at: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entities, registered capital and the largest capital of each panel."""
    entities, _ = datahub.scoring_frames([], known_at, shards=range(datahub.SHARDS))  # type: ignore[arg-type]
    keys = zip(entities["kind"], entities["size"], entities["town_code"], entities["section"], strict=True)
    known = len(registry.cells)
    cell = np.array([registry.cell(*key) for key in keys], np.int64)
    active = (entities["state"].to_numpy() == "active") & (cell != NOWHERE) & (cell < known)
    capital = entities["registered_capital_yuan"].fill_null(0.0).to_numpy()
    size = np.clip(np.nan_to_num(capital), 1, MOST_YUAN).astype(np.int64)
    count, weight, largest = (np.zeros(len(registry.panels), np.int64) for _ in range(3))
    of = registry.membership()[cell[active]]
    for column in range(of.shape[1]):
        panel = of[:, column]
        inside = panel >= 0
        np.add.at(count, panel[inside], 1)
        np.add.at(weight, panel[inside], size[active][inside])
        np.maximum.at(largest, panel[inside], size[active][inside])
    return count, weight, largest


Extra = tuple[list[int], list[int], list[int]]


def identities(
    registry: Registry, count: np.ndarray, weight: np.ndarray, largest: np.ndarray
) -> tuple[list[Sum], Extra]:
    """Every sum a reader can form: wholes of towns, sections and sizes, and what belongs to none of them.

    The rest of a sum (entities without town or section) is a series of its own that nobody sees.
    """
    groups: dict[tuple[int, str], list[int]] = {}
    for key, number in registry.panels.items():
        for whole, by in _wholes(key):
            if whole in registry.panels:
                groups.setdefault((registry.panels[whole], by), []).append(number)
    sums: list[Sum] = []
    extra: Extra = ([], [], [])
    for (total, _), parts in sorted(groups.items()):
        rest = int(count[total] - count[parts].sum())
        members = sorted(parts)
        if rest > 0:
            members.append(len(count) + len(extra[0]))
            extra[0].append(rest)
            extra[1].append(max(int(weight[total] - weight[parts].sum()), 1))
            extra[2].append(max(int(weight[total] - weight[parts].sum()), 1))
        sums.append(Sum(total, tuple(members)))
    return sums, extra


def _wholes(key: PanelKey) -> Iterable[tuple[PanelKey, str]]:
    """The sums that a panel is a part of, each with the name of the division."""
    city = PanelKey(PanelKind.UNIVERSE, MAIN)
    town, section, size = (
        PanelKey(PanelKind.TOWN, MAIN, town=key.town), PanelKey(PanelKind.SECTION, MAIN, section=key.section),
        PanelKey(PanelKind.SIZE, MAIN, size=key.size),
    )  # fmt: skip
    by_size = [(city, "size" if key.size != GROUPED else "wide")]
    if key.size == "micro":
        by_size.append((city, "wide"))
    elif key.size in ("medium", "small"):
        by_size.append((PanelKey(PanelKind.SIZE, MAIN, size=GROUPED), "size"))
    return {
        PanelKind.TOWN: [(city, "town")], PanelKind.SECTION: [(city, "section")], PanelKind.SIZE: by_size,
        PanelKind.TOWN_SIZE: [(town, "size"), (size, "town")],
        PanelKind.TOWN_SECTION: [(town, "section"), (section, "town")],
        PanelKind.SECTION_SIZE: [(section, "size"), (size, "section")],
        PanelKind.CELL: [
            (PanelKey(PanelKind.TOWN_SECTION, MAIN, town=key.town, section=key.section), "size"),
            (PanelKey(PanelKind.TOWN_SIZE, MAIN, town=key.town, size=key.size), "section"),
            (PanelKey(PanelKind.SECTION_SIZE, MAIN, section=key.section, size=key.size), "town"),
        ],
    }.get(key.kind, [])  # fmt: skip
