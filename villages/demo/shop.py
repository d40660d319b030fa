"""The demonstration's shop: goods on the shelf and a year of pick-ups through the ledger's holds."""

import random
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Agency
from villages.models import Goods, Resident, Shop, Village
from villages.selectors.balances import points_of_many
from villages.services import holds, ledger, stock

GOODS = (
    ("香皂", "goods", "块", 50, 400), ("大米 5 公斤", "goods", "袋", 300, 2600), ("菜籽油 1.8 升", "goods", "瓶", 320, 2900),
    ("洗衣液 2 公斤", "goods", "瓶", 180, 1500), ("毛巾", "goods", "条", 60, 500), ("食盐", "goods", "袋", 30, 250),
    ("理发", "service", "次", 150, 1500), ("老年套餐", "service", "份", 100, 1000),
)  # fmt: skip
PICKUPS = 60


@transaction.atomic
def open_shop(village: Village, seed: int, begun: datetime, ends: datetime) -> None:
    """The shop of the demo shop keeper with stock and pick-ups; made once."""
    agency = Agency.objects.filter(code="shop.qiaotou").first()
    if agency is None or Shop.objects.filter(agency=agency).exists():
        return
    shop = Shop.objects.create(
        village=village, agency=agency, name="桥头示范便民超市", address="文化礼堂东侧", state=Shop.State.APPROVED,
        proposed_at=begun, decided_at=begun,
    )  # fmt: skip
    goods = [
        Goods.objects.create(shop=shop, name=name, kind=kind, unit=unit, points=points, cost_fen=fen)
        for name, kind, unit, points, fen in GOODS
    ]
    for number, one in enumerate(goods):
        if one.kind == Goods.Kind.GOODS:
            stock.receive(ledger.new_key(begun), one.pk, 40 if number else 8, now=begun, note="首批进货")
    _pick_up(shop, goods, random.Random(f"shop:{seed}"), ends)


def _pick_up(shop: Shop, goods: list[Goods], chance: random.Random, ends: datetime) -> None:
    """People who have points take something; a few are still waiting."""
    people = list(Resident.objects.filter(village=shop.village, status="active").values_list("pk", flat=True))
    points = points_of_many(people)
    able = sorted(pk for pk in people if points.get(pk, 0) >= 60)
    for number, resident_id in enumerate(chance.sample(able, min(PICKUPS, len(able)))):
        fitting = [g for g in goods if g.kind == Goods.Kind.GOODS and g.points <= points[resident_id]]
        at = ends - timedelta(days=chance.randint(0, 60), minutes=number)
        hold = holds.open_hold(
            ledger.new_key(at), resident_id, shop.pk, {chance.choice(fitting).pk: 1}, now=at
        )
        if number >= 3:
            holds.capture(hold.id, shop.pk, now=at + timedelta(hours=2))
