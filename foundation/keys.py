"""Keys and ciphers of the portal, all in one place so that a hardware module can replace them.

Algorithms are the national ones: SM3 (GB/T 32905) for digests and HMAC (RFC 2104 over SM3), SM4
(GB/T 32907) in GCM for fields. Secrets come from ``settings.PORTAL_KEYS``; keys are derived from them
by HKDF (RFC 5869 over SM3) with a label, so one secret never serves two uses with the same key.

A secret's value is either one text, whose key id is ``1``, or several ``id:secret`` pairs separated by
commas, the newest first: new values use the first, old values are read with the key they name.
Rotation: put the new pair in front, re-encrypt with :func:`renew` at leisure, then drop the old pair.
"""

import base64
import hmac
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as hmac_primitive
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

SHORTEST_SECRET = 20
NONCE_BYTES, TAG_BYTES = 12, 16
_KEY_ID = re.compile(r"[A-Za-z0-9]{1,16}")


class Purpose(StrEnum):
    """What a secret is for; the names of ``settings.PORTAL_KEYS``."""

    FIELD = "FIELD_KEY"
    INDEX = "INDEX_KEY"
    AUDIT = "AUDIT_KEY"


class UnableToUseKeys(RuntimeError):
    """A secret is missing, too short or badly written; the text is for the operator and holds no secret."""


class UnableToReadCiphertext(ValueError):
    """An encrypted value was altered, moved to another place, or its key is no longer in the ring."""


@dataclass(frozen=True, repr=False)
class KeyRing:
    """The secrets of one purpose by key id; the first is the current one."""

    purpose: Purpose
    secrets: tuple[tuple[str, str], ...]

    @property
    def current(self) -> str:
        return self.secrets[0][0]

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(key_id for key_id, _ in self.secrets)

    def key(self, label: str, key_id: str | None = None, length: int = 32) -> bytes:
        """``length`` bytes for one use. Raises :class:`UnableToUseKeys` for an id not in the ring."""
        wanted = key_id or self.current
        for known, secret in self.secrets:
            if known == wanted:
                return _derive(secret, f"{self.purpose.value}/{label}", length)
        raise UnableToUseKeys(f"密钥 {self.purpose.value} 中没有编号为 {wanted} 的密钥，请补回轮换前的密钥。")


def ring(purpose: Purpose) -> KeyRing:
    """The key ring of one purpose, as the settings have it now."""
    text = settings.PORTAL_KEYS.get(purpose.value, "")
    if not text:
        raise UnableToUseKeys(f"未设置密钥 {purpose.value}。")
    return _parse(purpose, text)


@lru_cache(maxsize=64)
def _parse(purpose: Purpose, text: str) -> KeyRing:
    if ":" not in text:
        pairs = [("1", text.strip())]
    else:
        pairs = [(key_id.strip(), secret.strip()) for key_id, _, secret in
                 (part.partition(":") for part in text.split(","))]  # fmt: skip
    ids = [key_id for key_id, _ in pairs]
    if len(set(ids)) != len(ids) or not all(_KEY_ID.fullmatch(key_id) for key_id in ids):
        raise UnableToUseKeys(f"密钥 {purpose.value} 的编号有误：应为 1 至 16 位字母或数字且不重复。")
    if any(len(secret) < SHORTEST_SECRET for _, secret in pairs):
        raise UnableToUseKeys(f"密钥 {purpose.value} 过短：每个密钥至少 {SHORTEST_SECRET} 个字符。")
    return KeyRing(purpose, tuple(pairs))


@lru_cache(maxsize=256)
def _derive(secret: str, label: str, length: int) -> bytes:
    derivation = HKDF(algorithm=hashes.SM3(), length=length, salt=None, info=label.encode())
    return derivation.derive(secret.encode())


def sm3(data: bytes) -> bytes:
    """SM3 digest, 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """HMAC over SM3, 32 bytes."""
    mac = hmac_primitive.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


def same(left: bytes | str, right: bytes | str) -> bool:
    """Equality in constant time."""
    as_bytes = [value.encode() if isinstance(value, str) else value for value in (left, right)]
    return hmac.compare_digest(*as_bytes)


def encrypt(plain: str, *, context: str) -> str:
    """``<key id>.<base64url of nonce, ciphertext and tag>`` of a text, bound to ``context``.

    ``context`` names the place (for instance ``accounts.user.phone/17``): the same ciphertext copied to
    another row or column is refused on reading.
    """
    keys = ring(Purpose.FIELD)
    nonce = os.urandom(NONCE_BYTES)
    cipher = Cipher(algorithms.SM4(keys.key("sm4-gcm", length=16)), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(_bound(keys.current, context))
    body = cipher.update(plain.encode()) + cipher.finalize()
    return f"{keys.current}.{base64.urlsafe_b64encode(nonce + body + cipher.tag).decode().rstrip('=')}"


def decrypt(stored: str, *, context: str) -> str:
    """The text behind :func:`encrypt`. Raises :class:`UnableToReadCiphertext` if anything was altered."""
    key_id, _, encoded = stored.partition(".")
    keys = ring(Purpose.FIELD)
    if key_id not in keys.key_ids:
        raise UnableToReadCiphertext(f"加密数据所用的密钥编号 {key_id[:16]} 不在密钥环中。")
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        nonce, body, tag = raw[:NONCE_BYTES], raw[NONCE_BYTES:-TAG_BYTES], raw[-TAG_BYTES:]
        key = keys.key("sm4-gcm", key_id, length=16)
        cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(_bound(key_id, context))
        return (cipher.update(body) + cipher.finalize()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnableToReadCiphertext("加密数据校验未通过，可能已被改动。") from error


def _bound(key_id: str, context: str) -> bytes:
    return f"{key_id}\x00{context}".encode()


def is_current(stored: str) -> bool:
    """False if the value was encrypted with an older key and should be renewed."""
    return stored.partition(".")[0] == ring(Purpose.FIELD).current


def renew(stored: str, *, context: str) -> str:
    """The same text under the current key."""
    return stored if is_current(stored) else encrypt(decrypt(stored, context=context), context=context)


def blind_index(value: str, *, context: str, key_id: str | None = None) -> str:
    """``<key id>.<64 hex digits>``: equal texts of one context give equal indexes, nothing else shows.

    The text must already be in its canonical spelling (case, width, blanks).
    """
    keys = ring(Purpose.INDEX)
    wanted = key_id or keys.current
    mac = hmac_sm3(keys.key("blind-index", wanted), f"{context}\x00{value}".encode())
    return f"{wanted}.{mac.hex()}"


def blind_indexes(value: str, *, context: str) -> list[str]:
    """The index under every key of the ring: what to search for while a rotation is under way."""
    return [blind_index(value, context=context, key_id=key_id) for key_id in ring(Purpose.INDEX).key_ids]
