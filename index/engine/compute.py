"""One definition and one table to one result, whatever kind of index it is."""

from collections.abc import Callable

from index.engine.composite import compute_composite
from index.engine.diffusion import compute_diffusion
from index.engine.output import Output
from index.engine.panel import Load
from index.engine.places import Place, read_yaml
from index.engine.price_chain import compute_chain
from index.engine.prices import compute_prices
from index.engine.table import Table

KINDS: dict[str, Callable[[Place, Table, Load], Output]] = {
    "composite": compute_composite,
    "chain": compute_chain,
    "prices": compute_prices,
    "diffusion": compute_diffusion,
}


def compute(definition: str, source: str, table: Table, load: Load) -> Output:
    """The result of a definition's text on a table.

    load: reads a further table that the definition names. UnableToReadDefinition or UnableToReadTable with
    place and remedy in Chinese.
    """
    root = read_yaml(definition, source)
    root.mapping()
    kind = root.choice_or("index", "composite", *KINDS)
    return KINDS[kind](root, table, load)
