"""The basket: the reviewed definition of the index as frozen dataclasses, checked against the data items."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from datahub import public as datahub
from index.contracts import Dimension, Indicator, Rule, RuleKind, Universe

FOLDER = Path(__file__).parent / "definitions"
CURRENT = "index_v1"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnableToReadBasket(ValueError):
    """A definition contradicts itself or the data items; the text names the place."""


@dataclass(frozen=True)
class Tile:
    """Where a town stands on the tile map, counted from one."""

    town: str
    col: int
    row: int


@dataclass(frozen=True)
class Basket:
    """A definition. ``indicators`` has every one of them, ``digest`` identifies the text."""

    code: str
    version: str
    name: str
    base_from: date
    base_to: date
    base_value: float
    link: tuple[int, int]
    score_low: float
    score_high: float
    publish_ratio: float
    first_days: int
    final_days: int
    min_entities: int
    max_share: float
    light_years: int
    light_percentiles: tuple[float, ...]
    light_hysteresis: float
    universes: tuple[Universe, ...]
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    review: dict[str, str]
    digest: str
    text: str

    @property
    def items(self) -> tuple[str, ...]:
        """Data items the indicators read, each once."""
        return tuple(dict.fromkeys(one.item for one in self.indicators))

    def supplied(self, delivered: frozenset[str]) -> tuple[Indicator, ...]:
        """Indicators whose item is delivered; the others are left out and their weight re-scaled."""
        return tuple(one for one in self.indicators if one.item in delivered)


def weights_of(basket: Basket, indicators: tuple[Indicator, ...]) -> dict[str, float]:
    """Effective weight of each of ``indicators``: product down the tree, summing to 1.

    Within a dimension the weights of what is left out go to the others in proportion.
    """
    by_dimension = {
        d.code: sum(one.weight for one in indicators if one.dimension == d.code) for d in basket.dimensions
    }
    whole = sum(d.weight for d in basket.dimensions if by_dimension[d.code])
    share = {d.code: d.weight / whole for d in basket.dimensions if by_dimension[d.code]}
    return {one.code: share[one.dimension] * one.weight / by_dimension[one.dimension] for one in indicators}


@cache
def load_basket(name: str = CURRENT) -> Basket:
    """The definition of that file name (without ending)."""
    return read_basket((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def load_tiles() -> tuple[Tile, ...]:
    told = yaml.safe_load((FOLDER / "tiles.yaml").read_text(encoding="utf-8"))
    return tuple(Tile(**one) for one in told["tiles"])


def read_basket(text: str) -> Basket:
    """Check and take in a definition. Raises :class:`UnableToReadBasket`."""
    told = yaml.load(text, Loader=_Loader)  # noqa: S506
    try:
        basket = _taken(told, text)
    except (KeyError, TypeError, ValueError) as error:
        raise UnableToReadBasket(f"编制定义缺少或写错了 {error}。") from error
    _check(basket)
    return basket


def _taken(told: dict[str, Any], text: str) -> Basket:
    return Basket(
        code=told["code"], version=told["version"], name=told["name"],
        base_from=told["base"]["from"], base_to=told["base"]["to"], base_value=float(told["base"]["value"]),
        link=(told["links"]["month"], told["links"]["day"]),
        score_low=float(told["score"]["low"]), score_high=float(told["score"]["high"]),
        publish_ratio=float(told["publish_ratio"]),
        first_days=told["revision"]["first_days"], final_days=told["revision"]["final_days"],
        min_entities=told["disclosure"]["min_entities"], max_share=told["disclosure"]["max_share"],
        light_years=told["lights"]["years"], light_percentiles=tuple(told["lights"]["percentiles"]),
        light_hysteresis=told["lights"]["hysteresis"],
        universes=tuple(
            Universe(u["code"], u["name"], tuple(u["kinds"]), tuple(u["sizes"]), u.get("unsized", ""))
            for u in told["universes"]
        ),
        dimensions=tuple(Dimension(**d) for d in told["dimensions"]),
        indicators=tuple(_indicator(one) for one in told["indicators"]),
        review={key: str(told[key]) for key in ("released_on", "reviewed_on", "reviewed_by", "next_review")},
        digest=hashlib.sha256(text.encode()).hexdigest(), text=text,
    )  # fmt: skip


def _indicator(told: dict[str, Any]) -> Indicator:
    rule = dict(told["rule"])
    rule["kind"] = RuleKind(rule["kind"])
    rule["levels"] = tuple(rule.get("levels", ()))
    rule["values"] = tuple((key, float(value)) for key, value in rule.get("values", {}).items())
    fences = told["fences"]
    return Indicator(
        code=told["code"], name=told["name"], dimension=told["dimension"], weight=float(told["weight"]),
        item=told["item"], unit=told["unit"], rule=Rule(**rule), log=told.get("transform", "none") == "log",
        is_cost={"benefit": False, "cost": True}[told["direction"]],
        fences=None if fences == "percentile" else (float(fences[0]), float(fences[1])),
    )  # fmt: skip


def _check(basket: Basket) -> None:
    codes = [one.code for one in basket.indicators]
    if len(set(codes)) != len(codes):
        raise UnableToReadBasket("指标代码重复。")
    dimensions = {d.code for d in basket.dimensions}
    for one in basket.indicators:
        if one.dimension not in dimensions:
            raise UnableToReadBasket(f"指标 {one.code} 的维度 {one.dimension} 不存在。")
        _check_against_item(one)
        if one.fences is not None and one.fences[0] >= one.fences[1]:
            raise UnableToReadBasket(f"指标 {one.code} 的上下限颠倒。")
        if one.weight <= 0:
            raise UnableToReadBasket(f"指标 {one.code} 的权重应大于零。")


def _check_against_item(one: Indicator) -> None:
    try:
        item = datahub.get_item(one.item)
    except KeyError as error:
        raise UnableToReadBasket(f"指标 {one.code} 的数据项 {one.item} 不在目录中。") from error
    for measure in filter(None, (one.rule.measure, one.rule.over)):
        if measure not in item.measures:
            raise UnableToReadBasket(f"指标 {one.code}：数据项 {one.item} 没有度量 {measure}。")
    needs_measure = one.rule.kind in (RuleKind.LATEST, RuleKind.LATEST_RATIO) or one.rule.sum
    if needs_measure and not one.rule.measure:
        raise UnableToReadBasket(f"指标 {one.code} 应写明 measure。")
    if one.rule.kind is RuleKind.EVENTS and one.rule.window <= 0:
        raise UnableToReadBasket(f"指标 {one.code} 应写明 window。")
    known = _level_codes(item)
    wanted = (*one.rule.levels, *(key for key, _ in one.rule.values))
    if unknown := [level for level in wanted if level not in known]:
        raise UnableToReadBasket(f"指标 {one.code}：数据项 {one.item} 没有级别 {unknown[0]}。")


def _level_codes(item: Any) -> frozenset[str]:
    for field in item.fields:
        if field.code == item.level:
            return frozenset(field.values)
    return frozenset()
