"""Files of the index commands: text in UTF-8 or GB18030 in, whole files out."""

import os
import tempfile
from pathlib import Path

from index.engine.table import Table, read_table

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnableToReadFile(Exception):
    """A file cannot be read or written; the text names it and the remedy."""


def read_text(path: Path) -> str:
    """UTF-8 with or without mark, else GB18030."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnableToReadFile(f"无法读取 {path}（{error.strerror}），请检查路径与权限") from error
    if not data.strip():
        raise UnableToReadFile(f"{path}：文件是空的，请检查导出结果")
    if data.startswith((_ZIP, _OLE)):
        raise UnableToReadFile(f"{path}：是 Excel 文件，请另存为 CSV（UTF-8 或 GB18030）")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnableToReadFile(f"{path}：既不是 UTF-8 也不是 GB18030 编码的文本，请另存为 UTF-8 编码的 CSV")


def read_csv(path: Path) -> Table:
    """The table of a file; UnableToReadTable or UnableToReadFile with place and remedy."""
    return read_table(read_text(path), str(path))


def write_whole(path: Path, text: str) -> None:
    """Write all or nothing: a new file beside it takes the old one's place at the end."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnableToReadFile(f"无法写入 {path}（{error.strerror}），请检查文件夹与权限") from error
