"""Marks of copies under a grant: made at each use, carried by everything that leaves, found again in a leak."""

import secrets
from functools import lru_cache

from catalog.engine.copy_mark import Bit
from foundation import keys
from foundation.keys import Purpose

HEADER = "X-Catalog-Mark"
LABEL = "catalog-copy-mark"
BITS_A_BLOCK = 256


def new_mark() -> str:
    """Sixteen hexadecimal digits that name one use of one grant."""
    return secrets.token_hex(8).upper()


def bits_of(mark: str, key_id: str | None = None) -> Bit:
    """The bits a mark's order bears; nobody without the portal's key can make or strike them."""
    key = keys.ring(Purpose.INDEX).key(LABEL, key_id)

    @lru_cache(maxsize=8)
    def block(number: int) -> int:
        return int.from_bytes(keys.hmac_sm3(key, f"{mark}/{number}".encode()))

    def is_swapped(pair: int) -> bool:
        return bool(block(pair // BITS_A_BLOCK) >> (pair % BITS_A_BLOCK) & 1)

    return is_swapped


def visible_line(watermark: str, mark: str) -> str:
    """The line a person reads in a marked workbook."""
    return f"{watermark}，水印编号 {mark}" if mark else watermark
