"""What is said: words, copies, recordings known by their bytes."""

import struct

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.people import client_of
from tests.villages.channels.orders import order
from tests.villages.worlds import World, make_activity, make_resident, make_world
from villages.services.taps import UnableToTap, Upload, record_tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize(("text", "words"), [("", "请先录音"), ("好好好好", "请多写几个字")])
def test_a_note_must_say_something(world: World, text: str, words: str) -> None:
    talk = make_activity(world.village, mode="note")
    with pytest.raises(UnableToTap, match=words):
        record_tap(order(world, talk, {"text": text}), now=timezone.now())


def test_a_copied_speech_is_reviewed_at_less_trust(world: World) -> None:
    talk = make_activity(world.village, mode="note")
    words = "建议在村口小公园加装两盏路灯，晚上老人散步不方便。"
    first = record_tap(order(world, talk, {"text": words}), now=timezone.now()).tap
    neighbour = make_resident(world.village, "胡阿娣")
    second = record_tap(
        order(world, talk, {"text": words + "谢谢"}, resident=neighbour), now=timezone.now()
    ).tap
    assert second.state == first.state == "waiting" and second.trust < first.trust


def recording(seconds: float) -> Upload:
    """A sound as an old recorder writes it, with whatever name and type the phone claims."""
    data = bytes(int(seconds * 16000))
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    content = b"RIFF" + bytes(4) + b"WAVE" + head + b"data" + struct.pack("<I", len(data)) + data
    return Upload("voice", "application/pdf", content)


def test_a_recording_is_known_by_its_bytes_and_its_length_by_its_contents(world: World) -> None:
    talk = make_activity(world.village, mode="note")
    with pytest.raises(UnableToTap, match="这段有 75 秒"):
        record_tap(order(world, talk, {"seconds": 5}, files=(recording(75),)), now=timezone.now())
    with pytest.raises(UnableToTap, match="无法播放"):
        record_tap(
            order(world, talk, {"seconds": 5}, files=(Upload("voice", "audio/webm", b"MZ"),)),
            now=timezone.now(),
        )
    with pytest.raises(UnableToTap, match="M4A"):
        record_tap(order(world, talk, files=(Upload("voice", "audio/amr", b"#!AMR\n"),)), now=timezone.now())
    tap = record_tap(order(world, talk, {"seconds": 30}, files=(recording(7.5),)), now=timezone.now()).tap
    assert (tap.pieces.get().mime, tap.pieces.get().seconds) == ("audio/wav", 7.5)


def test_a_reviewers_browser_may_ask_for_a_part_of_a_recording(world: World) -> None:
    talk = make_activity(world.village, mode="note")
    piece = record_tap(order(world, talk, files=(recording(2),)), now=timezone.now()).tap.pieces.get()
    client, url = client_of(world.admin), reverse("villages:piece", args=[piece.pk])
    part = client.get(url, headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert part["Content-Range"] == f"bytes 0-3/{piece.size}"
    assert client.get(url, headers={"range": "bytes=-4"}).content == bytes(4)
    assert client.get(url, headers={"range": f"bytes={piece.size}-"}).status_code == 416
    assert client.get(url)["Accept-Ranges"] == "bytes"
