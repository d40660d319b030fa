"""What `collectstatic` makes of the browser files."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from cixi_portal.settings import base


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = base.STORAGES
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_files_are_hashed_and_compressed_and_modules_import_hashed_modules(collected: Path) -> None:
    portal = staticfiles_storage.stored_name("js/portal.js")
    assert re.fullmatch(r"js/portal\.[0-9a-f]{12}\.js", portal)
    imports = re.findall(r'from "(\./[^"]+)"', (collected / portal).read_text())
    assert len(imports) >= 9
    for name in imports:
        assert re.search(r"\.[0-9a-f]{12}\.js$", name), name
        assert (collected / "js" / name).is_file()
    plotly = staticfiles_storage.stored_name("vendor/plotly-4.1.1/plotly.min.js")
    for ending in ("", ".gz", ".br"):
        assert (collected / f"{plotly}{ending}").is_file()
