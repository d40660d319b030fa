"""Reviewed, versioned data of the credit app: scorecards and the references frozen with them."""

from functools import lru_cache
from pathlib import Path

from credit.engine.percentiles import Reference, read_reference
from credit.engine.score import Model
from credit.engine.scorecard import Scorecard, read_scorecard

HERE = Path(__file__).parent
CURRENT = "v1"


def load_scorecard(version: str = CURRENT) -> Scorecard:
    """The card of a version; FileNotFoundError when there is none, UnableToReadScorecard when it is
    faulty."""
    return read_scorecard((HERE / f"scorecard_{version}.yaml").read_text("utf-8"))


def load_reference(version: str = CURRENT) -> Reference:
    """The frozen reference of a version."""
    return read_reference((HERE / f"reference_{version}.json").read_text("utf-8"))


@lru_cache(maxsize=4)
def load_model(version: str = CURRENT) -> Model:
    """Card and reference of a version, read once per process."""
    return Model(load_scorecard(version), load_reference(version))
