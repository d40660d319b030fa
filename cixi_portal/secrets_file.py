"""Secrets of a local installation: random, written once, readable by their owner alone."""

import os
import secrets
from pathlib import Path

NAMES = {
    "SECRET_KEY": 50,
    "PORTAL_FIELD_KEY": 32,
    "PORTAL_INDEX_KEY": 32,
    "PORTAL_AUDIT_KEY": 32,
    "PORTAL_DEMO_PASSWORD": 9,
}


class UnableToReadSecrets(RuntimeError):
    """The secrets file is damaged or open to others; the text names the remedy."""


def ensure(path: Path) -> dict[str, str]:
    """Read ``path``, adding what is missing; a new file is written whole or not at all."""
    values = _read(path) if path.exists() else {}
    missing = [name for name in NAMES if name not in values]
    if missing:
        values |= {name: secrets.token_urlsafe(NAMES[name]) for name in missing}
        _write(path, values)
    return values


def _read(path: Path) -> dict[str, str]:
    if path.stat().st_mode & 0o077:
        raise UnableToReadSecrets(f"密钥文件 {path} 可被其他用户读取，请执行 chmod 600 {path} 后重试。")
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    if any(len(pair) != 2 or not pair[1] for pair in pairs):
        raise UnableToReadSecrets(f"密钥文件 {path} 内容不完整，请从备份恢复；首次启动时可删除后重试。")
    return dict(pairs)


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.new-{os.getpid()}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write("# 本机随机生成，请妥善备份，勿提交到代码库。\n")
        out.writelines(f"{name}={value}\n" for name, value in values.items())
        out.flush()
        os.fsync(out.fileno())
    if path.exists():
        half.replace(path)
        return
    try:
        os.link(half, path)  # two first starts at once: the first file stays
    except FileExistsError:
        values.clear()
        values |= _read(path)
    finally:
        half.unlink(missing_ok=True)
