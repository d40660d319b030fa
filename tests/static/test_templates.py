"""What every template keeps to."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template, render_to_string

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_no_inline_style_or_script(path: Path) -> None:
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|javascript:", text)
    for opening in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in opening or 'type="application/json"' in opening


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_can_be_read(path: Path) -> None:
    get_template(name_of(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_exclaims_nothing(path: Path) -> None:
    assert "！" not in path.read_text()


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_says_what_it_takes(path: Path) -> None:
    assert path.read_text().lstrip().startswith("{% comment %}")


@pytest.mark.parametrize("code", [400, 403, 404, 429, 500])
def test_an_error_page_needs_nothing_and_names_request_and_remedy(code: int) -> None:
    page = render_to_string(f"errors/{code}.html", {"request_id": "7f3a9c21"})
    assert f"错误 {code}" in page
    for part in ("发生了什么", "保留了什么", "您可以", "7f3a9c21", 'href="/"'):
        assert part in page
