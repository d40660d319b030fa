"""The code on an organiser's screen: it changes every quarter of a minute and tells nothing but where one stands.

``1.<key>.<activity>.<moment>.<slot>.<nonce>.<mac>``: version, key number, activity, ``in`` or ``out``, number of
the 15-second slot since 1970, a short random word, and an HMAC-SHA-256 over all of it cut to 80 bits. The secret
belongs to one activity and never leaves the server. A code needs not be used up: a person's claim on an activity
is unique, so showing it twice earns nothing twice.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

VERSION = "1"
SLOT_SECONDS = 15
TOLERANCE_SLOTS = 1
MAC_BYTES = 10
_FORM = re.compile(
    r"1\.(\d{1,4})\.(\d{1,18})\.(in|out|place)\.(\d{1,12})\.([A-Za-z0-9_-]{1,16})\.([A-Z2-7]{16})"
)


class Moment(StrEnum):
    """What a code says: arrived, left, or (printed at a door) merely here."""

    IN = "in"
    OUT = "out"
    PLACE = "place"


class Verdict(StrEnum):
    """What a shown code is worth."""

    GOOD = "good"
    MALFORMED = "malformed"
    FORGED = "forged"
    STALE = "stale"
    EARLY = "early"


@dataclass(frozen=True)
class Code:
    """The parts of a code as written."""

    key: int
    subject: int
    moment: Moment
    slot: int
    nonce: str
    mac: str


def slot_of(epoch_seconds: float) -> int:
    """Number of the slot in which a moment lies."""
    return int(epoch_seconds // SLOT_SECONDS)


def write_code(secret: bytes, *, key: int, subject: int, moment: Moment, slot: int, nonce: str) -> str:
    """The code's text. ``subject`` is the activity's number, or a place's for :data:`Moment.PLACE`."""
    body = f"{VERSION}.{key}.{subject}.{moment.value}.{slot}.{nonce}"
    return f"{body}.{_mac(secret, body)}"


def read_code(text: str) -> Code | None:
    """The parts of ``text``, or None if it has not a code's form. Nothing is verified yet."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    key, subject, moment, slot, nonce, mac = found.groups()
    return Code(int(key), int(subject), Moment(moment), int(slot), nonce, mac)


def judge_code(text: str, secret: bytes, *, epoch_seconds: float) -> Verdict:
    """Whether ``text`` was shown at about that moment; a place's printed code has no moment."""
    code = read_code(text)
    if code is None:
        return Verdict.MALFORMED
    body = text.strip().rpartition(".")[0]
    if not hmac.compare_digest(_mac(secret, body), code.mac):
        return Verdict.FORGED
    if code.moment is Moment.PLACE:
        return Verdict.GOOD
    late = slot_of(epoch_seconds) - code.slot
    if late > TOLERANCE_SLOTS:
        return Verdict.STALE
    return Verdict.EARLY if late < -TOLERANCE_SLOTS else Verdict.GOOD


def _mac(secret: bytes, body: str) -> str:
    digest = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:MAC_BYTES]).decode()
