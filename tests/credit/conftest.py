"""Firms behind the door, and a released scorecard."""

import pytest

from credit.services.releases import release_scorecard
from tests.firms import NOW, ORIGIN, Deliver, deliver_rows, register_firms


@pytest.fixture
def deliver(db: None, settings: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Deliver:
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path_factory.mktemp("files"))}  # type: ignore[attr-defined]
    return deliver_rows


@pytest.fixture
def firms(deliver: Deliver) -> None:
    """Three companies with a year's report; the score is not computed yet."""
    register_firms()
    release_scorecard(origin=ORIGIN, now=NOW)
