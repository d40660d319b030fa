"""A shop hands out on the strength of a scanned code; an appeal takes a deduction back; seen on real pages."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.roles import AgencyKind, Role
from tests.people import make_agency, make_person
from tests.villages.channels.test_on_a_phone import cadre_page, come_in
from tests.villages.fake_devices import ChromiumWithDevices, film_codes, film_picture
from tests.villages.worlds import World, make_world
from villages.contracts import Award
from villages.models import Appeal, Goods, Hold, ScoreEvent, Shop, Stock
from villages.selectors.balances import points_of
from villages.selectors.scores import score_of
from villages.services import ledger, stock
from villages.services.rules import install_starting_rules
from villages.services.score_events import record_event

pytestmark = pytest.mark.browser


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    camera = tmp_path / "camera.y4m"
    film_picture(camera, Image.new("RGB", (480, 480), "grey"))
    with ChromiumWithDevices(camera) as chromium:
        yield chromium
        assert chromium.complaints == []


def open_shop(world: World) -> Any:
    """A shop with five bars of soap at ten points; its keeper."""
    now = timezone.now()
    agency = make_agency(AgencyKind.SHOP, parent=world.village.agency)
    shop = Shop.objects.create(
        village=world.village, agency=agency, name="供销社", state="approved", proposed_at=now
    )
    soap = Goods.objects.create(shop=shop, name="肥皂", points=10, cost_fen=100)
    stock.receive(uuid.uuid4(), soap.pk, 5, now=now)
    today = timezone.localdate(now)
    ledger.award(Award(uuid.uuid4(), world.resident.pk, uuid.uuid4(), today, 50), now=now)
    return make_person(Role.SHOP_KEEPER, agency=agency)


def test_points_become_soap_when_the_shop_scans_the_code(live_portal: Any, devices: Any) -> None:
    base, world = live_portal.url, make_world()
    keeper = open_shop(world)
    page = come_in(devices.phone(), base, world)
    page.goto(f"{base}/villages/my/wallet/")
    page.click("text=放入篮子")
    page.click("text=去兑换")
    page.click("text=提交兑换")
    code = page.inner_text(".m-digits")
    assert (points_of(world.resident), Hold.objects.get().state) == (40, "open"), "held, not yet spent"

    film_codes(devices.camera, [code.replace(" ", "")])
    till = cadre_page(devices, base, keeper)
    till.goto(f"{base}/villages/till/")
    till.click("text=扫取货码")
    till.wait_for_url("**/villages/till/holds/**")
    assert world.resident.name not in till.content(), "a shop sees a code and no name"
    till.click("text=确认交付")
    till.wait_for_selector("text=已核销 10 积分")
    page.reload()
    assert "已兑换" in page.inner_text("main")
    shelf = Stock.objects.get()
    assert (points_of(world.resident), shelf.on_hand, shelf.reserved) == (40, 4, 0)


def test_an_appeal_stops_a_deduction_and_the_panel_takes_it_back(live_portal: Any, devices: Any) -> None:
    base, world = live_portal.url, make_world()
    today, now = timezone.localdate(), timezone.now()
    rules = install_starting_rules(
        world.village.town_code, valid_from=today - dt.timedelta(days=400), now=now
    )
    record_event(rules, "G03", resident=world.resident, occurred_on=today, evidence="核查记录", now=now)

    def score() -> int:
        found = score_of(world.resident, today, timezone.now())
        assert found is not None
        return int(found.value)

    before = score()
    page = come_in(devices.phone(), base, world)
    page.goto(f"{base}{reverse('villages:my_event', args=[ScoreEvent.objects.get().pk])}")
    assert "核查记录" in page.inner_text("main")
    page.fill("textarea", "照片由家人代拍，并非虚假。")
    page.click("text=提交申诉")
    page.wait_for_selector("text=申诉已提交")
    assert score() == before + 5, "frozen while the appeal runs"

    url = f"{base}{reverse('villages:appeal', args=[Appeal.objects.get().pk])}"
    panel = (world.admin, world.other_admin, world.town)
    desk = cadre_page(devices, base, world.admin)
    desk.goto(url)
    for member in panel:
        desk.check(f"input[name=member][value='{member.pk}']")
    desk.click("button:has-text('组成评议组')")
    desk.wait_for_selector("text=评议组已组成")
    for member in panel:
        seat = cadre_page(devices, base, member)
        seat.goto(url)
        seat.fill("textarea", "照片确为当日所拍")
        seat.click("button:has-text('申诉成立')")
        seat.wait_for_selector("text=表决已记录")
    page.goto(f"{base}{reverse('villages:my_appeal', args=[Appeal.objects.get().pk])}")
    assert "申诉成立" in page.inner_text("main")
    assert score() == before + 5
