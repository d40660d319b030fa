"""What a sound file is and how long it lasts, read from its bytes: neither name nor phone is believed.

Phones record mp4 (Apple, AAC), webm (Android, Opus), ogg (Firefox); recorders' files come as m4a, mp3, wav, aac. A
recording that was streamed says no length in its head: then the times of its parts are summed.
"""

import struct
from collections.abc import Iterator

PLAYED = ("audio/webm", "audio/ogg", "audio/mp4", "audio/wav", "audio/mpeg", "audio/aac")
AMR = "audio/amr"
_MP3_FRAME = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_MP3_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = {1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 2.5: (11025, 12000, 8000)}
_OPUS_RATE = 48000


def kind_of_sound(content: bytes) -> str:
    """The media type of a sound by its first bytes; '' if it is none we know. AMR in a 3gp counts as AMR."""
    if content[:4] == b"\x1aE\xdf\xa3":
        return "audio/webm"
    if content[:4] == b"OggS":
        return "audio/ogg"
    if content[4:8] == b"ftyp":
        return AMR if b"samr" in content or b"sawb" in content else "audio/mp4"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    if content[:5] == b"#!AMR":
        return AMR
    if content[:3] == b"ID3" or content[:2] in _MP3_FRAME:
        return "audio/mpeg"
    return "audio/aac" if content[:2] in (b"\xff\xf1", b"\xff\xf9") else ""


def seconds_of(content: bytes, mime: str) -> float | None:
    """Length in seconds; None when the bytes tell none, which no playable recording does."""
    readers = {
        "audio/webm": _webm, "audio/ogg": _ogg, "audio/mp4": _mp4, "audio/wav": _wav, "audio/mpeg": _mp3,
        "audio/aac": _adts,
    }  # fmt: skip
    try:
        told = readers[mime](content)
    except (struct.error, IndexError, KeyError, ZeroDivisionError):
        return None
    return told if told and told > 0 else None


# -- webm: EBML elements; the last block's time, cluster by cluster ----------------------------------
_SEGMENT, _CLUSTER, _TIMECODE, _SIMPLE_BLOCK, _GROUP, _BLOCK = (
    0x18538067, 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1,
)  # fmt: skip
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_OPENED = {_SEGMENT, _CLUSTER, _GROUP, _INFO}


def _webm(content: bytes) -> float | None:
    scale, cluster, last, told = 1_000_000, 0, None, 0.0
    times: set[int] = set()
    for name, data in _elements(content):
        if name == _SCALE:
            scale = int.from_bytes(data, "big")
        elif name == _DURATION:
            told = struct.unpack(">f" if len(data) == 4 else ">d", data)[0]
        elif name == _TIMECODE:
            cluster = int.from_bytes(data, "big")
        elif name in (_SIMPLE_BLOCK, _BLOCK):
            _, used = _vint(data, 0, keep_mark=False)
            last = cluster + struct.unpack_from(">h", data, used)[0]
            times.add(last)
    if last is None:
        return None
    ordered = sorted(times)
    # A block lasts as long as from one to the next.
    block = ordered[-1] - ordered[-2] if len(ordered) > 1 else 20
    return max(told, ordered[-1] - min(ordered[0], 0) + block) * scale / 1e9


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element, those that hold others opened; an unknown size reaches to the end, as recorders write it."""
    at, end = 0, len(content)
    while at < end:
        name, at = _vint(content, at, keep_mark=True)
        start = at
        size, at = _vint(content, at, keep_mark=False)
        is_unknown = size == (1 << 7 * (at - start)) - 1
        if name in _OPENED:
            continue
        if is_unknown:
            return
        yield name, content[at : at + size]
        at += size


def _vint(content: bytes, at: int, *, keep_mark: bool) -> tuple[int, int]:
    """A number of variable length and where it ends."""
    first = content[at]
    length = 9 - first.bit_length()
    if length > 8:
        raise IndexError
    value = int.from_bytes(content[at : at + length], "big")
    return (value if keep_mark else value & ((1 << 7 * length) - 1)), at + length


# -- mp4: boxes; the head's duration, else the fragments' ---------------------------------------------
def _mp4(content: bytes) -> float | None:
    head, fragments, rate, default = 0.0, 0, 0, 0
    for name, data in _boxes(content, 0, len(content)):
        match name:
            case b"mvhd":
                scale, duration = _scale_and_duration(data)
                head = duration / scale if duration not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF) else 0.0
            case b"mdhd":
                rate = _scale_and_duration(data)[0]
            case b"trex":
                default = struct.unpack_from(">I", data, 12)[0]
            case b"tfhd":
                default = _tfhd_duration(data) or default
            case b"trun":
                fragments += _run_duration(data, default)
    return max(head, fragments / rate if rate else 0.0)


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", content, at)
        body = at + 8
        if size == 1:
            size, body = struct.unpack_from(">Q", content, at + 8)[0], at + 16
        stop = min(at + size if size else end, end)
        if stop <= at:
            return
        if name in (b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf"):
            yield from _boxes(content, body, stop)
        else:
            yield name, content[body:stop]
        at = stop


def _scale_and_duration(data: bytes) -> tuple[int, int]:
    """Of ``mvhd`` and ``mdhd``: version 1 has wide times."""
    return struct.unpack_from(">IQ", data, 20) if data[0] == 1 else struct.unpack_from(">II", data, 12)


def _tfhd_duration(data: bytes) -> int:
    flags = int.from_bytes(data[1:4], "big")
    at = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return int(struct.unpack_from(">I", data, at)[0]) if flags & 0x8 else 0


def _run_duration(data: bytes, default: int) -> int:
    flags, count = int.from_bytes(data[1:4], "big"), struct.unpack_from(">I", data, 4)[0]
    if not flags & 0x100:
        return int(count * default)
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    step = 4 * sum(1 for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit)
    return sum(struct.unpack_from(">I", data, at + step * number)[0] for number in range(count))


# -- the plain ones ----------------------------------------------------------------------------------
def _ogg(content: bytes) -> float | None:
    """The last page's position; Opus counts 48,000 a second whatever was recorded, Vorbis says its rate."""
    last = content.rfind(b"OggS")
    position = struct.unpack_from("<q", content, last + 6)[0]
    if (vorbis := content.find(b"\x01vorbis")) >= 0:
        return float(position / struct.unpack_from("<I", content, vorbis + 12)[0])
    head = content.find(b"OpusHead")
    skipped = struct.unpack_from("<H", content, head + 10)[0] if head >= 0 else 0
    return float(max(position - skipped, 0) / _OPUS_RATE)


def _wav(content: bytes) -> float | None:
    """Bytes of sound by bytes a second; a streamed head says a size that cannot be."""
    rate, at = 0, 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        if name == b"fmt ":
            rate = struct.unpack_from("<I", content, at + 16)[0]
        if name == b"data":
            return float(min(size, len(content) - at - 8) / rate)
        at += 8 + size + size % 2
    return None


def _mp3(content: bytes) -> float | None:
    """Frame after frame: the rate may change from one to the next."""
    at = 0
    if content[:3] == b"ID3":
        size = content[6] << 21 | content[7] << 14 | content[8] << 7 | content[9]
        at = 10 + size
    seconds = 0.0
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] & 0xE0 == 0xE0:
        version = {3: 1, 2: 2, 0: 2.5}[content[at + 1] >> 3 & 3]
        kbps = _MP3_KBPS[1 if version == 1 else 2][content[at + 2] >> 4]
        rate = _MP3_RATES[version][content[at + 2] >> 2 & 3]
        samples = 1152 if version == 1 else 576
        seconds += samples / rate
        at += samples // 8 * kbps * 1000 // rate + (content[at + 2] >> 1 & 1)
        if not kbps:
            return None
    return seconds


def _adts(content: bytes) -> float | None:
    at, seconds = 0, 0.0
    while at + 7 <= len(content) and content[at] == 0xFF and content[at + 1] & 0xF0 == 0xF0:
        size = (content[at + 3] & 3) << 11 | content[at + 4] << 3 | content[at + 5] >> 5
        if size < 7:
            return None
        seconds += 1024 / _ADTS_RATES[content[at + 2] >> 2 & 15]
        at += size
    return seconds
