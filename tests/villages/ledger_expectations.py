"""Addresses of spending, money, rules, listings and appeals."""

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from accounts.roles import Role
from tests.url_expectations import Expectation, World, allow

VILLAGER, ADMIN, TOWN, KEEPER = Role.VILLAGER, Role.VILLAGE_ADMIN, Role.TOWN_ADMIN, Role.SHOP_KEEPER


def _village(world: World) -> Any:
    from tests.villages.expectations import a_village
    from villages.models import Village

    a_village(world)
    return Village.objects.get(agency=world.agency(ADMIN))


def _resident(world: World) -> Any:
    from villages.models import Resident

    _village(world)
    return Resident.objects.get(user=world.people[VILLAGER])


def rules_in_force(world: World) -> Any:
    from villages.services.rules import install_starting_rules

    village, now = _village(world), timezone.now()
    return install_starting_rules(
        village.town_code, valid_from=timezone.localdate() - dt.timedelta(days=400), now=now
    )


def with_rules(world: World) -> dict[str, Any]:
    rules_in_force(world)
    return {}


def a_shop(world: World) -> dict[str, Any]:
    from villages.models import Shop

    Shop.objects.get_or_create(
        agency=world.agency(KEEPER),
        defaults={
            "village": _village(world),
            "name": "走访商店",
            "state": "approved",
            "proposed_at": timezone.now(),
        },
    )
    return {}


def a_hold(world: World) -> dict[str, Any]:
    from villages.contracts import Award
    from villages.models import Goods, Shop
    from villages.services import budget, holds, ledger

    a_shop(world)
    now, person = timezone.now(), _resident(world)
    shop = Shop.objects.get(agency=world.agency(KEEPER))
    goods, _ = Goods.objects.get_or_create(shop=shop, name="理发", kind="service", points=5)
    budget.fund_pool(uuid.uuid4(), shop.village_id, 1000, now=now)
    ledger.award(Award(uuid.uuid4(), person.pk, uuid.uuid4(), timezone.localdate(now), 20), now=now)
    return {"pk": holds.open_hold(uuid.uuid4(), person.pk, shop.pk, {goods.pk: 1}, now=now).id}


def a_rule_set(world: World) -> dict[str, Any]:
    return {"pk": rules_in_force(world).pk}


def an_event(world: World) -> dict[str, Any]:
    from villages.services.score_events import record_event

    event = record_event(
        rules_in_force(world), "G03", resident=_resident(world), occurred_on=timezone.localdate(), evidence="核查记录",
        now=timezone.now(),
    )  # fmt: skip
    return {"pk": event.pk}


def an_appeal(world: World) -> dict[str, Any]:
    import audit
    from villages.services.appeals import appeal_event

    args = an_event(world)
    filed = appeal_event(
        _resident(world), args["pk"], "不是我", origin=audit.Origin.system("test"), now=timezone.now()
    )
    return {"pk": filed.pk}


def an_honour(world: World) -> dict[str, Any]:
    import io

    from foundation import files
    from villages.models import Honour

    kept = files.store().put(io.BytesIO(b"%PDF-1.7 proof"), limit_bytes=100)
    honour = Honour.objects.create(
        id=uuid.uuid4(), village=_village(world), resident=_resident(world), rule_code="H02", level="村级", title="好邻居",
        issued_by="村委会", issued_on=timezone.localdate(), document=kept.digest, document_name="证书.pdf",
        declared_at=timezone.now(),
    )  # fmt: skip
    return {"pk": honour.pk}


def nothing(world: World) -> dict[str, Any]:
    _village(world)
    return {"pk": uuid.uuid4()}


LEDGER: dict[str, Expectation] = {
    "villages:my_wallet": allow(VILLAGER, args=a_shop),
    "villages:my_basket": allow(VILLAGER, args=with_rules),
    "villages:my_basket_put": allow(VILLAGER, ok=405, args=with_rules),
    "villages:my_hold": allow(VILLAGER, ok=405, args=with_rules),
    "villages:my_pickup": allow(VILLAGER, args=a_hold),
    "villages:my_pickup_cancel": allow(VILLAGER, ok=405, args=a_hold),
    "villages:my_village_money": allow(VILLAGER, args=with_rules),
    "villages:my_journal": allow(VILLAGER, args=with_rules),
    "villages:my_data": allow(VILLAGER, args=with_rules),
    "villages:till": allow(KEEPER, args=a_shop),
    "villages:till_hold": allow(KEEPER, args=a_hold),
    "villages:till_goods": allow(KEEPER, args=a_shop),
    "villages:till_statements": allow(KEEPER, args=a_shop),
    "villages:statement_act": allow(KEEPER, ADMIN, ok=405, args=nothing),
    "villages:village_money": allow(ADMIN, args=with_rules).but({TOWN: 404}),
    "villages:journal_export": allow(ADMIN, VILLAGER, args=with_rules).but({TOWN: 404}),
    "villages:settlements": allow(ADMIN, TOWN, args=with_rules),
    "villages:town_budget": allow(TOWN, args=with_rules),
    "villages:town_shops": allow(TOWN, args=with_rules),
    "villages:my_score": allow(VILLAGER, args=with_rules),
    "villages:my_event": allow(VILLAGER, args=an_event),
    "villages:my_household": allow(VILLAGER, args=with_rules),
    "villages:my_appeals": allow(VILLAGER, args=with_rules),
    "villages:my_appeal": allow(VILLAGER, args=an_appeal),
    "villages:my_appeal_points": allow(VILLAGER, ok=405, args=with_rules),
    "villages:my_honours": allow(VILLAGER, args=with_rules),
    "villages:my_board": allow(VILLAGER, args=with_rules),
    "villages:my_rules": allow(VILLAGER, args=with_rules),
    "villages:rules": allow(ADMIN, TOWN, args=with_rules),
    "villages:rule_set": allow(ADMIN, args=a_rule_set).but({TOWN: 404}),
    "villages:dishonesty": allow(ADMIN, TOWN, args=with_rules),
    "villages:honours": allow(ADMIN, TOWN, args=with_rules),
    "villages:honour_document": allow(ADMIN, args=an_honour).but({TOWN: 404}),
    "villages:appeals": allow(ADMIN, TOWN, VILLAGER, args=with_rules),
    "villages:appeal": allow(ADMIN, args=an_appeal).but({TOWN: 404, VILLAGER: 404}),
}
