"""Uploads are stopped while they arrive, not after the disk is full; their names are names, never paths."""

import unicodedata
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

ACCEPTED_ENDINGS = (".csv", ".txt", ".xlsx")
MARGIN_BYTES = 1 << 20
TOO_LARGE = "delivery_too_large"


class LimitedUpload(FileUploadHandler):
    """Goes before the handlers that keep the bytes: stops a file that turns out to be too large."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.limit = int(settings.PORTAL_DELIVERY_MAX_BYTES)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > self.limit:
            setattr(self.request, TOO_LARGE, True)
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def declares_too_much(request: HttpRequest) -> bool:
    """True if the request says itself that it is too large, so that nothing of it need be read."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    # a multipart body is a little longer than the file inside it
    return told.isdigit() and int(told) > int(settings.PORTAL_DELIVERY_MAX_BYTES) + MARGIN_BYTES


def limit_upload(request: Any) -> None:
    """Put the limit before the handlers of a request whose body was not touched yet."""
    request.upload_handlers.insert(0, LimitedUpload(request))


def too_large(request: Any) -> bool:
    return bool(getattr(request, TOO_LARGE, False))


def shown_name(name: str) -> str:
    """A file's name fit to be shown and kept: last path part, no control or steering characters, 200 long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return clean[-200:] if clean.strip(".") else "未命名文件"


def refusal_of_name(name: str) -> str:
    """Why a file of this name is not taken; '' if it may be. What it holds is decided by its bytes, later."""
    if name.lower().endswith(ACCEPTED_ENDINGS):
        return ""
    return (
        f"“{shown_name(name)}”不是可接收的格式，请选择 CSV 或 XLSX 文件。旧版 XLS、宏工作簿请另存后再上传。"
    )


def limit_text() -> str:
    """The limit as people write it."""
    size = int(settings.PORTAL_DELIVERY_MAX_BYTES)
    return f"{size / 1024**3:g} GB" if size >= 1024**3 else f"{size / 1024**2:g} MB"
