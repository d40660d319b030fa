"""One function per data item: the city in, a table of facts out (canonical values, ``firm`` for the enterprise)."""

from collections.abc import Callable, Mapping

import polars as pl

from datahub.demo.city import City
from datahub.demo.tables import (
    court,
    finance,
    growth,
    market,
    penalties,
    people,
    permits,
    projects,
    property,
    register,
    tax,
    utilities,
)

TABLES: Mapping[str, Callable[[City], pl.DataFrame]] = {
    **register.TABLES,
    **market.TABLES,
    **tax.TABLES,
    **people.TABLES,
    **court.TABLES,
    **property.TABLES,
    **permits.TABLES,
    **penalties.TABLES,
    **growth.TABLES,
    **projects.TABLES,
    **utilities.TABLES,
    **finance.TABLES,
}
