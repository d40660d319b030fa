"""Secrets of a local installation: random, written once, readable by their owner alone."""

import fcntl
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
    """Read ``path``, adding what is missing; a file is written whole or not at all.

    Several first starts at once agree: the first to come writes, the others read.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        values = _read(path) if path.exists() else {}
        missing = [name for name in NAMES if name not in values]
        if missing:
            values |= {name: secrets.token_urlsafe(NAMES[name]) for name in missing}
            _write(path, values)
        return values
    finally:
        os.close(folder)


def _read(path: Path) -> dict[str, str]:
    if path.stat().st_mode & 0o077:
        raise UnableToReadSecrets(f"密钥文件 {path} 可被其他用户读取，请执行 chmod 600 {path} 后重试。")
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    if any(len(pair) != 2 or not pair[1] for pair in pairs):
        raise UnableToReadSecrets(f"密钥文件 {path} 内容不完整，请从备份恢复；首次启动时可删除后重试。")
    return dict(pairs)


def _write(path: Path, values: dict[str, str]) -> None:
    half = path.with_name(f"{path.name}.new")
    half.unlink(missing_ok=True)  # of a start that was killed
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write("# 本机随机生成，请妥善备份，勿提交到代码库。\n")
            out.writelines(f"{name}={value}\n" for name, value in values.items())
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        half.unlink(missing_ok=True)
        raise UnableToReadSecrets(
            f"无法写入密钥文件 {path}：{error.strerror}。请检查磁盘空间与权限。"
        ) from error
    half.replace(path)
