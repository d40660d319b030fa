"""The front door of the index: published public values as frozen contracts, no models."""

from index.contracts import PanelKind, PublicPoint, PublicSeries
from index.selectors.panels import PUBLIC, Panels
from index.selectors.series import load_series
from index.selectors.standing import find_standing

__all__ = ["PublicPoint", "PublicSeries", "public_series"]


def public_series() -> tuple[PublicSeries, ...]:
    """Total and dimensions of the whole city, as published for everybody; empty before the first day.

    Values with two decimals, as printed on the public page. Six queries.
    """
    standing = find_standing()
    if standing is None:
        return ()
    panels = Panels(standing)
    cards = [card for card in panels.of_kind(PanelKind.UNIVERSE) if PUBLIC.may_see(card)]
    data = load_series(standing, cards)
    basket = standing.basket
    names = [("total", "总指数"), *((d.code, d.name) for d in basket.dimensions)]
    made = []
    for card in cards:
        if (series := data.get(card.code)) is None:
            continue
        for n, (code, name) in enumerate(names):
            points = tuple(
                PublicPoint(
                    day, round(float(series.values[place, n]), 2), round(float(series.level[place, n]), 2),
                    series.entities[place], series.provisional[place],
                )
                for place, day in enumerate(series.days) if series.values[place, n] == series.values[place, n]
            )  # fmt: skip
            made.append(
                PublicSeries(
                    f"{card.code}/{code}", card.name, code, name, f"{basket.base_from.year} 年均值 = 100",
                    standing.method.code, standing.run.data_version, standing.run.realtime, points,
                )
            )  # fmt: skip
    return tuple(made)
