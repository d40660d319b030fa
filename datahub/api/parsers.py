"""A file as the whole body of a request, handed on as a stream and never held in memory."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RawBody:
    """What a raw body parses to: the stream itself. Truthy, so that DRF takes it for data."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream


class RawFileParser(BaseParser):
    """Any bytes; the item, the period and the date stand in the address."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return RawBody(stream)


class CsvParser(RawFileParser):
    media_type = "text/csv"


class SheetParser(RawFileParser):
    media_type = SHEET_TYPE
