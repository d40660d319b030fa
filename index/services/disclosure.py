"""Which panels may be shown: counts and largest shares of today, judged together so that nothing follows."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from datahub import public as datahub
from index.contracts import PanelKind
from index.counted import Counted, Ints
from index.engine.disclosure import Sum, protect
from index.models import Disclosure, RegisterCopy, Run
from index.packing import pack_counted, unpack_counted
from index.registry import GROUPED, MAIN, PanelKey, Registry
from index.services.method import basket_of, load_registry


def judge_disclosure(run: Run) -> int:
    """Judge every panel by active entities and registered capital as a run knew them; returns how many may be shown.

    Rows that stay as they are are not written.
    """
    method = run.method
    basket = basket_of(method)
    registry = load_registry(basket)
    count, weight, largest = _counted(run, registry).by_panel(registry)
    sums, extra = identities(registry, count, weight, largest)
    count, weight, largest = (
        np.concatenate([own, np.array(more, np.int64)])
        for own, more in zip((count, weight, largest), extra, strict=True)
    )
    verdict = protect(count, weight, largest, sums, min_count=basket.min_entities, max_share=basket.max_share)
    _write(run, {n: (int(verdict[n]), int(count[n])) for n in registry.panels.values()})
    return int((verdict[: len(registry.panels)] == 0).sum())


def _write(run: Run, judged: dict[int, tuple[int, int]]) -> None:
    """Bring the rows of panels to these verdicts and counts."""
    rows = Disclosure.objects.filter(method=run.method)
    standing = {
        panel: (verdict, entities)
        for panel, verdict, entities in rows.values_list("panel_id", "verdict", "entities")
    }
    made = [
        Disclosure(method=run.method, panel_id=panel, verdict=verdict, entities=entities, judged_on=run.last_day)
        for panel, (verdict, entities) in judged.items() if standing.get(panel) != (verdict, entities)
    ]  # fmt: skip
    Disclosure.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["method", "panel"],
        update_fields=["verdict", "entities", "judged_on"],
    )


def _counted(run: Run, registry: Registry) -> Counted:
    """Who counts, as the run knew it: the copy that the nightly run keeps, or the whole register read anew."""
    kept = RegisterCopy.objects.filter(method=run.method, last_change_id=run.last_change_id).first()
    if kept is not None:
        return unpack_counted(kept.body)
    entities, _ = datahub.scoring_frames([], run.known_at, shards=range(datahub.SHARDS))
    counted = Counted.of(entities, registry)
    _keep(run, counted)
    return counted


def follow_register(run: Run, before: Run, touched: Ints, entities: pl.DataFrame, registry: Registry) -> None:
    """Bring the kept copy from what the run before knew to what this one knows; ``entities``: the touched ones.

    Without a copy of that state nothing is kept, and the judgement reads the register anew.
    """
    kept = RegisterCopy.objects.filter(method=run.method, last_change_id=before.last_change_id).first()
    if kept is None:
        RegisterCopy.objects.filter(method=run.method).delete()
    elif len(touched) or run.last_change_id != before.last_change_id:
        _keep(run, unpack_counted(kept.body).replaced(touched, Counted.of(entities, registry)))


def _keep(run: Run, counted: Counted) -> None:
    RegisterCopy.objects.update_or_create(
        method=run.method, defaults={"last_change_id": run.last_change_id, "body": pack_counted(counted)}
    )


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
