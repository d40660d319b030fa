"""What is vendored is exactly what was made from the pinned packages, and talks to nobody."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
SUMS = {
    name: digest
    for digest, name in (line.split("  ", 1) for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
}
PLOTLY = next(VENDOR.glob("plotly-*/plotly.min.js")).read_text()


def test_every_vendored_file_has_a_checksum_and_nothing_else_lies_there() -> None:
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert files - {"SHA256SUMS"} == set(SUMS)


@pytest.mark.parametrize("name", sorted(SUMS))
def test_a_vendored_file_is_unchanged(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == SUMS[name]


def test_folder_names_carry_the_pinned_versions() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    folders = {path.name for path in VENDOR.iterdir() if path.is_dir()}
    assert folders == {f"{name.removesuffix('.js')}-{pinned[name]}" for name in pinned if name != "esbuild"}


def test_every_vendored_package_brings_its_licence() -> None:
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        licence = (folder / "LICENSE").read_text()
        assert "MIT" in licence or "Apache License" in licence, folder.name


def test_the_chart_bundle_compiles_no_code_from_text() -> None:
    assert not re.search(r"\beval\(|new Function\(", PLOTLY)


def test_the_chart_bundle_holds_no_map_library_and_an_empty_world() -> None:
    assert "maplibregl" not in PLOTLY
    assert "PlotlyGeoAssets" in PLOTLY
    assert "countries" in PLOTLY


def test_no_source_map_is_referred_to() -> None:
    for path in VENDOR.rglob("*.min.*"):
        assert "sourceMappingURL" not in path.read_text(), path.name


def test_the_sprite_has_every_icon_that_is_used() -> None:
    sprite = next(VENDOR.glob("bootstrap-icons-*/sprite.svg")).read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = set()
    for template in ROOT.glob("**/templates/**/*.html"):
        if "node_modules" not in template.parts and ".venv" not in template.parts:
            used |= set(re.findall(r'\{% icon "([^"]+)"', template.read_text()))
            used |= set(re.findall(r'icon_name="([^"]+)"', template.read_text()))
    assert used
    assert used <= known
