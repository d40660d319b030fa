"""The demonstration's shops: proposed by the village, approved by the town, stocked, and used for pick-ups."""

import random
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

import audit
from accounts.models import Agency, User
from accounts.roles import Role
from villages.models import Goods, Hold, Resident, Shop, StockMove, Village
from villages.selectors.balances import points_of_many
from villages.services import holds, ledger, settlement, shops, stock
from villages.services.posting import UnableToReserveStock

GOODS = (
    ("香皂", "goods", "块", 50, 500), ("大米 5 公斤", "goods", "袋", 300, 2800), ("菜籽油 1.8 升", "goods", "瓶", 320, 3000),
    ("洗衣液 2 公斤", "goods", "瓶", 180, 1700), ("毛巾", "goods", "条", 60, 600), ("食盐", "goods", "袋", 30, 300),
    ("理发", "service", "次", 150, 1500), ("老年套餐", "service", "份", 100, 1000),
)  # fmt: skip
HOME_AGENCY = "shop.qiaotou"
PICKUPS_AT_HOME, PICKUPS = 60, 12


def open_shop(
    village: Village, cadres: list[User], town: User | None, seed: int, begun: datetime, ends: datetime,
    origin: audit.Origin, *, is_home: bool,
) -> None:  # fmt: skip
    """One shop, by the steps everybody takes; what is done already is left."""
    agency = Agency.objects.filter(code=HOME_AGENCY).first() if is_home else None
    name = "桥头示范便民超市" if is_home else f"{village.name}积分兑换点"
    shop = Shop.objects.filter(village=village, name=name).first() or shops.propose_shop(
        cadres[0], village, name=name, address="文化礼堂东侧", agency=agency, origin=origin, now=begun
    )
    if shop.state == Shop.State.PROPOSED:
        if town is None:
            return
        shop = shops.decide_shop(town, shop.pk, True, origin=origin, now=begun + timedelta(days=2))
    if shop.state != Shop.State.APPROVED:
        return
    _fill_shelves(shop, cadres[0], begun + timedelta(days=3), origin)
    if not Hold.objects.filter(shop=shop).exists():
        wanted = PICKUPS_AT_HOME if is_home else PICKUPS
        _pick_up(shop, random.Random(f"shop:{seed}:{village.code}"), ends, wanted)
        settlement.make_statements(ends.date().replace(day=1) - timedelta(days=1), now=ends)


def find_town_officer(village: Village) -> User | None:
    """Somebody of the town who may approve."""
    people = User.objects.filter(role_grants__role=Role.TOWN_ADMIN, agency__scope_code=village.town_code)
    return people.order_by("-is_demo", "pk").first()


def _fill_shelves(shop: Shop, cadre: User, at: datetime, origin: audit.Origin) -> None:
    have = set(Goods.objects.filter(shop=shop).values_list("name", flat=True))
    for name, kind, unit, points, fen in GOODS:
        if name not in have:
            shops.keep_goods(
                cadre,
                shop,
                name=name,
                points=points,
                cost_fen=fen,
                kind=kind,
                unit=unit,
                origin=origin,
                now=at,
            )
    received = StockMove.objects.filter(goods=OuterRef("pk"))
    empty = Goods.objects.filter(~Exists(received), shop=shop, kind=Goods.Kind.GOODS).order_by("pk")
    for goods in empty:
        # The soap runs low, so that the page has something to warn of.
        count = 8 if goods.name == GOODS[0][0] else 40
        stock.receive(ledger.new_key(at), goods.pk, count, now=at, note="首批进货", actor_id=cadre.pk)


def _pick_up(shop: Shop, chance: random.Random, ends: datetime, wanted: int) -> None:
    """People who have points take something; a few are still waiting."""
    goods = list(Goods.objects.filter(shop=shop, kind=Goods.Kind.GOODS).order_by("pk"))
    people = list(Resident.objects.filter(village=shop.village, status="active").values_list("pk", flat=True))
    points = points_of_many(people)
    able = sorted(pk for pk in people if points.get(pk, 0) >= 60)
    for number, resident_id in enumerate(chance.sample(able, min(wanted, len(able)))):
        fitting = [g for g in goods if g.points <= points[resident_id]]
        at = ends - timedelta(days=chance.randint(0, 60), minutes=number)
        try:
            hold = holds.open_hold(
                ledger.new_key(at), resident_id, shop.pk, {chance.choice(fitting).pk: 1}, now=at
            )
        except UnableToReserveStock:
            continue
        if number >= 3:
            holds.capture(hold.id, shop.pk, now=at + timedelta(hours=2))
