"""What the README promises exists, and both languages promise the same."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

PROJECT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = PROJECT / "README.md", PROJECT / "README.zh-CN.md"
# Set by the portal or the tests for themselves and their children; nobody else sets them.
INTERNAL = {
    "PORTAL_STARTED_AT", "PORTAL_SUPERVISED", "PORTAL_USE_DATABASE", "PORTAL_VISIBILITY_SECONDS",
    "PYTEST_XDIST_WORKER", "DJANGO_ALLOW_ASYNC_UNSAFE", "OPENBLAS_NUM_THREADS",
}  # fmt: skip
READS = re.compile(r"""(?:environ(?:\.get\(|\[|\.setdefault\()|_required\(|_key\()\s*"([A-Z][A-Z0-9_]+)\"""")


def _variables_read() -> set[str]:
    sources = [
        path for path in PROJECT.glob("*/**/*.py")
        if path.relative_to(PROJECT).parts[0] not in ("tests", "bench", "var", "scripts", ".venv", "node_modules")
    ]  # fmt: skip
    return {name for path in sources for name in READS.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_every_environment_variable_is_described(readme: Path) -> None:
    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=[^`]*)?`", readme.read_text()))
    read = _variables_read()
    assert len(read) > 20
    assert sorted(read - named - INTERNAL) == []


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_every_command_and_file_named_exists(readme: Path) -> None:
    text = readme.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", text)) <= targets | {"bench"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_both_languages_have_the_same_sections_tables_and_commands() -> None:
    english, chinese = ENGLISH.read_text(), CHINESE.read_text()
    shapes = [
        (
            len(re.findall(r"^## ", text, re.MULTILINE)),
            [len(block.splitlines()) for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)],
            [line.split("#")[0].split(" USER")[0].split(" 用户名")[0].strip()
             for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()],
        )
        for text in (english, chinese)
    ]  # fmt: skip
    assert shapes[0] == shapes[1]
