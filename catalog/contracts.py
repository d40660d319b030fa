"""What crosses the catalogue's borders."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldRight:
    """Which columns of one resource a reader may have, now.

    fields: codes of the readable columns. reason: why the others are closed, for the reader; empty when
    none is. grant_id: the grant that opened what is not public. watermark: text that every download
    carries. May be empty of fields: then the resource is described, never read.
    """

    fields: frozenset[str]
    reason: str = ""
    grant_id: int | None = None
    watermark: str = ""

    def allows(self, code: str) -> bool:
        return code in self.fields


NO_RIGHT = FieldRight(frozenset(), "该数据未向您开放。")
