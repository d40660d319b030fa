"""A village's rows in any number, for tests that ask whether a page's work grows with them."""

import dataclasses
import datetime as dt
import io
import itertools
import uuid

from django.utils import timezone

from accounts.models import Agency, User
from accounts.roles import AgencyKind, Role
from foundation import files
from tests.people import make_agency, make_person
from tests.villages.worlds import ORIGIN, World, make_activity, make_village, make_world
from villages import models as m
from villages.contracts import Award
from villages.engine.geofence import Position
from villages.models import EventStatus
from villages.services import ledger
from villages.services.activities import add_place_code
from villages.services.rules import install_starting_rules

NEGATIVE, HONOUR = "G03", "H02"


@dataclasses.dataclass
class Crowd:
    """A village that :meth:`grow` fills; the first row of each kind stays the one whose page is opened."""

    world: World
    keeper: User
    shop: m.Shop
    rules: m.RuleSet
    vote: m.Activity
    activity: m.Activity
    numbers: itertools.count = dataclasses.field(default_factory=lambda: itertools.count(1))

    def grow(self, count: int) -> None:
        """``count`` more rows of everything a page of the app lists."""
        now = timezone.now()
        numbers = [next(self.numbers) for _ in range(count)]
        people = self._people(numbers, now)
        self._activities(numbers, people, now)
        self._points(people, now)
        self._score(numbers, people, now)
        self._spending(numbers, people, now)
        self._office(numbers, people, now)

    @property
    def village(self) -> m.Village:
        return self.world.village

    def _people(self, numbers: list[int], now: dt.datetime) -> list[m.Resident]:
        village, resident, admin = self.village, self.world.resident, self.world.admin
        houses = m.Household.objects.bulk_create(
            m.Household(village=village, number=f"{n + 100}") for n in numbers
        )
        people = m.Resident.objects.bulk_create(
            m.Resident(village=village, household=house, name=f"村民{n}", pinyin=f"cunmin{n}|cm{n}", birth_year=1960)
            for n, house in zip(numbers, houses, strict=True)
        )  # fmt: skip
        m.Resident.objects.bulk_create(
            m.Resident(
                village=village, household=resident.household, name=f"家人{n}", pinyin=f"jiaren{n}|jr{n}"
            )
            for n in numbers
        )
        told = {"reason": "不用手机", "agreed_at": now, "agreed_by": admin}
        m.Helper.objects.bulk_create(
            [m.Helper(resident=one, kind="family", helper=resident, **told) for one in people]
            + [m.Helper(resident=resident, kind="family", helper=one, **told) for one in people]
            + [m.Helper(resident=one, kind="grid", helper_user=admin, **told) for one in people]
        )
        m.Tie.objects.bulk_create(
            m.Tie(user=admin, resident=one, relation="relative", declared_at=now) for one in people
        )
        m.Consent.objects.bulk_create(
            m.Consent(resident=resident, kind="use", version=1, is_given=True, at=now, by_user=admin)
            for _ in numbers
        )
        m.Device.objects.bulk_create(
            m.Device(
                resident=resident, digest=f"{n:064d}", label="手机", created_at=now, last_seen_at=now,
                expires_at=now + dt.timedelta(days=90),
            )
            for n in numbers
        )  # fmt: skip
        m.ResidentEvent.objects.bulk_create(
            m.ResidentEvent(resident=resident, kind="changed", on_date=now, by_user=admin, at=now)
            for _ in numbers
        )
        m.Opening.objects.bulk_create(
            m.Opening(resident=resident, user=admin, what="村民档案", at=now) for _ in numbers
        )
        m.BoardConsent.objects.bulk_create(
            m.BoardConsent(resident=one, show_name=True, given_at=now) for one in people
        )
        return people

    def _activities(self, numbers: list[int], people: list[m.Resident], now: dt.datetime) -> None:
        copies = []
        for n in numbers:
            copy = m.Activity.objects.get(pk=self.vote.pk)
            copy.pk, copy.title = None, f"投票{n}"
            copies.append(copy)
        made = m.Activity.objects.bulk_create(copies)
        m.Choice.objects.bulk_create(
            m.Choice(activity=one, number=k, text=f"选项{k}") for one in made for k in (1, 2, 3)
        )
        told = {"village": self.village, "body_digest": "0" * 64, "occurred_at": now, "received_at": now}
        own = [
            m.Tap(
                id=uuid.uuid4(), activity=one, resident=self.world.resident, occasion="once", state="waiting",
                due_on=now, by_resident=person, **told,
            )
            for one, person in zip(made, people, strict=True)
        ]  # fmt: skip
        others = [
            m.Tap(
                id=uuid.uuid4(), activity=self.activity, resident=person, occasion="once", state="waiting",
                due_on=now, by_user=self.world.admin, escalated_at=now, **told,
            )
            for person in people
        ]  # fmt: skip
        m.Tap.objects.bulk_create(own + others)
        shot = files.store().put(io.BytesIO(b"picture"), limit_bytes=100)
        kept = {
            "village": self.village, "kind": "photo", "digest": shot.digest, "mime": "image/jpeg", "size": 7,
            "received_at": now,
        }  # fmt: skip
        first = m.Piece.objects.create(tap=own[0], **kept)
        m.Piece.objects.bulk_create(
            m.Piece(tap=tap, twin=first, twin_likeness="same", **kept) for tap in own + others
        )
        m.PlaceCode.objects.bulk_create(
            m.PlaceCode(village=self.village, name=f"地点{n}", latitude=30, longitude=121, sealed_secret="", created_at=now)
            for n in numbers
        )  # fmt: skip

    def _points(self, people: list[m.Resident], now: dt.datetime) -> None:
        today, resident = timezone.localdate(now), self.world.resident
        awards = [Award(ledger.new_key(now), one.pk, uuid.uuid4(), today, 20) for one in people]
        awards += [Award(ledger.new_key(now), resident.pk, uuid.uuid4(), today, 20) for _ in people]
        ledger.award_batch(awards, now=now)

    def _score(self, numbers: list[int], people: list[m.Resident], now: dt.datetime) -> None:
        village, resident, admin = self.village, self.world.resident, self.world.admin
        today = timezone.localdate(now)
        told = {
            "village": village, "rule_set": self.rules, "occurred_on": today, "valid_from": today, "evidence": "记录",
            "made_by": admin, "made_at": now, "valid_to": today + dt.timedelta(days=300),
        }  # fmt: skip
        own = [
            m.ScoreEvent(id=uuid.uuid4(), resident=resident, rule_code=code, delta=-1, **told)
            for code, _ in itertools.product((NEGATIVE, HONOUR), numbers)
        ]
        house = [
            m.ScoreEvent(id=uuid.uuid4(), household=resident.household, rule_code=NEGATIVE, delta=-1, **told)
            for _ in numbers
        ]
        others = [
            m.ScoreEvent(id=uuid.uuid4(), resident=one, rule_code=NEGATIVE, delta=-1, **told)
            for one in people
        ]
        m.ScoreEvent.objects.bulk_create(own + house + others)
        m.ScoreEventStep.objects.bulk_create(
            m.ScoreEventStep(
                event=event, from_day=today, at=now, by=admin,
                status=EventStatus.WITHDRAWN if number % 2 else EventStatus.ACTIVE,
            )
            for number, event in enumerate(own + house + others)
        )  # fmt: skip
        appeals = m.Appeal.objects.bulk_create(
            m.Appeal(
                id=uuid.uuid4(), village=village, resident=event.resident or resident, event=event, text="不是我",
                state="panel", filed_at=now, due_on=today,
            )
            for event in own[: len(numbers)] + others
        )  # fmt: skip
        m.PanelSeat.objects.bulk_create(m.PanelSeat(appeal=one, member=self.world.user) for one in appeals)
        m.DishonestyEntry.objects.bulk_create(
            m.DishonestyEntry(event=event, village=village, proposed_by=admin, proposed_at=now)
            for event in others
        )
        m.Honour.objects.bulk_create(
            m.Honour(
                id=uuid.uuid4(), village=village, resident=one, rule_code=HONOUR, level="村级", title="好人", issued_by="镇",
                issued_on=today, document="0" * 64, document_name="a.pdf", declared_at=now,
            )
            for one in [resident] * len(numbers) + people
        )  # fmt: skip
        proof = files.store().put(io.BytesIO(b"%PDF-1.7"), limit_bytes=100)
        m.Honour.objects.filter(pk=m.Honour.objects.order_by("pk").values_list("pk", flat=True)[0]).update(
            state="granted", document=proof.digest
        )
        m.ScoreSnapshot.objects.bulk_create(
            m.ScoreSnapshot(
                resident=resident, village=village, day=today - dt.timedelta(days=n), rule_set=self.rules, score=100,
                grade="B", points_earned=0, detail={}, digest="", made_at=now,
            )
            for n in numbers
        )  # fmt: skip
        m.RuleSet.objects.bulk_create(
            m.RuleSet(
                town_code=village.town_code, village=village, parent=self.rules, version=n, title="本村补充", made_by=admin,
                content=self.rules.content, digest=self.rules.digest, made_at=now,
            )
            for n in numbers
        )  # fmt: skip

    def _spending(self, numbers: list[int], people: list[m.Resident], now: dt.datetime) -> None:
        village, admin, shop = self.village, self.world.admin, self.shop
        shops = m.Shop.objects.bulk_create(
            m.Shop(village=village, name=f"商店{n}", state=state, proposed_at=now, proposed_by=admin)
            for n, state in zip(numbers, itertools.cycle(("approved", "proposed")), strict=False)
        )
        goods = m.Goods.objects.bulk_create(
            m.Goods(shop=one, name=f"香皂{n}", points=1 + n % 5)
            for n in numbers
            for one in (shop, shops[n % len(shops)])
        )
        m.Stock.objects.bulk_create(m.Stock(goods=one, on_hand=3) for one in goods)
        m.BasketLine.objects.bulk_create(
            m.BasketLine(resident=self.world.resident, goods=one) for one in goods
        )
        states = itertools.cycle(("open", "captured"))
        holds = m.Hold.objects.bulk_create(
            m.Hold(
                id=uuid.uuid4(), village=village, shop=shop, resident=self.world.resident, amount=5, captured=0,
                state=state, code_index=f"i{n}", code_cipher="", opened_at=now, expires_at=now + dt.timedelta(hours=9),
                resolved_at=None if state == "open" else now,
            )
            for n, state in zip(numbers, states, strict=False)
        )  # fmt: skip
        m.HoldItem.objects.bulk_create(
            m.HoldItem(hold=one, goods=thing, quantity=1, unit_points=5)
            for one, thing in zip(holds, goods, strict=False)
        )
        m.Statement.objects.bulk_create(
            m.Statement(
                id=uuid.uuid4(), shop=one, month=dt.date(1990 + n // 12, 1 + n % 12, 1), captures=5, refunds=0, pickups=1,
                points=5, points_per_yuan=10, state=state, made_at=now,
            )
            for n in numbers
            for one, state in ((shop, "open"), (shops[n % len(shops)], "confirmed"))
        )  # fmt: skip
        m.BudgetRequest.objects.bulk_create(
            m.BudgetRequest(
                id=uuid.uuid4(), village=village, points=5, purpose="活动", asked_by=admin, asked_at=now
            )
            for _ in numbers
        )
        Agency.objects.bulk_create(
            Agency(code=f"shop.crowd{n}", name=f"小店{n}", kind=AgencyKind.SHOP) for n in numbers
        )

    def _office(self, numbers: list[int], people: list[m.Resident], now: dt.datetime) -> None:
        village, admin, today = self.village, self.world.admin, timezone.localdate(now)
        m.BulkAward.objects.bulk_create(
            m.BulkAward(
                village=village, reason="清理河道", points=5, on_date=today, resident_ids=[p.pk for p in people],
                proposed_by=admin, proposed_at=now, due_on=today, escalated_at=now,
            )
            for _ in numbers
        )  # fmt: skip
        m.MonthlyNotice.objects.bulk_create(
            m.MonthlyNotice(
                village=village, month=dt.date(1990 + n // 12, 1 + n % 12, 1), rows=[], digest="0" * 64,
                issued_at=now, issued_by=admin, totals={"people": 0, "earned": 0, "spent": 0, "corrected": 0},
            )
            for n in numbers
        )  # fmt: skip
        m.ResidentImport.objects.bulk_create(
            m.ResidentImport(
                village=village, file_name="名单.xlsx", file_digest="0" * 64, rows=[], by_user=admin, at=now
            )
            for _ in numbers
        )
        m.DaySeal.objects.bulk_create(
            m.DaySeal(
                village=village, day=today - dt.timedelta(days=n), previous="", seal=f"{n:064d}", transfers=0,
                totals={}, sealed_at=now,
            )
            for n in numbers
        )  # fmt: skip
        for n in numbers[: max(1, len(numbers) // 30)]:
            make_village(f"330282109{n:03d}", f"邻村{n}", village.agency.parent)


def make_crowd() -> Crowd:
    """The village without its crowd: cadres, the town, one villager, one shop, rules in force."""
    world, now = make_world(), timezone.now()
    village = world.village
    rules = install_starting_rules(
        village.town_code, valid_from=timezone.localdate(now) - dt.timedelta(days=400), now=now
    )
    shop_agency = make_agency(AgencyKind.SHOP)
    keeper = make_person(Role.SHOP_KEEPER, agency=shop_agency)
    shop = m.Shop.objects.create(
        village=village, agency=shop_agency, name="一号店", state="approved", proposed_at=now
    )
    add_place_code(village, "文化礼堂", Position(30.3, 121.4), 150, now=now, origin=ORIGIN)
    vote = make_activity(village, mode="vote", choices=["同意", "不同意"])
    return Crowd(world, keeper, shop, rules, vote, make_activity(village, budget=100_000))
