"""One door for every tap: once, in time, for the right people, and what each mode asks for."""

import dataclasses
import datetime as dt
import io
import json
import random
import struct
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.people import client_of
from tests.villages.worlds import HALL, World, make_activity, make_resident, make_village, make_world
from villages.demo.pictures import draw_scene
from villages.engine.geofence import Position
from villages.engine.rotating_code import Moment
from villages.models import Activity, Ballot, Question, QuizPaper, Tap
from villages.selectors.balances import points_of
from villages.services import ledger
from villages.services.activities import present_code
from villages.services.lessons import FailedQuiz, beat, draw_paper
from villages.services.photos import issue_challenge
from villages.services.taps import TapOrder, UnableToTap, Upload, record_tap
from villages.services.votes import open_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def order(world: World, activity: Activity, body: dict[str, Any] | None = None, **values: Any) -> TapOrder:
    now = timezone.now()
    told: dict[str, Any] = {"id": ledger.new_key(now), "at": now, "body": body or {}}
    return TapOrder(**{"activity_id": activity.pk, "resident": world.resident} | told | values)


def pledge(world: World, **values: Any) -> TapOrder:
    return order(world, make_activity(world.village, world.admin, **values), {"agree": "yes"})


def test_a_pledge_earns_its_points_at_once(world: World) -> None:
    answer = record_tap(pledge(world), now=timezone.now())
    assert (answer.tap.state, answer.tap.points_granted, points_of(world.resident)) == ("counted", 5, 5)


def test_the_same_tap_sent_again_answers_again_and_earns_once(world: World) -> None:
    asked = pledge(world)
    first, second = (record_tap(asked, now=timezone.now()) for _ in range(2))
    assert second.is_repeat and second.tap.pk == first.tap.pk
    assert points_of(world.resident) == 5


def test_the_same_id_with_other_contents_is_refused(world: World) -> None:
    asked = pledge(world)
    record_tap(asked, now=timezone.now())
    with pytest.raises(UnableToTap) as refusal:
        record_tap(dataclasses.replace(asked, body={"agree": "no"}), now=timezone.now())
    assert refusal.value.status == 409


def test_another_tap_on_the_same_occasion_is_refused_and_the_next_week_is_another(world: World) -> None:
    now = timezone.now()
    activity = make_activity(world.village, repeat="week", closes_at=now + dt.timedelta(days=30))
    record_tap(order(world, activity, {"agree": "yes"}), now=now)
    with pytest.raises(UnableToTap, match="已参加过"):
        record_tap(order(world, activity, {"agree": "yes"}), now=now)
    later = now + dt.timedelta(days=7)
    record_tap(order(world, activity, {"agree": "yes"}, at=later, id=ledger.new_key(later)), now=later)
    assert points_of(world.resident) == 10


def test_what_was_tapped_offline_is_taken_a_day_late_and_no_later(world: World) -> None:
    now = timezone.now()
    opened = {"opens_at": now - dt.timedelta(days=3)}
    late = order(
        world, make_activity(world.village, **opened), {"agree": "yes"}, at=now - dt.timedelta(hours=20)
    )
    assert record_tap(late, now=now).tap.state == "waiting", "it is looked at, at less trust"
    with pytest.raises(UnableToTap, match="24 小时"):
        record_tap(
            order(
                world,
                make_activity(world.village, **opened),
                {"agree": "yes"},
                at=now - dt.timedelta(hours=25),
            ),
            now=now,
        )


def test_activities_are_for_their_audience_their_time_and_their_village(world: World) -> None:
    young = make_resident(world.village, "小余", birth_year=2001)
    elders = make_activity(world.village, audience="elders")
    with pytest.raises(UnableToTap, match="65 周岁"):
        record_tap(order(world, elders, {"agree": "yes"}, resident=young), now=timezone.now())
    past = make_activity(world.village, now=timezone.now() - dt.timedelta(days=2))
    with pytest.raises(UnableToTap, match="已经结束"):
        record_tap(order(world, past, {"agree": "yes"}), now=timezone.now())
    stranger = make_resident(make_village("330282109912", "烟墩村", world.village.agency.parent), "外村人")
    with pytest.raises(UnableToTap, match="没有找到"):
        record_tap(order(world, elders, {"agree": "yes"}, resident=stranger), now=timezone.now())


def test_an_activity_gives_no_more_than_its_budget_and_says_why(world: World) -> None:
    activity = make_activity(world.village, points=5, budget=7)
    record_tap(order(world, activity, {"agree": "yes"}), now=timezone.now())
    neighbour = make_resident(world.village, "胡阿娣")
    answer = record_tap(order(world, activity, {"agree": "yes"}, resident=neighbour), now=timezone.now())
    assert (answer.tap.points_asked, answer.tap.points_granted) == (5, 2)
    assert "预算已用完" in answer.message


def test_a_secret_vote_keeps_the_taking_part_and_not_the_voter(world: World) -> None:
    vote = make_activity(world.village, mode="vote", choices=["同意", "不同意"], is_secret=True)
    asked = order(world, vote, {"choice": "2"})
    tap = record_tap(asked, now=timezone.now()).tap
    assert not Ballot.objects.filter(activity=vote).exists() and tap.points_granted == 5
    open_box(vote.pk, now=timezone.now())
    assert Ballot.objects.get(activity=vote).resident_id is None
    digests = {dataclasses.replace(asked, body={"choice": n}).digest() for n in ("1", "2", 1, 2)}
    assert Tap.objects.get(pk=tap.pk).body_digest not in digests, "the choice cannot be tried out"
    assert record_tap(asked, now=timezone.now()).is_repeat


def test_an_open_vote_has_one_ballot_a_person(world: World) -> None:
    vote = make_activity(world.village, mode="vote", choices=["甲", "乙"])
    with pytest.raises(UnableToTap, match="请选择"):
        record_tap(order(world, vote, {"choice": "3"}), now=timezone.now())
    record_tap(order(world, vote, {"choice": "1"}), now=timezone.now())
    assert Ballot.objects.get(activity=vote).resident_id == world.resident.pk


def scan(world: World, activity: Activity, moment: Moment, at: dt.datetime, place: Any = HALL) -> TapOrder:
    body: dict[str, Any] = {"code": present_code(activity, moment, now=at)}
    if place:
        body["position"] = {"latitude": place[0], "longitude": place[1], "accuracy": 15, "datum": "wgs84"}
    return order(world, activity, body, at=at, id=ledger.new_key(at))


def test_hours_run_from_one_scan_to_the_other_at_most_the_planned_time(world: World) -> None:
    begun = timezone.now()
    shift = make_activity(
        world.village, mode="hours", points=0, points_per_hour=10, planned_minutes=60, budget=100,
        position=Position(*HALL), closes_at=begun + dt.timedelta(hours=6),
    )  # fmt: skip
    first = record_tap(scan(world, shift, Moment.IN, begun), now=begun)
    assert (first.tap.state, first.headline) == ("started", "签到成功")
    left = begun + dt.timedelta(hours=3)
    done = record_tap(scan(world, shift, Moment.OUT, left), now=left).tap
    assert (done.pk, done.minutes, done.points_granted) == (first.tap.pk, 180, 12), (
        "an hour and a quarter count"
    )


def test_nobody_leaves_who_has_not_come(world: World) -> None:
    shift = make_activity(world.village, mode="hours", points_per_hour=10)
    with pytest.raises(UnableToTap, match="还没有签到"):
        record_tap(scan(world, shift, Moment.OUT, timezone.now()), now=timezone.now())


def test_a_code_from_a_minute_ago_a_foreign_one_and_a_far_phone_earn_nothing_yet(world: World) -> None:
    now = timezone.now()
    drill = make_activity(world.village, mode="sign_in", position=Position(*HALL))
    other = make_activity(world.village, mode="sign_in")
    stale = scan(world, drill, Moment.IN, now - dt.timedelta(seconds=60))
    with pytest.raises(UnableToTap, match="刷新"):
        record_tap(dataclasses.replace(stale, at=now), now=now)
    with pytest.raises(UnableToTap, match="不是本活动"):
        record_tap(dataclasses.replace(scan(world, other, Moment.IN, now), activity_id=drill.pk), now=now)
    far = record_tap(scan(world, drill, Moment.IN, now, (30.32, 121.40)), now=now).tap
    assert (far.state, far.presence, points_of(world.resident)) == ("waiting", "outside", 0)


def test_a_phone_that_does_not_know_its_place_is_not_punished(world: World) -> None:
    now = timezone.now()
    drill = make_activity(world.village, mode="sign_in", position=Position(*HALL))
    assert record_tap(scan(world, drill, Moment.IN, now, None), now=now).tap.state == "counted"


def test_a_lesson_counts_when_the_server_has_seen_enough_of_it(world: World) -> None:
    lesson = make_activity(world.village, mode="lesson", lesson_seconds=20)
    now = timezone.now()
    with pytest.raises(UnableToTap, match="时长还不够"):
        record_tap(order(world, lesson), now=now)
    for _ in range(3):  # a script that calls a thousand times a second gains nothing
        beat(lesson, world.resident, "", now=now)
    prompt = ""
    for step in range(1, 20):
        prompt = beat(lesson, world.resident, prompt, now=now + dt.timedelta(seconds=5 * step)).prompt
    assert record_tap(order(world, lesson), now=timezone.now()).tap.state == "counted"


def test_a_prompt_stops_the_time_until_it_is_answered(world: World) -> None:
    lesson = make_activity(world.village, mode="lesson", lesson_seconds=600)
    now, seconds = timezone.now(), 0.0
    for step in range(200):
        told = beat(lesson, world.resident, "", now=now + dt.timedelta(seconds=5 * step))
        if told.prompt:
            seconds = told.seconds
            break
    assert seconds
    later = now + dt.timedelta(seconds=5 * (step + 1))
    assert beat(lesson, world.resident, "wrong", now=later).seconds == seconds
    answered = beat(lesson, world.resident, told.prompt, now=later + dt.timedelta(seconds=5))
    assert answered.prompt != told.prompt


def quiz_of(world: World) -> Activity:
    from villages.activity_templates import templates

    return make_activity(
        world.village,
        mode="quiz",
        questions=templates()["quiz"].questions,
        questions_asked=3,
        questions_right=2,
    )


def test_a_failed_quiz_may_be_tried_again_with_another_paper(world: World) -> None:
    quiz = quiz_of(world)
    paper = draw_paper(quiz, world.resident, now=timezone.now())
    wrong = {str(q.pk): (q.answer + 1) % 3 for q in paper}
    with pytest.raises(FailedQuiz, match="答对 0 题") as failed:
        record_tap(order(world, quiz, {"answers": wrong}), now=timezone.now())
    failed.value.note()
    assert QuizPaper.objects.get().tries == 1
    again = {str(q.pk): q.answer for q in draw_paper(quiz, world.resident, now=timezone.now())}
    assert record_tap(order(world, quiz, {"answers": again}), now=timezone.now()).tap.state == "counted"


def test_answers_to_questions_that_were_not_drawn_do_not_count(world: World) -> None:
    quiz = quiz_of(world)
    drawn = {q.pk for q in draw_paper(quiz, world.resident, now=timezone.now())}
    others = {str(q.pk): q.answer for q in Question.objects.filter(activity=quiz).exclude(pk__in=drawn)}
    with pytest.raises(FailedQuiz, match="答对 0 题"):
        record_tap(order(world, quiz, {"answers": others}), now=timezone.now())


def photo(seed: int, name: str = "photo1", quality: int = 0) -> Upload:
    content = draw_scene("yard", random.Random(seed))
    if quality:
        out = io.BytesIO()
        Image.open(io.BytesIO(content)).resize((640, 480)).save(out, "JPEG", quality=quality)
        content = out.getvalue()
    return Upload(name, "image/jpeg", content)


def send_photo(world: World, activity: Activity, *uploads: Upload, **values: Any) -> Tap:
    now = timezone.now()
    word = issue_challenge(activity, world.resident, now=now)
    body = {"challenge": word, "in_page": True}
    return record_tap(order(world, activity, body, files=uploads, **values), now=timezone.now()).tap


def photo_activity(world: World, **values: Any) -> Activity:
    return make_activity(world.village, **{"mode": "photos", "needs_review": True} | values)


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


# -- over the wire -----------------------------------------------------------------------------------
def post(client: Client, activity: Activity, body: dict[str, Any], **more: Any) -> Any:
    told = {
        "id": str(ledger.new_key(timezone.now())), "activity": activity.pk, "at": timezone.now().isoformat(),
        "body": json.dumps(body),
    }  # fmt: skip
    return client.post("/api/v1/villages/taps/", told | more)


def test_the_api_answers_with_state_points_and_where_to_read_on(world: World) -> None:
    answer = post(client_of(world.user), make_activity(world.village), {"agree": "yes"})
    told = answer.json()
    assert answer.status_code == 200 and (told["state"], told["points"]) == ("counted", 5)
    assert client_of(world.user).get(told["url"]).status_code == 200


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "x"},
        {"id": str(uuid.uuid4())},
        {"at": "2026-11-22"},
        {"body": "["},
        {"body": "[]"},
        {"activity": "999999"},
    ],
)
def test_the_api_says_what_is_wrong(world: World, broken: dict[str, Any]) -> None:
    told = {
        "id": str(ledger.new_key(timezone.now())), "activity": str(make_activity(world.village).pk),
        "at": timezone.now().isoformat(), "body": "{}",
    }  # fmt: skip
    answer = client_of(world.user).post("/api/v1/villages/taps/", told | broken)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


def test_a_mini_programme_uses_the_token_of_its_device(world: World) -> None:
    from villages.services.sign_in import remember_device

    opened = remember_device(world.resident, "小程序", now=timezone.now())
    head = {"HTTP_AUTHORIZATION": f"Device {opened.token}"}
    assert Client().get("/api/v1/villages/me/", **head).json()["name"] == world.resident.name
    activity = photo_activity(world)
    word = Client().post(f"/api/v1/villages/activities/{activity.pk}/challenge/", **head).json()["challenge"]
    told = {
        "id": str(ledger.new_key(timezone.now())), "activity": activity.pk, "at": timezone.now().isoformat(),
        "body": json.dumps({"challenge": word, "in_page": True}),
        "photo1": SimpleUploadedFile("a.jpg", photo(6).content, "image/jpeg"),
    }  # fmt: skip
    assert Client().post("/api/v1/villages/taps/", told, **head).json()["state"] == "waiting"
    assert Tap.objects.get().device_id == opened.device.pk
    assert Client().get("/api/v1/villages/me/", HTTP_AUTHORIZATION="Device nothing").status_code == 401


def test_acting_for_somebody_needs_an_agreement_and_keeps_both_names(world: World) -> None:
    from tests.villages.worlds import ORIGIN
    from villages.services.proxy import agree_helper

    mother = make_resident(world.village, "胡彩娟", agreed=False)
    activity = make_activity(world.village)
    refused = post(client_of(world.user), activity, {"agree": "yes"}, resident=mother.pk)
    assert refused.status_code == 403
    agree_helper(mother, world.resident, world.admin, "年事已高", now=timezone.now(), origin=ORIGIN)
    assert post(client_of(world.user), activity, {"agree": "yes"}, resident=mother.pk).status_code == 200
    tap = Tap.objects.get()
    assert (tap.resident_id, tap.by_resident_id) == (mother.pk, world.resident.pk)
    assert points_of(mother) == 5 and points_of(world.resident) == 0


def test_without_consent_nothing_is_taken(world: World) -> None:
    from tests.villages.worlds import ORIGIN
    from villages.services.consents import withdraw_consent

    withdraw_consent(world.resident, world.user, now=timezone.now(), origin=ORIGIN)
    assert post(client_of(world.user), make_activity(world.village), {"agree": "yes"}).status_code == 403
