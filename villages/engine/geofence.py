"""Coordinates and fences. Phones measure in WGS-84, maps sold in China draw in GCJ-02 or BD-09; mixing them errs
by hundreds of metres. A coordinate therefore always names its datum, is converted once at the edge, and fences
are kept in WGS-84.

The GCJ-02 offset is the commonly published polynomial with sine terms over the Krasovsky ellipsoid; its inverse
is found by repeated correction, exact to a centimetre within China.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

EARTH_RADIUS_M = 6_371_008.8
KRASOVSKY_A = 6_378_245.0
KRASOVSKY_EE = 0.006_693_421_622_965_943
BD_STEP = math.pi * 3000.0 / 180.0
ACCURACY_LIMIT_M = 200.0


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Presence(StrEnum):
    """``UNKNOWN`` is not a failure: a phone indoors may err by a kilometre."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    UNASKED = "unasked"


@dataclass(frozen=True)
class Position:
    """Degrees, and the radius in metres within which the phone believes itself to be."""

    latitude: float
    longitude: float
    datum: Datum = Datum.WGS84
    accuracy_m: float | None = None


def to_wgs84(position: Position) -> Position:
    """The same place in WGS-84; accuracy is kept."""
    latitude, longitude = position.latitude, position.longitude
    if position.datum is Datum.BD09:
        latitude, longitude = _bd09_to_gcj02(latitude, longitude)
    if position.datum is not Datum.WGS84:
        latitude, longitude = _gcj02_to_wgs84(latitude, longitude)
    return Position(latitude, longitude, Datum.WGS84, position.accuracy_m)


def from_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    """Latitude and longitude of a WGS-84 place as ``datum`` writes it."""
    if datum is Datum.WGS84:
        return latitude, longitude
    gcj = _wgs84_to_gcj02(latitude, longitude)
    return gcj if datum is Datum.GCJ02 else _gcj02_to_bd09(*gcj)


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance in metres between two (latitude, longitude), haversine."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, place)) for place in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def judge_presence(
    position: Position | None, fence: tuple[float, float] | None, radius_m: float
) -> tuple[Presence, float | None]:
    """Whether a phone was within ``radius_m`` of a fence's centre (WGS-84), and its distance in metres.

    Inside when distance less accuracy is within the radius. An accuracy worse than 200 m says nothing.
    """
    if fence is None:
        return Presence.UNASKED, None
    if position is None:
        return Presence.UNKNOWN, None
    here = to_wgs84(position)
    away = distance_m((here.latitude, here.longitude), fence)
    accuracy = here.accuracy_m
    if accuracy is None or accuracy > ACCURACY_LIMIT_M or accuracy < 0:
        return Presence.UNKNOWN, away
    return (Presence.INSIDE if away - accuracy <= radius_m else Presence.OUTSIDE), away


def _wgs84_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    if not _in_china(latitude, longitude):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    shift_lat = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + _waves(x, y, 320)
    )
    shift_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + _waves(x, x, 300)
    radians = math.radians(latitude)
    magic = 1 - KRASOVSKY_EE * math.sin(radians) ** 2
    root = math.sqrt(magic)
    shift_lat = math.degrees(shift_lat / (KRASOVSKY_A * (1 - KRASOVSKY_EE) / (magic * root)))
    shift_lon = math.degrees(shift_lon / (KRASOVSKY_A / root * math.cos(radians)))
    return latitude + shift_lat, longitude + shift_lon


def _waves(x: float, y: float, last: float) -> float:
    """The sine terms: a quick one along x, and slow ones along the offset's own axis."""
    pi = math.pi
    total = (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    total += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    first = 160.0 if last == 320 else 150.0
    return total + (first * math.sin(y / 12.0 * pi) + last * math.sin(y * pi / 30.0)) * 2.0 / 3.0


def _gcj02_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    guess_lat, guess_lon = latitude, longitude
    for _ in range(6):
        drawn_lat, drawn_lon = _wgs84_to_gcj02(guess_lat, guess_lon)
        guess_lat, guess_lon = guess_lat + latitude - drawn_lat, guess_lon + longitude - drawn_lon
    return guess_lat, guess_lon


def _gcj02_to_bd09(latitude: float, longitude: float) -> tuple[float, float]:
    length = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * BD_STEP)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * BD_STEP)
    return length * math.sin(angle) + 0.006, length * math.cos(angle) + 0.0065


def _bd09_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = longitude - 0.0065, latitude - 0.006
    length = math.hypot(x, y) - 0.00002 * math.sin(y * BD_STEP)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * BD_STEP)
    return length * math.sin(angle), length * math.cos(angle)


def _in_china(latitude: float, longitude: float) -> bool:
    return 0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347
