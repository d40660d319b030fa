"""Photos: near duplicates, pairs, challenge, what phones write into them."""

import io
import random
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from tests.villages.channels.orders import order, photo, photo_activity, send_photo
from tests.villages.worlds import World, make_resident, make_world
from villages.demo.pictures import draw_scene
from villages.services.taps import UnableToTap, Upload, record_tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_smaller_and_recompressed_copy_is_caught_even_from_a_neighbour(world: World) -> None:
    first = send_photo(world, photo_activity(world), photo(1))
    assert first.state == "waiting" and first.pieces.get().has_challenge
    neighbour = make_resident(world.village, "胡阿娣")
    copy = send_photo(world, photo_activity(world), photo(1, quality=55), resident=neighbour)
    assert (copy.state, copy.reason_code) == ("refused", "duplicate_photo")
    assert copy.pieces.get().twin_id == first.pieces.get().pk
    assert send_photo(world, photo_activity(world), photo(2)).state == "waiting"


def test_a_before_may_look_like_the_past_and_an_after_must_differ_from_it(world: World) -> None:
    send_photo(world, photo_activity(world), photo(1))
    pair = photo_activity(world, mode="pair", photos_wanted=2)
    assert send_photo(world, pair, photo(1, "before"), photo(3, "after")).state == "waiting"
    another = photo_activity(world, mode="pair", photos_wanted=2)
    with pytest.raises(UnableToTap, match="几乎相同"):
        send_photo(world, another, photo(5, "before"), photo(5, "after"))


def test_a_photo_without_challenge_and_one_that_is_no_picture(world: World) -> None:
    plain = order(world, photo_activity(world), {}, files=(photo(4),))
    tap = record_tap(plain, now=timezone.now()).tap
    assert not tap.pieces.get().has_challenge
    assert any("未在页面内拍摄" in text for _, text in tap.trust_reasons)
    with pytest.raises(UnableToTap, match="无法打开"):
        send_photo(world, photo_activity(world), Upload("photo1", "image/jpeg", b"<svg/>"))


def test_exif_is_kept_apart_and_stripped_from_the_picture(world: World) -> None:
    from foundation import files

    exif = Image.Exif()
    exif[306] = "2020:01:01 08:00:00"
    out = io.BytesIO()
    Image.open(io.BytesIO(draw_scene("yard", random.Random(9)))).save(out, "JPEG", exif=exif)
    tap = send_photo(world, photo_activity(world), Upload("photo1", "image/jpeg", out.getvalue()))
    piece = tap.pieces.get()
    assert tap.state == "waiting" and piece.exif_taken_at is not None, (
        "a hint raises suspicion and refuses nothing"
    )
    assert any("照片自带时间" in text for _, text in tap.trust_reasons)
    with files.store().open(piece.digest) as handle:
        assert not Image.open(handle).getexif()


def camera_file(kind: str, **more: Any) -> Upload:
    """A photo as a phone's camera writes it: 400 by 300, held upright, red above blue."""
    picture = Image.new("RGB", (400, 300), "red")
    picture.paste("blue", (0, 0, 200, 300))
    exif = Image.Exif()
    exif[274] = 6
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    picture.save(out, kind, exif=exif, **more)
    return Upload("photo1", "image/jpeg", out.getvalue())


@pytest.mark.parametrize(
    ("kind", "more"),
    [("JPEG", {}), ("MPO", {"save_all": True, "append_images": [Image.new("RGB", (400, 300))]})],
)
def test_photos_of_phones_are_turned_upright_and_lose_their_exif(
    world: World, kind: str, more: dict[str, Any]
) -> None:
    from foundation import files

    piece = send_photo(world, photo_activity(world), camera_file(kind, **more)).pieces.get()
    for digest in (piece.digest, piece.small_digest):
        with files.store().open(digest) as handle, Image.open(handle) as kept:
            assert kept.format == "JPEG" and not kept.getexif() and not kept.getexif().get_ifd(0x8825)
            assert kept.width * 4 == kept.height * 3
            red, _, blue = kept.getpixel((kept.width // 2, 5))  # type: ignore[misc]
            assert blue > red, "what the phone's left was is on top"


def test_a_heic_photo_is_refused_with_what_to_do(world: World) -> None:
    heic = Upload("photo1", "image/jpeg", b"\x00\x00\x00\x24ftypheic" + bytes(40))
    with pytest.raises(UnableToTap, match="兼容性最佳") as refusal:
        send_photo(world, photo_activity(world), heic)
    assert refusal.value.code == "heic"
