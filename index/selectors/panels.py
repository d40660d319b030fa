"""Panels: their names, which of them may be shown, and to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from accounts.roles import Role
from accounts.scopes import towns_of
from datahub import public as datahub
from index.contracts import PanelKind
from index.models import Disclosure, Panel
from index.registry import MAIN
from index.selectors.standing import Standing

CITYWIDE = frozenset({Role.INDEX_ANALYST, Role.LEADER, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER})
BANKS = frozenset({Role.BANK_OFFICER, Role.BANK_MANAGER})
PUBLIC_KINDS = frozenset({PanelKind.UNIVERSE, PanelKind.TOWN})
SHOWN = 0
REASONS = {1: "主体不足", 2: "单户占比过高", 3: "为防止倒推一并隐去", 4: "暂无主体"}
SIZES = {"medium": "中型", "small": "小型", "small_up": "中小型", "micro": "微型", "large": "大型"}


@dataclass(frozen=True)
class PanelCard:
    """A panel as pages speak of it. ``verdict`` is 0 where it may be shown; the others say why not."""

    number: int
    code: str
    kind: PanelKind
    universe: str
    town: str
    section: str
    size: str
    name: str
    verdict: int

    @property
    def is_shown(self) -> bool:
        return self.verdict == SHOWN

    @property
    def reason(self) -> str:
        return REASONS.get(self.verdict, "")


@dataclass(frozen=True)
class Reader:
    """What a user may read of the index: every panel, those of some towns, or the public ones."""

    everything: bool = False
    crossings: bool = False
    towns: frozenset[str] = frozenset()
    firms: bool = False
    alerts: bool = False

    def may_see(self, panel: PanelCard) -> bool:
        if not panel.is_shown:
            return False
        if self.everything:
            return True
        if panel.town:
            return panel.town in self.towns
        return panel.kind in (PanelKind.UNIVERSE, PanelKind.SECTION, PanelKind.SIZE)

    def may_list(self, town: str) -> bool:
        """Whether the enterprises of a town (empty: of the whole city) may be listed."""
        return self.firms and (self.everything or (bool(town) and town in self.towns))


PUBLIC = Reader()


def reader_of(user: Any) -> Reader:
    """City-wide roles read all and list firms; towns their own; banks every series, no firms and no alerts."""
    if not user.is_authenticated:
        return PUBLIC
    if user.roles & CITYWIDE:
        return Reader(everything=True, crossings=True, firms=True, alerts=True)
    if Role.TOWN_ADMIN in user.roles:
        return Reader(towns=towns_of(user), firms=True, alerts=True)
    if user.roles & BANKS:
        return Reader(everything=True)
    return PUBLIC


def panel_name(universe: str, town: str, section: str, size: str, universes: dict[str, str]) -> str:
    """全市中小微企业, 附海镇, 附海镇 · 微型 and so on."""
    parts = [
        datahub.division_name(town) if town else "",
        datahub.INDUSTRY_SECTIONS.get(section, "") if section else "",
        SIZES.get(size, "") if size else "",
    ]
    named = [part for part in parts if part]
    if not named:
        return "全市" + universes.get(universe, "")
    return " · ".join(named)


class Panels:
    """All panels by code, with their verdicts of the last run that judged them."""

    def __init__(self, standing: Standing) -> None:
        verdicts = dict(Disclosure.objects.filter(method=standing.method).values_list("panel_id", "verdict"))
        names = {u.code: u.name for u in standing.basket.universes}
        self.by_code: dict[str, PanelCard] = {}
        for row in Panel.objects.order_by("number"):
            name = panel_name(row.universe, row.town, row.section, row.size, names)
            self.by_code[row.code] = PanelCard(
                row.number, row.code, PanelKind(row.kind), row.universe, row.town, row.section, row.size, name,
                verdicts.get(row.number, 1),
            )  # fmt: skip

    def find(self, code: str) -> PanelCard | None:
        return self.by_code.get(code)

    def city(self) -> PanelCard | None:
        return self.by_code.get(MAIN)

    def of_kind(self, *kinds: PanelKind) -> list[PanelCard]:
        return [card for card in self.by_code.values() if card.kind in kinds]

    def crossing(
        self, card: PanelCard, *, town: str = "", section: str = "", size: str = ""
    ) -> PanelCard | None:
        """The panel one step below ``card``, if there is one."""
        parts = [
            ("town", card.town or town),
            ("section", card.section or section),
            ("size", card.size or size),
        ]
        code = "/".join([card.universe, *(f"{name}={value}" for name, value in parts if value)])
        return self.by_code.get(code)

    def nearest_shown(self, card: PanelCard, reader: Reader) -> PanelCard | None:
        """The panel itself, or the nearest wider one that this reader may see."""
        if reader.may_see(card):
            return card
        parts = [f"{name}={value}" for name in ("town", "section", "size") if (value := getattr(card, name))]
        wider = [
            "/".join([card.universe, *kept])
            for count in range(len(parts) - 1, -1, -1)
            for kept in combinations(parts, count)
        ]
        for code in wider:
            found = self.by_code.get(code)
            if found is not None and reader.may_see(found):
                return found
        return None


def visible(cards: Iterable[PanelCard], reader: Reader) -> list[PanelCard]:
    return [card for card in cards if reader.may_see(card)]


def home_panel(panels: Panels, reader: Reader) -> PanelCard | None:
    """Where a reader starts: a town's staff on their town, everybody else on the city."""
    if not reader.everything and reader.towns:
        for town in sorted(reader.towns):
            own = panels.find(f"{MAIN}/town={town}")
            if own is not None and reader.may_see(own):
                return own
    return panels.city()
