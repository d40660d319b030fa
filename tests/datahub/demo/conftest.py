from datetime import date
from pathlib import Path

import pytest

from datahub.demo.city import City, build_city
from datahub.demo.generate import generate_city
from datahub.demo.manifest import Manifest

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="session")
def city() -> City:
    """The default city, without files."""
    return build_city(5_000, 20_260_101, AS_OF)


@pytest.fixture(scope="session")
def small_manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """A small city's files, tax and social insurance included."""
    folder: Path = tmp_path_factory.mktemp("city") / "files"
    return generate_city(folder, as_of=AS_OF, enterprises=700, seed=7, deliver_tax=True)
