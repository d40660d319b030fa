"""The quiet room of the channels: rotating codes, places, pictures, trust, speech."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from villages.engine import geofence, picture_hash, rotating_code, speech
from villages.engine.geofence import Datum, Position, Presence
from villages.engine.picture_hash import Fingerprint, Likeness
from villages.engine.rotating_code import Moment, Verdict
from villages.engine.trust import Signs, trust_of

SECRET, NOW = b"a secret of one activity", 1_795_000_000.0


def code(slot: int, moment: Moment = Moment.IN, subject: int = 17) -> str:
    return rotating_code.write_code(SECRET, key=1, subject=subject, moment=moment, slot=slot, nonce="n0nce")


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [(0, Verdict.GOOD), (-1, Verdict.GOOD), (1, Verdict.GOOD), (-2, Verdict.STALE), (2, Verdict.EARLY)],
)
def test_a_code_is_good_in_its_slot_and_the_neighbours(shift: int, verdict: Verdict) -> None:
    text = code(rotating_code.slot_of(NOW) + shift)
    assert rotating_code.judge_code(text, SECRET, epoch_seconds=NOW) is verdict


@given(st.integers(0, 200), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_altered_code_is_good(place: int, other: str) -> None:
    text = code(rotating_code.slot_of(NOW))
    place %= len(text)
    altered = text[:place] + other + text[place + 1 :]
    if altered != text:
        assert rotating_code.judge_code(altered, SECRET, epoch_seconds=NOW) in (
            Verdict.FORGED,
            Verdict.MALFORMED,
        )


def test_a_code_of_another_secret_is_forged() -> None:
    text = code(rotating_code.slot_of(NOW))
    assert rotating_code.judge_code(text, b"another", epoch_seconds=NOW) is Verdict.FORGED


def test_a_printed_code_has_no_moment() -> None:
    assert rotating_code.judge_code(code(0, Moment.PLACE), SECRET, epoch_seconds=NOW) is Verdict.GOOD


def test_a_map_point_comes_back_to_the_same_place_on_earth() -> None:
    # Tiananmen in both datums, as widely published: some 550 metres apart.
    drawn = geofence.from_wgs84(39.908823, 116.397470, Datum.GCJ02)
    assert drawn == pytest.approx((39.910225, 116.403714), abs=2e-4)
    assert 400 < geofence.distance_m((39.908823, 116.397470), drawn) < 700


@given(st.floats(20, 45), st.floats(80, 125), st.sampled_from(list(Datum)))
def test_every_datum_goes_there_and_back_within_a_metre(
    latitude: float, longitude: float, datum: Datum
) -> None:
    drawn = geofence.from_wgs84(latitude, longitude, datum)
    back = geofence.to_wgs84(Position(*drawn, datum))
    assert geofence.distance_m((latitude, longitude), (back.latitude, back.longitude)) < 1


@pytest.mark.parametrize(
    ("metres", "accuracy", "presence"),
    [
        (100, 20, Presence.INSIDE), (170, 30, Presence.INSIDE), (400, 30, Presence.OUTSIDE),
        (100, 250, Presence.UNKNOWN), (5000, None, Presence.UNKNOWN),
    ],
)  # fmt: skip
def test_a_fence_believes_a_phone_as_far_as_it_knows(
    metres: float, accuracy: float, presence: Presence
) -> None:
    north = 30.3 + metres / 111_195
    told, away = geofence.judge_presence(Position(north, 121.4, Datum.WGS84, accuracy), (30.3, 121.4), 150)
    assert told is presence
    assert away == pytest.approx(metres, rel=0.01)


def test_without_a_fence_nobody_is_outside() -> None:
    assert geofence.judge_presence(None, None, 150) == (Presence.UNASKED, None)
    assert geofence.judge_presence(None, (30.3, 121.4), 150)[0] is Presence.UNKNOWN


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 63), max_size=7, unique=True))
def test_prints_within_seven_bits_share_a_band(value: int, flipped: list[int]) -> None:
    other = value
    for bit in flipped:
        other ^= 1 << bit
    assert set(picture_hash.bands_of(value)) & set(picture_hash.bands_of(other))
    assert picture_hash.distance(value, other) == len(flipped)


@given(st.integers(0, 2**64 - 1))
def test_a_print_survives_the_database(value: int) -> None:
    signed = picture_hash.to_signed(value)
    assert -(2**63) <= signed < 2**63
    assert picture_hash.to_unsigned(signed) == value


def test_brighter_copies_are_near_and_noise_is_another_picture() -> None:
    chance = np.random.default_rng(5)
    one = chance.integers(0, 200, (32, 32), dtype=np.uint8)
    brighter, other = one + np.uint8(20), chance.integers(0, 200, (32, 32), dtype=np.uint8)

    def print_of(grey: np.ndarray) -> Fingerprint:
        return Fingerprint(picture_hash.dhash_of(grey[::4, :27:3]), picture_hash.phash_of(grey))

    assert picture_hash.likeness_of(print_of(one), print_of(brighter)) in (Likeness.SAME, Likeness.NEAR)
    assert picture_hash.likeness_of(print_of(one), print_of(other)) is Likeness.OTHER


def test_trust_falls_with_every_bad_sign_and_stays_a_share() -> None:
    good = trust_of(Signs(presence=Presence.INSIDE, record_approved=10))
    bad = trust_of(
        Signs(
            presence=Presence.OUTSIDE,
            likeness="near",
            has_challenge=False,
            hours_late=20,
            people_on_device_today=5,
        )
    )
    assert bad.score == 0 < 70 < good.score <= 100
    assert [points for points, _ in bad.reasons] == sorted((p for p, _ in bad.reasons), key=lambda p: -abs(p))


def test_an_unknown_place_costs_little_and_a_wrong_one_much() -> None:
    scores = [trust_of(Signs(presence=presence)).score for presence in (Presence.UNKNOWN, Presence.OUTSIDE)]
    assert scores == [65, 35]


def test_the_same_words_in_another_order_are_alike_and_others_are_not() -> None:
    one = "建议在村口加装两盏路灯，晚上老人散步不方便。"
    assert speech.likeness(one, "村口加装两盏路灯，建议，晚上老人散步不方便") > 0.8
    assert speech.likeness(one, "希望每周放一场电影") < 0.2
    assert speech.likeness(one, one) == 1.0


@pytest.mark.parametrize("text", ["", "好", "啊啊啊啊啊啊", "。。。。。。", "好的吧"])
def test_some_words_say_nothing(text: str) -> None:
    assert speech.says_nothing(text)


def test_drawn_scenes_of_the_demonstration_differ_from_each_other() -> None:
    from villages.demo.pictures import draw_scene
    from villages.services.photos import read_picture

    chance = random.Random(3)
    prints = [read_picture(draw_scene("yard", chance)).print for _ in range(4)]
    for place, one in enumerate(prints):
        for other in prints[place + 1 :]:
            assert picture_hash.likeness_of(one, other) not in (Likeness.SAME, Likeness.NEAR)
