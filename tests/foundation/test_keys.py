"""Keys and ciphers against the standards' own vectors, and against tampering."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from foundation import keys

OLD, NEW = "an-old-secret-of-some-length", "a-newer-secret-of-some-length"


@pytest.fixture(autouse=True)
def secrets(settings: object) -> None:
    settings.PORTAL_KEYS = {"FIELD_KEY": OLD, "INDEX_KEY": OLD, "AUDIT_KEY": OLD}  # type: ignore[attr-defined]


def test_sm3_gives_the_digest_of_the_standard() -> None:
    assert keys.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert keys.sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_hmac_sm3_gives_the_vector_of_the_standard() -> None:
    message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
    expected = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
    assert keys.hmac_sm3(bytes(range(1, 33)), message).hex() == expected


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_sm3_agrees_with_its_definition(key: bytes, data: bytes) -> None:
    assert keys.hmac_sm3(key, data) == _plain_hmac_sm3(key, data)


def _plain_hmac_sm3(key: bytes, data: bytes) -> bytes:
    """RFC 2104 spelled out: H((K ^ opad) || H((K ^ ipad) || data)) with 64-byte blocks."""
    block = (keys.sm3(key) if len(key) > 64 else key).ljust(64, b"\x00")
    inner = keys.sm3(bytes(b ^ 0x36 for b in block) + data)
    return keys.sm3(bytes(b ^ 0x5C for b in block) + inner)


def test_sm4_gives_the_block_of_the_standard() -> None:
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    cipher = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()
    assert (cipher.update(block) + cipher.finalize()).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_gcm_gives_the_vector_of_rfc_8998() -> None:
    nonce = bytes.fromhex("00001234567800000000abcd")
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([b]) * 8 for b in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(aad)
    body = cipher.update(plain) + cipher.finalize()
    assert body.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert cipher.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


@given(st.text(max_size=300))
def test_what_was_encrypted_is_read_back(text: str) -> None:
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        return
    assert keys.decrypt(keys.encrypt(text, context="t.c/1"), context="t.c/1") == text


def test_equal_texts_have_unequal_ciphertexts() -> None:
    assert keys.encrypt("330282", context="c") != keys.encrypt("330282", context="c")


def test_every_altered_byte_is_detected() -> None:
    stored = keys.encrypt("13800000000", context="c")
    key_id, encoded = stored.split(".")
    raw = base64.urlsafe_b64decode(encoded + "==")
    for place in range(len(raw)):
        altered = bytes([*raw[:place], raw[place] ^ 1, *raw[place + 1 :]])
        with pytest.raises(keys.UnableToReadCiphertext):
            keys.decrypt(f"{key_id}.{base64.urlsafe_b64encode(altered).decode()}", context="c")


@pytest.mark.parametrize("stored", ["", "1", "1.", "1.AAAA", "9.AAAA", "1.不是密文", "plain text"])
def test_what_is_no_ciphertext_is_refused(stored: str) -> None:
    with pytest.raises(keys.UnableToReadCiphertext):
        keys.decrypt(stored, context="c")


def test_a_ciphertext_moved_to_another_row_is_detected() -> None:
    stored = keys.encrypt("13800000000", context="accounts.user.phone/1")
    with pytest.raises(keys.UnableToReadCiphertext):
        keys.decrypt(stored, context="accounts.user.phone/2")


def test_after_a_rotation_old_values_are_read_and_renewed_under_the_new_key(settings: object) -> None:
    stored = keys.encrypt("值", context="c")
    settings.PORTAL_KEYS = {"FIELD_KEY": f"2:{NEW},1:{OLD}"}  # type: ignore[attr-defined]
    assert keys.decrypt(stored, context="c") == "值"
    assert not keys.is_current(stored)
    renewed = keys.renew(stored, context="c")
    settings.PORTAL_KEYS = {"FIELD_KEY": f"2:{NEW}"}  # type: ignore[attr-defined]
    assert keys.decrypt(renewed, context="c") == "值"
    with pytest.raises(keys.UnableToReadCiphertext, match="不在密钥环中"):
        keys.decrypt(stored, context="c")


def test_a_blind_index_finds_equal_texts_of_one_context_only() -> None:
    index = keys.blind_index("330282199001011234", context="id")
    assert index == keys.blind_index("330282199001011234", context="id")
    assert index != keys.blind_index("330282199001011234", context="phone")
    assert index != keys.blind_index("330282199001011235", context="id")


def test_while_a_rotation_is_under_way_the_old_index_is_searched_too(settings: object) -> None:
    index = keys.blind_index("值", context="c")
    settings.PORTAL_KEYS = {"INDEX_KEY": f"2:{NEW},1:{OLD}"}  # type: ignore[attr-defined]
    assert keys.blind_indexes("值", context="c") == [keys.blind_index("值", context="c"), index]


@pytest.mark.parametrize(
    "value", ["", "short", f"1:{OLD},1:{NEW}", f"a b:{OLD}", f"1:{OLD},2:short", f"1:{OLD},"]
)
def test_a_badly_written_secret_is_refused_without_showing_it(settings: object, value: str) -> None:
    settings.PORTAL_KEYS = {"FIELD_KEY": value}  # type: ignore[attr-defined]
    with pytest.raises(keys.UnableToUseKeys) as refusal:
        keys.encrypt("x", context="c")
    assert OLD not in str(refusal.value)


def test_one_secret_gives_different_keys_for_different_uses() -> None:
    ring = keys.ring(keys.Purpose.AUDIT)
    assert len({ring.key("entry"), ring.key("checkpoint"), keys.ring(keys.Purpose.FIELD).key("entry")}) == 3


def test_a_ring_does_not_show_its_secrets() -> None:
    assert OLD not in repr(keys.ring(keys.Purpose.AUDIT))
