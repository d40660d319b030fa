"""What the documents name exists, and what the settings read is documented."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from pydantic import TypeAdapter

from credit.engine import expressions
from datahub.contracts import Department, FieldDefinition, ItemDefinition
from datahub.engine.definitions import item_problems

PROJECT = Path(__file__).resolve().parents[2]
DOCS = sorted((PROJECT / "docs").rglob("*.md"))
SOURCES = (
    "cixi_portal",
    "credit",
    "index",
    "villages",
    "catalog",
    "datahub",
    "accounts",
    "audit",
    "foundation",
)
ENDINGS = ("py", "yaml", "json", "md", "sql", "sh", "mjs", "cjs", "css", "js", "html", "toml", "txt")
PATH = re.compile(rf"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:{'|'.join(ENDINGS)}))?)`")
READS = re.compile(r"""(?:environ(?:\.get\(|\[)|_required\(|_key\()\s*"([A-Z][A-Z0-9_]+)\"""")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Made while the portal runs or is built, so not in a fresh clone.
MADE_LATER = ("var/", "backups/", ".venv/", "node_modules/")
by_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(PROJECT / "docs")))


def _defined() -> Iterator[str]:
    """Names the code gives: modules, classes, functions, parameters, variables, fields, commands."""
    yield from get_commands()
    for app in SOURCES:
        for path in (PROJECT / app).rglob("*.py"):
            yield path.stem
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    yield node.name
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id
                elif isinstance(node, ast.arg):
                    yield node.arg


def _glossary_rows() -> list[list[str]]:
    lines = (PROJECT / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in rows if row[0] != "中文" and not set(row[0]) <= set("-: ")]


def _anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_every_word_of_the_glossary_has_an_identifier_that_the_code_uses() -> None:
    rows = _glossary_rows()
    assert len(rows) > 100
    identifiers = {row[1]: re.fullmatch(r"`(\w+)`", row[2]) for row in rows}
    assert [term for term, found in identifiers.items() if found is None] == []
    names = {found[1] for found in identifiers.values() if found}
    assert sorted(names - set(_defined())) == []


def test_no_chinese_term_of_the_glossary_is_defined_twice() -> None:
    terms = [row[0] for row in _glossary_rows()]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


@by_document
def test_every_file_a_document_names_exists(path: Path) -> None:
    named = set(PATH.findall(path.read_text(encoding="utf-8")))
    assert sorted(name for name in named if not name.startswith(MADE_LATER) and not _exists(name, path)) == []


def _exists(name: str, path: Path) -> bool:
    """From the project's root or the document; a page from ``templates/``; a bare folder is a room of an app."""
    roots = [PROJECT, path.parent]
    if name.endswith(".html"):
        roots.append(PROJECT / "templates")
    if name.count("/") == 1 and name.endswith("/"):
        roots += [PROJECT / app for app in SOURCES]
    return any((root / name).exists() for root in roots)


@by_document
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    lost = []
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        file = (path.parent / target) if target else path
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            lost.append(link)
    assert lost == []


@by_document
def test_every_command_a_document_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"manage\.py ([a-z_]+)", text)) - set(get_commands())) == []


def test_every_variable_the_settings_read_is_documented() -> None:
    sources = "\n".join(path.read_text() for path in (PROJECT / "cixi_portal/settings").glob("*.py"))
    read = set(READS.findall(sources))
    read |= {f"PORTAL_{name}" for name in re.findall(r'"((?:FIELD|INDEX|AUDIT)_KEY)"', sources)}
    assert len(read) > 15
    told = "".join((PROJECT / name).read_text() for name in ("README.md", "docs/operations.md"))
    # Set by the test runner, read by the tests' own settings.
    assert sorted(read - set(re.findall(r"[A-Z][A-Z0-9_]+", told)) - {"PYTEST_XDIST_WORKER"}) == []


def test_every_decision_has_its_number_context_decision_and_consequences() -> None:
    decisions = sorted((PROJECT / "docs/adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{n:04d}" for n in range(1, len(decisions) + 1)]
    for path in decisions:
        titles = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert titles == ["Context", "Decision", "Consequences"], path.name


def test_the_worked_example_of_a_data_item_is_one() -> None:
    text = (PROJECT / "docs/data-items.md").read_text(encoding="utf-8")
    example = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    assert set(example) == {"department", "items"}
    TypeAdapter(Department).validate_python(example["department"])
    for raw in example["items"]:
        assert list(item_problems(TypeAdapter(ItemDefinition).validate_python(raw))) == []


def test_every_key_of_items_and_fields_is_described() -> None:
    text = (PROJECT / "docs/data-items.md").read_text(encoding="utf-8")
    keys = {f.name for kind in (Department, ItemDefinition, FieldDefinition) for f in fields(kind)}
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_every_operator_of_the_scorecard_is_described() -> None:
    text = (PROJECT / "docs/scorecard.md").read_text(encoding="utf-8")
    operators = expressions.MEASURED | expressions.COUNTED | expressions.COMBINED | expressions.WRAPPED
    assert sorted(name for name in operators if not re.search(rf"`{{?{name}\b", text)) == []
