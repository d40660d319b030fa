"""Nobody reaches another village's, shop's or villager's rows by guessing ids: every address, every method, every role."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import AgencyKind, Role
from tests.people import client_of, make_agency, make_person
from tests.url_expectations import World
from tests.villages.expectations import EXPECTATIONS
from tests.villages.worlds import make_resident, make_village
from villages.api.urls import urlpatterns as api_patterns
from villages.models import Goods, Hold, Honour, Resident, Shop
from villages.services import ledger
from villages.urls import urlpatterns

pytestmark = pytest.mark.django_db
ADMIN, TOWN, VILLAGER, KEEPER = Role.VILLAGE_ADMIN, Role.TOWN_ADMIN, Role.VILLAGER, Role.SHOP_KEEPER
# Asked for on purpose by whoever holds the code printed on paper.
BY_TOKEN = {"villages:bind"}
# What is named by a template's code, not by anybody's row.
BY_TEMPLATE = {"villages:activity_new"}
BODY = {
    "what": "died", "act": "confirm", "decision": "yes", "reason": "complete", "note": "无", "sign": "1",
    "confirm": "1", "cancel": "1", "withdraw": "1", "uphold": "1", "step": "council", "text": "无", "vote": "1",
    "month": "2026-09", "evidence": "无", "points": "5", "title": "无", "name": "无", "quantity": "1",
}  # fmt: skip


def patterns() -> Iterator[tuple[str, URLPattern]]:
    for prefix, found in (("villages", urlpatterns), ("villages_api", api_patterns)):
        for pattern in found:
            yield f"{prefix}:{pattern.name}", pattern


OF_ROWS = [
    name for name, pattern in patterns()
    if pattern.pattern.converters and name not in BY_TOKEN | BY_TEMPLATE
]  # fmt: skip


@pytest.fixture
def victims() -> World:
    """A village with everything in it, in a town of its own."""
    town = make_agency(AgencyKind.TOWN, scope_code="330282109")
    village = make_agency(AgencyKind.VILLAGE, parent=town, scope_code="330282109955")
    shop = make_agency(AgencyKind.SHOP, parent=village)
    return World({
        TOWN: make_person(TOWN, agency=town), ADMIN: make_person(ADMIN, agency=village),
        VILLAGER: make_person(VILLAGER, agency=village), KEEPER: make_person(KEEPER, agency=shop),
    })  # fmt: skip


@pytest.fixture
def attackers() -> dict[str, User]:
    """The same roles elsewhere: another town, its village, a villager, a shop."""
    town = make_agency(AgencyKind.TOWN, scope_code="330282108")
    village = make_village("330282108911", "别村", town)
    agency = make_agency(AgencyKind.SHOP, parent=village.agency)
    Shop.objects.create(
        village=village, agency=agency, name="别店", state="approved", proposed_at=timezone.now()
    )
    resident = make_resident(village, "别村村民")
    assert resident.user is not None
    return {
        "admin": make_person(ADMIN, agency=village.agency), "town": make_person(TOWN, agency=town),
        "villager": resident.user, "keeper": make_person(KEEPER, agency=agency),
    }  # fmt: skip


def rows() -> dict[str, list[Any]]:
    """Everything the app knows."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("villages").get_models()
    }


def changed(before: dict[str, list[Any]]) -> list[str]:
    after = rows()
    return [name for name, was in before.items() if after[name] != was]


@pytest.mark.parametrize("who", ["admin", "town", "villager", "keeper"])
def test_a_guessed_id_opens_and_changes_nothing(who: str, victims: World, attackers: dict[str, User]) -> None:
    made: dict[Any, dict[str, Any]] = {}
    addresses = {}
    for name in OF_ROWS:
        args = EXPECTATIONS[name].args
        assert args is not None, f"{name} has rows and no way to make one"
        if args not in made:
            made[args] = args(victims)
        addresses[name] = reverse(name, kwargs=made[args])
    client, before, opened = client_of(attackers[who]), rows(), []
    for name, url in addresses.items():
        if (status := client.get(url).status_code) not in (403, 404, 405):
            opened.append(f"GET {name}: {status}")
        client.post(url, BODY)
        if left := changed(before):
            opened.append(f"POST {name}: {left}")
            before = rows()
    assert opened == []


def targets(victims: World) -> dict[str, Any]:
    """Rows of the victims that a body may name."""
    for name in ("villages:my_pickup", "villages:my_appeal", "villages:bulk_one", "villages:my_activity"):
        args = EXPECTATIONS[name].args
        assert args is not None
        args(victims)
    shop = Shop.objects.get(agency=victims.agency(KEEPER))
    resident = Resident.objects.get(user=victims.people[VILLAGER])
    now = timezone.now()
    honour = Honour.objects.create(
        id=uuid.uuid4(), village=shop.village, resident=resident, rule_code="H02", title="好人", issued_by="县",
        issued_on=timezone.localdate(), level="", document="0" * 64, document_name="a.jpg", declared_at=now,
    )  # fmt: skip
    return {
        "resident": resident.pk, "goods": Goods.objects.get(shop=shop).pk, "shop": shop.pk, "honour": honour.pk,
        "activity": resident.village.activities.latest("pk").pk, "hold": Hold.objects.get(shop=shop).pk,
        "village": shop.village.code,
    }  # fmt: skip


def attempts(who: str, told: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Addresses without an id, with a stranger's id in the body."""
    today = timezone.localdate().isoformat()
    tap = {
        "id": str(ledger.new_key(timezone.now())), "at": timezone.now().isoformat(), "body": '{"agree": "yes"}',
        "activity": told["activity"],
    }  # fmt: skip
    return {
        "admin": [
            ("villages:ties", {"resident": told["resident"], "relation": "self"}),
            ("villages:bulk_new", {"resident": [told["resident"]], "points": 5, "reason": "无", "on_date": today}),
            ("villages:dishonesty", {"act": "propose", "resident": "走访村民", "rule": "G03", "occurred_on": today}),
            ("villages:honours", {"pk": told["honour"], "decision": "yes"}),
            ("villages:helping", {"resident": told["resident"]}),
        ],
        "town": [
            ("villages:check", {"resident": told["resident"], "reason": "核查信访件"}),
            ("villages:honours", {"pk": told["honour"], "decision": "yes"}),
            ("villages:town_budget", {"what": "shop", "pk": told["shop"], "decision": "no", "reason": "无"}),
        ],
        "villager": [
            ("villages:my_act_for", {"resident": told["resident"]}),
            ("villages:my_basket_put", {"goods": told["goods"], "quantity": 1}),
            ("villages:my_hold", {"shop": told["shop"], "key": str(uuid.uuid4())}),
            ("villages:my_hold", {"shop": told["shop"], "key": told["hold"]}),
            ("villages_api:taps", tap),
            ("villages_api:taps", tap | {"resident": told["resident"]}),
        ],
        "keeper": [
            ("villages:till", {"code": "12345678"}),
            ("villages:till_goods", {"goods": told["goods"], "act": "loss", "quantity": 1, "key": str(uuid.uuid4())}),
        ],
    }[who]  # fmt: skip


@pytest.mark.parametrize("who", ["admin", "town", "villager", "keeper"])
def test_a_strangers_id_in_a_form_changes_nothing(
    who: str, victims: World, attackers: dict[str, User]
) -> None:
    told = targets(victims)
    client, before = client_of(attackers[who]), rows()
    for name, body in attempts(who, told):
        answer = client.post(reverse(name), body)
        assert answer.status_code < 500, name
        assert changed(before) == [], name


@pytest.mark.parametrize("who", ["admin", "town", "villager", "keeper"])
def test_ids_that_are_none_are_refused_without_a_fault(who: str, attackers: dict[str, User]) -> None:
    client: Client = client_of(attackers[who])
    client.raise_request_exception = False
    names = (
        "resident", "pk", "goods", "shop", "activity", "worker", "helper", "device", "transfer", "key", "village",
        "points", "quantity", "cost",
    )  # fmt: skip
    faults = []
    for typed in ("²", "-1", "9" * 30, "inf", ""):
        body = BODY | dict.fromkeys(names, typed) | {"what": "end_helper", "occurred_on": "2026-02-30"}
        for name, pattern in patterns():
            if pattern.pattern.converters or name == "villages:leave":
                continue
            query = dict.fromkeys(("village", "month", "page", "q", "channel"), typed)
            for method, told in ((client.get, query), (client.post, body)):
                if method(reverse(name), told).status_code >= 500:
                    faults.append(f"{method.__name__} {name} {typed}")
    assert faults == []
