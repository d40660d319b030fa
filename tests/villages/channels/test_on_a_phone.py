"""A villager on a phone: camera, microphone, place, and a network that goes away; a cadre who reviews."""

import datetime as dt
import io
import random
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.people import client_of
from tests.running import wait_until
from tests.villages.fake_devices import ChromiumWithDevices, film_codes, film_picture
from tests.villages.worlds import HALL, ORIGIN, make_activity, make_resident, make_world
from villages.demo.pictures import draw_scene
from villages.engine.geofence import Position
from villages.engine.rotating_code import SLOT_SECONDS, Moment
from villages.models import Activity, BallotEnvelope, Consent, Piece, Tap
from villages.services.activities import present_code
from villages.services.sign_in import issue_ticket
from villages.services.ties import declare_tie

pytestmark = pytest.mark.browser


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    camera = tmp_path / "camera.y4m"
    film_picture(camera, Image.new("RGB", (480, 480), "grey"))
    with ChromiumWithDevices(camera) as chromium:
        yield chromium
        expected = ("ERR_INTERNET_DISCONNECTED", "status of 403")
        assert [c for c in chromium.complaints if not any(word in c for word in expected)] == []


def come_in(context: Any, base: str, world: Any, resident: Any = None, page: Any = None) -> Any:
    """The villager's phone, bound by the administrator's QR."""
    page = page or context.new_page()
    token = issue_ticket(resident or world.resident, world.admin, now=timezone.now(), origin=ORIGIN)
    page.goto(f"{base}{reverse('villages:bind', args=[token])}")
    page.click("text=绑定这部手机")
    page.wait_for_url(f"{base}/villages/my/")
    return page


def cadre_page(browser: Any, base: str, user: Any) -> Any:
    context = browser.context()
    context.add_cookies(
        [{"name": "sessionid", "value": client_of(user).cookies["sessionid"].value, "url": base}]
    )
    return context.new_page()


def until(page: Any, expression: str) -> None:
    """Wait for an expression; the page's policy forbids the browser driver's own way."""
    assert wait_until(lambda: page.evaluate(expression)), expression


def codes_from_now(activity: Activity, moment: Moment) -> list[str]:
    """What the organiser's screen shows in this slot and the next ones."""
    now = timezone.now()
    return [
        present_code(activity, moment, now=now + dt.timedelta(seconds=SLOT_SECONDS * n)) for n in range(3)
    ]


def shoot_and_send(page: Any, base: str, activity: Activity) -> str:
    page.goto(f"{base}{reverse('villages:my_activity', args=[activity.pk])}")
    until(page, "document.querySelector('video').videoWidth > 0")
    page.click("[data-part=shoot]:enabled")
    page.click("[data-part=send]:enabled")
    return str(page.inner_text(".m-result"))


def test_four_taps_a_lost_network_and_a_reviewer(live_portal: Any, devices: Any) -> None:
    base, world = live_portal.url, make_world()
    by_place = {"position": Position(*HALL), "place": "文化礼堂", "radius_m": 150}
    drill = make_activity(world.village, world.admin, mode="sign_in", title="消防演练", points=10, **by_place)
    talk = make_activity(world.village, world.admin, mode="note", title="村里的事大家议", needs_review=True)
    yard = make_activity(
        world.village, world.admin, mode="photos", title="庭院洁美", needs_review=True, points=20
    )
    again = make_activity(world.village, world.admin, mode="photos", title="邻里互助", needs_review=True)
    vote = make_activity(
        world.village,
        world.admin,
        mode="vote",
        title="民主评议投票",
        is_secret=True,
        choices=["同意", "不同意"],
    )
    phone = devices.phone(HALL)
    page = come_in(phone, base, world)

    # 扫一扫: a code that changes in the video while the phone looks at it, at the place
    film_codes(devices.camera, codes_from_now(drill, Moment.IN))
    page.goto(f"{base}/villages/my/scan/")
    page.wait_for_selector(".m-result")
    assert "+10 分" in page.inner_text(".m-result")
    scanned = Tap.objects.get(activity=drill)
    assert (scanned.state, scanned.presence) == ("counted", "inside")

    # 说一说: the meter moves, the note can be heard, then it is sent
    page.goto(f"{base}{reverse('villages:my_activity', args=[talk.pk])}")
    page.click("[data-part=record]")
    until(page, "document.querySelector('[data-part=meter]').value > 0.05")
    until(page, "document.querySelector('[data-part=clock]').textContent.slice(2, 4) >= '02'")
    page.click("[data-part=record]")
    page.wait_for_selector("[data-part=replay]:not([hidden])")
    page.click("[data-part=send]")
    assert "等待审核" in page.inner_text(".m-result")
    voice = Piece.objects.get(tap__activity=talk)
    assert voice.kind == "voice" and voice.size > 1000
    # The length is the server's, read from what a real browser recorded; the device starts a little after the clock.
    assert voice.seconds is not None and 1.5 <= voice.seconds < 8
    assert "前" in page.inner_text(".m-steps") and "村管理员审核" in page.inner_text(".m-steps")

    # 拍一拍: the same picture a second time is caught
    film_picture(devices.camera, Image.open(io.BytesIO(draw_scene("yard", random.Random(7)))))
    assert "等待审核" in shoot_and_send(page, base, yard)
    first = Piece.objects.get(tap__activity=yard)
    assert first.has_challenge
    assert "几乎相同" in shoot_and_send(page, base, again)
    second = Piece.objects.get(tap__activity=again)
    assert (second.tap.state, second.twin_id) == ("refused", first.pk)

    # 点一点 without network: kept, then sent once
    page.goto(f"{base}{reverse('villages:my_activity', args=[vote.pk])}")
    phone.set_offline(True)
    page.check("text=同意 >> nth=0")
    page.click("button:has-text('提交')")
    assert "已保存，尚未发送" in page.inner_text(".m-result")
    assert not Tap.objects.filter(activity=vote).exists()
    phone.set_offline(False)
    page.wait_for_selector("#outbox:has-text('已补传 1 条')")
    assert Tap.objects.get(activity=vote).state == "counted"
    assert BallotEnvelope.objects.filter(activity=vote).count() == 1

    # a cadre of the same family is refused, another decides by keyboard, the villager reads the reason
    declare_tie(world.admin, world.resident.pk, "relative", now=timezone.now(), origin=ORIGIN)
    desk = cadre_page(devices, base, world.admin)
    desk.goto(f"{base}{reverse('villages:review_one', args=[first.tap_id])}")
    assert "亲属" in desk.inner_text("[data-review]")
    assert desk.locator("[data-review] [type=submit] >> nth=0").is_disabled()
    other = cadre_page(devices, base, world.other_admin)
    other.goto(f"{base}{reverse('villages:review_one', args=[first.tap_id])}")
    other.keyboard.press("1")
    other.keyboard.press("Enter")
    other.wait_for_selector("text=岑阿根：已计分，得 20 分")
    page.goto(f"{base}{reverse('villages:my_record', args=[first.tap_id])}")
    assert "材料齐全，符合活动要求" in page.inner_text("main")
    assert "沈国良" in _openings(page, base)


def kept_in(page: Any) -> list[str]:
    """Every address that the phone keeps for use without network."""
    return list(
        page.evaluate("""async () => {
        const names = await caches.keys();
        const keys = async (name) => (await (await caches.open(name)).keys()).map((one) => one.url);
        return (await Promise.all(names.map(keys))).flat();
    }""")
    )


def test_reopened_without_network_the_page_shows_what_is_kept_and_sends_it_once_later(
    live_portal: Any, devices: Any
) -> None:
    base, world = live_portal.url, make_world()
    pledge = make_activity(world.village, world.admin, title="移风易俗承诺")
    drill = make_activity(world.village, world.admin, mode="sign_in", title="消防演练", points=10)
    phone = devices.phone(HALL)
    page = come_in(phone, base, world)
    until(page, "navigator.serviceWorker.controller !== null")
    page.goto(f"{base}{reverse('villages:my_activity', args=[pledge.pk])}")
    phone.set_offline(True)
    page.check("input[name=agree]")
    page.click("button:has-text('提交')")
    assert "已保存，尚未发送" in page.inner_text(".m-result")
    page.close()

    # closed and opened again, still without network: the queue is there, and a code can be scanned and kept
    page = phone.new_page()
    page.goto(f"{base}/villages/my/")
    assert "现在没有网络" in page.inner_text("main")
    page.wait_for_selector("text=移风易俗承诺")
    assert world.resident.name not in page.content(), "the page without network knows no name"
    film_codes(devices.camera, codes_from_now(drill, Moment.IN)[:1])
    page.click("text=先扫码保存")
    page.wait_for_selector(".m-result")
    assert "已保存，尚未发送" in page.inner_text(".m-result")
    assert not Tap.objects.exists()

    # nothing personal is kept: one page that is the same for all, and hashed files
    kept = kept_in(page)
    assert f"{base}/villages/my/offline/" in kept
    assert [url for url in kept if "/static/" not in url] == [f"{base}/villages/my/offline/"]

    # the network comes back: each goes once, and coming back again sends nothing twice
    phone.set_offline(False)
    page.wait_for_selector("#outbox:has-text('已补传 2 条')")
    states = Tap.objects.order_by("activity__title").values_list("activity__title", "state")
    assert sorted(states) == [("消防演练", "counted"), ("移风易俗承诺", "counted")]
    page.reload()
    assert page.locator("#outbox").is_hidden()
    assert Tap.objects.count() == 2


def test_on_a_shared_phone_a_kept_tap_waits_for_its_owner_and_signing_out_takes_it_away(
    live_portal: Any, devices: Any
) -> None:
    base, world = live_portal.url, make_world()
    neighbour = make_resident(world.village, "胡阿娣")
    pledge = make_activity(world.village, world.admin, title="移风易俗承诺")
    phone = devices.phone()
    page = come_in(phone, base, world)
    page.goto(f"{base}{reverse('villages:my_activity', args=[pledge.pk])}")
    phone.set_offline(True)
    page.check("input[name=agree]")
    page.click("button:has-text('提交')")
    page.wait_for_selector("text=已保存，尚未发送")
    page.close()
    phone.set_offline(False)

    # a neighbour signs in on the same phone: neither sees nor sends what is not the neighbour's
    other = come_in(phone, base, world, neighbour)
    other.wait_for_load_state("networkidle")
    assert other.locator("#outbox").is_hidden()
    assert not Tap.objects.exists()
    other.close()

    # the owner is back, cannot send (the consent was taken back) and signs out: asked, then forgotten
    Consent.objects.filter(resident=world.resident).update(is_given=False)
    session = client_of(world.user).cookies["sessionid"].value
    phone.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    page = phone.new_page()
    page.goto(f"{base}/villages/my/self/")
    page.wait_for_selector("#outbox:has-text('已保存 1 条')")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.click("text=退出登录")
    page.wait_for_url(f"{base}/villages/")
    assert "还有 1 条没有发送" in asked[0]
    Consent.objects.filter(resident=world.resident).update(is_given=True)
    page = come_in(phone, base, world, page=page)
    page.wait_for_load_state("networkidle")
    assert page.locator("#outbox").is_hidden() and not Tap.objects.exists()


def _openings(page: Any, base: str) -> str:
    page.goto(f"{base}/villages/my/self/")
    return str(page.inner_text("main"))


MEASURE = (Path(__file__).parent / "measure_elder.js").read_text(encoding="utf-8").partition("\n")[2]
NAMED = "e => (e.textContent.trim() || e.getAttribute('aria-label') || '').length > 0"
PRESSED = "[...document.querySelectorAll('a, button')].filter(e => e.checkVisibility())"


def test_the_elder_version_keeps_its_numbers_and_the_home_page_is_light(
    live_portal: Any, devices: Any
) -> None:
    base, world = live_portal.url, make_world()
    for mode, more in (("pledge", {}), ("photos", {"needs_review": True}), ("note", {"needs_review": True})):
        make_activity(world.village, world.admin, mode=mode, title=f"活动 {mode}", **more)
    vote = make_activity(world.village, world.admin, mode="vote", title="投票", choices=["同意", "不同意"])
    context = devices.phone()
    page = come_in(context, base, world)
    assert page.inner_text("[data-elder-toggle]") == "长辈版"
    page.click("[data-elder-toggle]")
    page.wait_for_selector("text=标准版")
    for path in (
        "/villages/my/",
        f"/villages/my/activities/{vote.pk}/",
        "/villages/my/self/",
        "/villages/welcome/",
        "/villages/my/scan/",
        "/villages/my/wallet/",
        "/villages/my/honours/",
        "/villages/my/money/",
        "/villages/my/offline/",
    ):
        page.goto(f"{base}{path}")
        told = page.evaluate(MEASURE)
        assert told == {
            "small": [],
            "tight": [],
            "pale": [],
            "targets": [],
            "paragraphs": [],
            "wide": False,
        }, path

    page.goto(f"{base}/villages/my/self/")
    page.click("text=特大")
    page.wait_for_selector("html.elder.more")
    for path in (
        "/villages/my/",
        "/villages/my/self/",
        "/villages/my/wallet/",
        f"/villages/my/activities/{vote.pk}/",
    ):
        page.goto(f"{base}{path}")
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 30
        assert not any(page.evaluate(MEASURE).values()), path
    page.goto(f"{base}/villages/my/self/")
    page.click("text=大（长辈版）")
    page.wait_for_selector("html.elder:not(.more)")

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{base}/villages/my/")
    page.wait_for_load_state("networkidle")
    assert sizes and sum(sizes) < 100_000
    names = page.evaluate(f"{PRESSED}.every({NAMED})")
    assert names, "everything that can be pressed has a name for a screen reader"
