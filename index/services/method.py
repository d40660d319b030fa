"""Releasing a definition: its fences are fitted once, then frozen with it under one hash."""

from datetime import datetime
from functools import lru_cache

from django.db import transaction

import audit
from index.basket import Basket, load_basket, read_basket
from index.contracts import Indicator
from index.daycube import Design
from index.models import Cell, MethodVersion, Panel
from index.paths import Fences
from index.provenance import code_hash
from index.registry import PanelKey, PanelKind, Registry, design_of, panels_of_cell
from index.services.inputs import freeze_fences, supplied_codes


class NoCurrentMethod(LookupError):
    """No definition has been released yet."""


class UnableToReleaseMethod(ValueError):
    """The definition cannot be released; the text says why."""


def current_method() -> MethodVersion:
    """The definition that counts. Raises :class:`NoCurrentMethod`."""
    found = MethodVersion.objects.filter(is_current=True).first()
    if found is None:
        raise NoCurrentMethod("尚未发布指数编制定义。")
    return found


def release_method(
    *, known_at: datetime, now: datetime, origin: audit.Origin, name: str = "index_v1"
) -> MethodVersion:
    """Freeze a definition with the fences of its base period. Releasing the same text again changes nothing.

    Raises :class:`UnableToReleaseMethod` where that version stands already with another text.
    """
    basket = load_basket(name)
    standing = MethodVersion.objects.filter(code=basket.version).first()
    if standing is not None:
        if standing.definition_hash != basket.digest:
            raise UnableToReleaseMethod(f"版本 {basket.version} 已发布，定义不可改动；请另立新版本。")
        return standing
    supplied = supplied_codes(basket, known_at)
    if not supplied:
        raise UnableToReleaseMethod("没有任何指标的数据项已供数，暂不能发布。")
    fences = freeze_fences(basket, supplied, known_at)
    with audit.action("index.method.released", origin=origin, target=f"index:{basket.version}") as entry:
        MethodVersion.objects.filter(is_current=True).update(is_current=False)
        method = MethodVersion.objects.create(
            code=basket.version, definition=basket.text, definition_hash=basket.digest,
            indicators=[one.code for one in basket.indicators], supplied=list(supplied),
            fences={code: [f.low, f.high] for code, f in fences.items()}, code_hash=code_hash(),
            known_at=known_at, released_at=now, is_current=True,
        )  # fmt: skip
        entry.detail |= {"version": basket.version, "count": len(supplied)}
    return method


@lru_cache(maxsize=4)
def _basket_of(text: str) -> Basket:
    return read_basket(text)


def basket_of(method: MethodVersion) -> Basket:
    """The basket as it was released, whatever the file says today."""
    return _basket_of(method.definition)


def fences_of(method: MethodVersion) -> dict[str, Fences]:
    return {code: Fences(*pair) for code, pair in method.fences.items()}


def supplied_of(method: MethodVersion) -> tuple[Indicator, ...]:
    return tuple(one for one in basket_of(method).indicators if one.code in set(method.supplied))


def load_registry(basket: Basket) -> Registry:
    """Every cell and panel that has a number; kinds of panels that are new to a cell get theirs. Two queries."""
    registry = Registry(basket)
    for number, *key in Cell.objects.values_list("number", "universe", "town", "section", "size").order_by(
        "number"
    ):
        registry.cells[(key[0], key[1], key[2], key[3])] = number
    for number, kind, *key in Panel.objects.values_list(
        "number", "kind", "universe", "town", "section", "size"
    ).order_by("number"):
        registry.panels[PanelKey(PanelKind(kind), *key)] = number
    for cell in sorted(registry.cells, key=lambda one: registry.cells[one]):
        for panel in panels_of_cell(cell):
            registry.panels.setdefault(panel, len(registry.panels))
    return registry


def save_registry(registry: Registry) -> None:
    """Write the numbers given since it was loaded."""
    with transaction.atomic():
        known = Cell.objects.count()
        Cell.objects.bulk_create(
            Cell(number=number, universe=key[0], town=key[1], section=key[2], size=key[3])
            for key, number in registry.cells.items() if number >= known
        )  # fmt: skip
        known = Panel.objects.count()
        Panel.objects.bulk_create(
            _panel_row(key, number)
            for key, number in registry.panels.items() if number >= known
        )  # fmt: skip


def _panel_row(key: PanelKey, number: int) -> Panel:
    return Panel(
        number=number, code=key.code, kind=key.kind, universe=key.universe, town=key.town, section=key.section,
        size=key.size,
    )  # fmt: skip


def design_for(method: MethodVersion, registry: Registry) -> Design:
    return design_of(basket_of(method), frozenset(method.supplied), fences_of(method), registry)
