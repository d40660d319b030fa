"""Villagers come in by phone and code, by a binding QR, and by a device that is known."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.villages.worlds import ORIGIN, PHONE, make_resident, make_world
from villages.models import Device, SignInCode, SimulatedMessage
from villages.services import sign_in
from villages.services.sign_in import UnableToSignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def sms(settings):
    settings.PORTAL_DEMO = True


def code_sent() -> str:
    return SimulatedMessage.objects.first().text.split("验证码 ")[1][:6]


def test_a_phone_and_its_code_open_the_own_page(sms, client: Client) -> None:
    world = make_world()
    client.post(reverse("villages:door"), {"phone": PHONE})
    answer = client.post(reverse("villages:enter"), {"phone": PHONE, "code": code_sent()})
    assert answer["Location"] == reverse("villages:my")
    assert world.resident.name in client.get(reverse("villages:my")).content.decode()


def test_first_use_shows_purpose_and_asks_for_consent(sms, client: Client) -> None:
    world = make_world()
    make_resident(world.village, "新村民", "13812340009", agreed=False)
    client.post(reverse("villages:door"), {"phone": "13812340009"})
    client.post(reverse("villages:enter"), {"phone": "13812340009", "code": code_sent()})
    assert client.get(reverse("villages:my"))["Location"] == reverse("villages:welcome")
    page = client.get(reverse("villages:welcome")).content.decode()
    assert "用来做什么" in page
    refused = client.post(reverse("villages:welcome"), {"consent": ["photo"]})
    assert "请阅读并勾选同意" in refused.content.decode()
    client.post(reverse("villages:welcome"), {"consent": ["use"]})
    assert client.get(reverse("villages:my")).status_code == 200


def test_a_remembered_device_opens_the_session_again(sms, client: Client) -> None:
    make_world()
    client.post(reverse("villages:door"), {"phone": PHONE})
    client.post(reverse("villages:enter"), {"phone": PHONE, "code": code_sent()})
    del client.cookies["sessionid"]
    assert client.get(reverse("villages:my")).status_code == 200
    client.post(reverse("villages:leave"))
    assert client.get(reverse("villages:my"))["Location"].startswith(reverse("villages:door"))
    assert Device.objects.get().revoked_at is not None


def test_a_form_that_wakes_the_device_is_not_refused_for_its_token(sms) -> None:
    client = Client(enforce_csrf_checks=True)
    world = make_world()
    now = timezone.now()
    opened = sign_in.remember_device(world.resident, "测试", now=now)
    client.cookies["village_device"] = opened.token
    page = client.get(reverse("villages:my_self")).content.decode()
    token = page.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    del client.cookies["sessionid"]
    answer = client.post(reverse("villages:my_act_for"), {"csrfmiddlewaretoken": token, "resident": ""})
    assert answer.status_code == 302 and answer["Location"] == reverse("villages:my")


def test_a_wrong_code_an_old_code_and_a_third_failure_are_refused(sms) -> None:
    make_world()
    now = timezone.now()
    sign_in.send_code(PHONE, address="127.0.0.1", now=now)
    code = code_sent()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    with pytest.raises(UnableToSignIn):
        sign_in.check_code(PHONE, code, now=now + dt.timedelta(minutes=6))
    for _ in range(3):
        with pytest.raises(UnableToSignIn):
            sign_in.check_code(PHONE, wrong, now=now)
    with pytest.raises(UnableToSignIn):
        sign_in.check_code(PHONE, code, now=now)


def test_a_code_works_once(sms) -> None:
    make_world()
    now = timezone.now()
    sign_in.send_code(PHONE, address="", now=now)
    assert len(sign_in.check_code(PHONE, code_sent(), now=now)) == 1
    with pytest.raises(UnableToSignIn):
        sign_in.check_code(PHONE, code_sent(), now=now)


def test_an_unknown_phone_is_answered_like_a_known_one_and_gets_no_message(sms, client: Client) -> None:
    make_world()
    known = client.post(reverse("villages:door"), {"phone": PHONE})
    unknown = client.post(reverse("villages:door"), {"phone": "13900000000"})
    assert known.status_code == unknown.status_code == 200
    assert SimulatedMessage.objects.count() == 1
    assert SignInCode.objects.count() == 2


def test_codes_are_not_sent_twice_a_minute(sms) -> None:
    make_world()
    now = timezone.now()
    sign_in.send_code(PHONE, address="", now=now)
    with pytest.raises(UnableToSignIn, match="一分钟"):
        sign_in.send_code(PHONE, address="", now=now + dt.timedelta(seconds=30))
    sign_in.send_code(PHONE, address="", now=now + dt.timedelta(seconds=61))


def test_a_shared_phone_asks_who_is_there(sms, client: Client) -> None:
    world = make_world()
    wife = make_resident(world.village, "胡阿娣", PHONE)
    client.post(reverse("villages:door"), {"phone": PHONE})
    page = client.post(reverse("villages:enter"), {"phone": PHONE, "code": code_sent()}).content.decode()
    assert "胡阿娣" in page and world.resident.name in page
    client.post(reverse("villages:who"), {"resident": wife.pk})
    assert "胡阿娣" in client.get(reverse("villages:my")).content.decode()


def test_nobody_enters_as_a_person_the_code_was_not_for(sms, client: Client) -> None:
    world = make_world()
    stranger = make_resident(world.village, "陌生人")
    assert client.post(reverse("villages:who"), {"resident": stranger.pk})["Location"] == reverse(
        "villages:door"
    )
    assert "_auth_user_id" not in client.session


def test_a_binding_code_binds_once_and_only_after_confirmation(client: Client) -> None:
    world = make_world()
    token = sign_in.issue_ticket(world.resident, world.admin, now=timezone.now(), origin=ORIGIN)
    url = reverse("villages:bind", args=[token])
    assert client.get(url).status_code == 200
    assert client.get(url).status_code == 200, "looking at it must not use it up"
    assert client.post(url).status_code == 302
    assert client.get(reverse("villages:my")).status_code == 200
    assert Client().get(url).status_code == 410


def test_a_villager_without_password_is_never_sent_to_change_it(client: Client) -> None:
    world = make_world()
    world.user.date_joined = timezone.now() - dt.timedelta(days=400)
    world.user.save()
    token = sign_in.issue_ticket(world.resident, world.admin, now=timezone.now(), origin=ORIGIN)
    client.post(reverse("villages:bind", args=[token]))
    assert client.get(reverse("villages:my")).status_code == 200


def test_who_moved_out_does_not_come_in(sms) -> None:
    world = make_world()
    world.resident.status, world.resident.left_on = "moved", dt.date(2026, 1, 1)
    world.resident.save()
    sign_in.send_code(PHONE, address="", now=timezone.now())
    assert SimulatedMessage.objects.count() == 0


def test_without_gateway_nothing_is_pretended(client: Client) -> None:
    make_world()
    answer = client.post(reverse("villages:door"), {"phone": PHONE})
    assert "短信通道尚未开通" in answer.content.decode()
