"""A real installation starts only with everything it needs."""

import os
import subprocess
import sys

import pytest

from .conftest import NOT_INHERITED, PROJECT

COMPLETE = {
    "SECRET_KEY": "k" * 60,
    "PORTAL_HOSTS": "portal.example",
    "DATABASE_URL": "postgresql://app@db.example/portal",
    "REDIS_URL": "redis://queue.example/0",
    "PORTAL_FILES": "/nonexistent/files",
    "PORTAL_CHECKPOINTS": "/nonexistent/checkpoints",
    "PORTAL_FIELD_KEY": "f" * 43,
    "PORTAL_INDEX_KEY": "i" * 43,
    "PORTAL_AUDIT_KEY": "a" * 43,
}


def _load(environment: dict[str, str], show: str = "'loaded'") -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED and not k.startswith("PORTAL_")}
    code = f"import cixi_portal.settings.production as s; print({show})"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=kept | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("missing", sorted(COMPLETE))
def test_production_names_the_variable_that_is_missing(missing: str) -> None:
    tried = _load({name: value for name, value in COMPLETE.items() if name != missing})
    assert tried.returncode != 0
    assert f"环境变量 {missing} 未设置" in tried.stderr


def test_a_complete_environment_loads_without_debug_demo_or_open_hosts() -> None:
    loaded = _load(COMPLETE, "s.DEBUG, s.PORTAL_DEMO, s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE")
    assert loaded.stdout.strip() == "False False ['portal.example'] True", loaded.stderr


def test_keys_must_differ_from_each_other() -> None:
    tried = _load(COMPLETE | {"PORTAL_AUDIT_KEY": COMPLETE["PORTAL_FIELD_KEY"]})
    assert "各密钥不得相同" in tried.stderr


def test_a_short_key_is_refused() -> None:
    tried = _load(COMPLETE | {"PORTAL_FIELD_KEY": "short"})
    assert "PORTAL_FIELD_KEY 过短" in tried.stderr
