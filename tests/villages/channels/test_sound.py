"""How long a recording lasts is read from its bytes, whatever the phone says."""

import struct

import pytest

from villages.engine.sound import kind_of_sound, seconds_of


def element(name: str, data: bytes, size: bytes | None = None) -> bytes:
    """One EBML element; ``size`` overrides, as a streaming recorder writes an unknown one."""
    return bytes.fromhex(name) + (size or (0x10000000 | len(data)).to_bytes(4, "big")) + data


def webm(seconds: float, *, is_streamed: bool = True) -> bytes:
    """What a browser's recorder writes: clusters of blocks every 60 ms, no length in the head."""
    unknown = b"\x01" + b"\xff" * 7
    info = element("2AD7B1", (1_000_000).to_bytes(3, "big"))
    if not is_streamed:
        info += element("4489", struct.pack(">d", seconds * 1000))
    clusters, at = b"", 0
    while at < seconds * 1000:
        blocks = b"".join(
            element("A3", b"\x81" + struct.pack(">h", offset) + b"\x80sound")
            for offset in range(0, min(1000, int(seconds * 1000) - at), 60)
        )
        clusters += element("1F43B675", element("E7", at.to_bytes(4, "big")) + blocks, unknown)
        at += 1000
    return element("1A45DFA3", b"\x42\x82\x84webm") + element(
        "18538067", element("1549A966", info) + clusters, unknown
    )


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


def mp4(seconds: float, *, is_fragmented: bool) -> bytes:
    """An Apple recorder's file: the length in its head, or nought there and the length in the fragments."""
    rate, frames = 48000, int(seconds * 48000 / 1024)
    told = 0 if is_fragmented else int(seconds * 1000)
    mvhd = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, told) + bytes(80))
    mdhd = box(b"mdhd", bytes(12) + struct.pack(">II", rate, 0) + bytes(4))
    trex = box(b"mvex", box(b"trex", bytes(4) + struct.pack(">IIIII", 1, 1, 1024, 0, 0)))
    moov = box(b"moov", mvhd + box(b"trak", box(b"mdia", mdhd)) + trex)
    trun = box(b"trun", bytes(4) + struct.pack(">I", frames))
    moof = box(b"moof", box(b"traf", box(b"tfhd", bytes(4) + struct.pack(">I", 1)) + trun))
    return box(b"ftyp", b"iso5    ") + moov + (moof + box(b"mdat", b"sound") if is_fragmented else b"")


def ogg(seconds: float) -> bytes:
    def page(position: int, data: bytes) -> bytes:
        return b"OggS\x00\x00" + struct.pack("<q", position) + bytes(13) + data

    return page(0, b"OpusHead\x01\x01" + struct.pack("<H", 312)) + page(int(seconds * 48000) + 312, b"sound")


def wav(seconds: float) -> bytes:
    data = bytes(int(seconds * 16000))
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVE"
        + head
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )


def mp3(seconds: float) -> bytes:
    """Frames of 1152 samples at 44,100 and 64 kbit/s: 208 bytes each."""
    frame = b"\xff\xfb\x50\x00" + bytes(204)
    return b"ID3\x04\x00\x00\x00\x00\x00\x02\x00\x00" + frame * round(seconds * 44100 / 1152)


def aac(seconds: float) -> bytes:
    """Frames of 1024 samples at 48,000, 100 bytes each."""
    frame = bytes([0xFF, 0xF1, 0x4C, 0x80, 100 >> 3, (100 & 7) << 5, 0]) + bytes(93)
    return frame * round(seconds * 48000 / 1024)


RECORDED = {
    "webm of an Android browser": (webm(12), "audio/webm"),
    "webm with a length": (webm(12, is_streamed=False), "audio/webm"),
    "mp4 of an Apple recorder": (mp4(12, is_fragmented=False), "audio/mp4"),
    "mp4 of an Apple browser": (mp4(12, is_fragmented=True), "audio/mp4"),
    "ogg": (ogg(12), "audio/ogg"),
    "wav": (wav(12), "audio/wav"),
    "mp3": (mp3(12), "audio/mpeg"),
    "aac": (aac(12), "audio/aac"),
}


@pytest.mark.parametrize("name", RECORDED)
def test_what_phones_record_is_known_and_measured(name: str) -> None:
    content, mime = RECORDED[name]
    assert kind_of_sound(content) == mime
    assert seconds_of(content, mime) == pytest.approx(12, abs=0.1)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_that_broke_off_or_is_no_sound_raises_nothing(name: str) -> None:
    content, mime = RECORDED[name]
    for end in range(min(len(content), 400)):
        seconds_of(content[:end], mime)
    seconds_of(content[:4] + b"\xff" * 60, mime)


@pytest.mark.parametrize("content", [b"", b"not a sound", b"\x89PNG\r\n\x1a\n", b"<html>"])
def test_what_is_no_sound_has_no_kind(content: bytes) -> None:
    assert kind_of_sound(content) == ""


def test_amr_is_told_from_what_browsers_play_also_inside_a_3gp() -> None:
    assert kind_of_sound(b"#!AMR\nsound") == "audio/amr"
    assert kind_of_sound(box(b"ftyp", b"3gp4    ") + box(b"moov", b"....samr....")) == "audio/amr"
