"""What clients want: awards, pick-ups, corrections, stock, budget, people who go on under another entry."""

import datetime as dt
from uuid import UUID

from villages.contracts import Award, Cap
from villages.definitions import ledger_numbers
from villages.engine.plain import PlainAward, PlainCap, Refused
from villages.engine.windows import Window, window_start
from villages.services import budget, holds, ledger, moves, settlement, stock

from .world import Operation, World


class Acts(World):
    """Draws the next thing somebody wants."""

    def next(self) -> Operation:
        chosen = self.random.choices(
            [
                self._award, self._batch, self._hold, self._capture, self._release, self._refund, self._reverse,
                self._deduct, self._stock, self._more_budget, self._sweep, self._settle, self._merge, self._move_away,
            ],
            [30, 8, 18, 14, 3, 6, 4, 4, 6, 2, 3, 2, 2, 3],
        )[0]  # fmt: skip
        return chosen()

    def _caps(self, on: dt.date) -> tuple[tuple[Cap, ...], tuple[PlainCap, ...]]:
        pick = self.random
        caps = []
        for code, window, limit, level, measure in (
            ("A.day", Window.DAY, 25, 1, 0), ("A.month", Window.MONTH, 90, 1, 0), ("A.times", Window.WEEK, 3, 1, 1),
            ("H.month", Window.MONTH, 120, 2, 0), ("H.times", Window.DAY, 2, 2, 1), ("V.month", Window.MONTH, 500, 3, 0),
        ):  # fmt: skip
            if pick.random() < 0.35:
                caps.append(Cap(code, limit, window_start(window, on), level, measure))
        return tuple(caps), tuple(PlainCap(c.code, c.limit, c.window_start, c.level, c.measure) for c in caps)

    def _one_award(self, resident: int, task: UUID, on: dt.date, points: int = 0) -> tuple[Award, PlainAward]:
        caps, plain_caps = ((), ()) if points else self._caps(on)
        points = points or self.random.choice((2, 5, 10, 20, 50))
        exempt, key = self.random.random() < 0.1, self.key()
        self.awards.append(key)
        real = Award(key, resident, task, on, points, caps=caps, exempt=exempt)
        return real, PlainAward(key, resident, task, on, points, plain_caps, exempt)

    def _award(self) -> Operation:
        task = UUID(int=self.random.randint(1, 12))
        pair = self._one_award(self.random.choice(self.people), task, self.now.date())
        return self._awarding([pair], "award")

    def _batch(self) -> Operation:
        task, on = UUID(int=self.random.randint(100, 130)), self.now.date()
        size = self.random.randint(2, 2 * len(self.people))
        pairs = [self._one_award(self.random.choice(self.people), task, on) for _ in range(size)]
        if self.random.random() < 0.3:
            pairs.append(self.random.choice(pairs))
        return self._awarding(pairs, "batch")

    def _awarding(self, pairs: list[tuple[Award, PlainAward]], name: str) -> Operation:
        return Operation(
            name,
            lambda now: self.plain.award([plain for _, plain in pairs], now),
            lambda now: [
                (r.granted, r.reason) for r in ledger.award_batch([real for real, _ in pairs], now=now)
            ],
        )

    def _hold(self) -> Operation:
        key, resident = self.key(), self.random.choice(self.people)
        shop = self.random.choice(self.shops).pk
        wanted = {g: self.random.randint(1, 2) for g in self.goods[shop] if self.random.random() < 0.5}
        wanted = wanted or {self.goods[shop][0]: 1}

        def model(now: dt.datetime) -> int:
            waiting = sum(
                h.state == "open" and h.resident == resident for k, h in self.plain.holds.items() if k != key
            )
            if waiting >= ledger_numbers().open_holds_per_person:
                raise Refused("VL005")
            expires = now + dt.timedelta(hours=ledger_numbers().pickup_hours)
            return self.plain.open_hold(key, resident, shop, wanted, expires)

        return Operation(
            "hold", model, lambda now: holds.open_hold(key, resident, shop, wanted, now=now).points
        )

    def _some_hold(self) -> UUID:
        known = list(self.plain.holds)
        if not known or self.random.random() < 0.03:
            return self.key()
        return self.random.choice(known[-6:])

    def _capture(self) -> Operation:
        key = self._some_hold()
        hold = self.plain.holds.get(key)
        shop = hold.shop if hold and self.random.random() < 0.97 else self.random.choice(self.shops).pk
        given = None
        if hold and self.random.random() < 0.3:
            given = {
                g: self.random.randint(0, q + (self.random.random() < 0.1))
                for g, (q, _) in hold.items.items()
            }
        return Operation(
            "capture", lambda now: self.plain.capture(key, shop, given, now),
            lambda now: holds.capture(key, shop, now=now, given=given), at_shop=True,
        )  # fmt: skip

    def _release(self) -> Operation:
        key = self._some_hold()
        return Operation(
            "release", lambda now: self.plain.release(key, "void", now),
            lambda now: holds.release(key, now=now), compare=False,
        )  # fmt: skip

    def _sweep(self) -> Operation:
        return Operation("sweep", lambda now: self.plain.sweep(now), holds.release_overdue, compare=False)

    def _refund(self) -> Operation:
        hold_key, key = self._some_hold(), self.key()
        hold = self.plain.holds.get(hold_key)
        items = list(hold.items) if hold else [self.goods[self.shops[0].pk][0]]
        back = {self.random.choice(items): self.random.randint(1, 2)}

        def real(now: dt.datetime) -> tuple[int, int]:
            made = holds.refund(key, hold_key, back, now=now)
            return made.points, made.expired

        return Operation(
            "refund", lambda now: self.plain.refund(key, hold_key, back, now), real, at_shop=True
        )

    def _reverse(self) -> Operation:
        source = self.awards if self.random.random() < 0.7 or not self.deductions else self.deductions
        original = self.random.choice(source[-15:]) if source else self.key()
        return Operation(
            "reverse", lambda now: self.plain.reverse(original, now)[0],
            lambda now: ledger.reverse(original, now=now).points,
        )  # fmt: skip

    def _deduct(self) -> Operation:
        key, resident, points = self.key(), self.random.choice(self.people), self.random.randint(1, 60)
        self.deductions.append(key)
        return Operation(
            "deduct", lambda now: self.plain.deduct(key, resident, points, now),
            lambda now: ledger.deduct(key, resident, points, now=now).points,
        )  # fmt: skip

    def _receipt(self, goods: int, quantity: int) -> Operation:
        key = self.key()

        def real(now: dt.datetime) -> int:
            if quantity > 0:
                return stock.receive(key, goods, quantity, now=now)
            return stock.lose(key, goods, -quantity, "破损", now=now)

        return Operation("stock", lambda now: self.plain.put_stock(key, goods, quantity), real, compare=False)

    def _stock(self) -> Operation:
        shop = self.random.choice(self.shops).pk
        goods = self.random.choice(self.goods[shop][:2])
        return self._receipt(goods, self.random.choice((10, 5, -1, -3)))

    def _fund(self, points: int, village: int | None = None) -> Operation:
        key, home = self.key(), village or self.village.pk
        return Operation(
            "fund", lambda now: self.plain.fund(key, points, now, home),
            lambda now: budget.fund_pool(key, home, points, now=now), compare=False,
        )  # fmt: skip

    def _more_budget(self) -> Operation:
        return self._fund(self.random.choice((500, 1000, -200, -5000)))

    def _settle(self) -> Operation:
        key, shop = self.key(), self.random.choice(self.shops).pk
        points = max(1, self.plain.posted.get(("shop", shop, 0), 0) // 2)
        return Operation(
            "settle", lambda now: self.plain.settle_shop(key, shop, points, now),
            lambda now: settlement.pay(key, shop, points, now=now), compare=False,
        )  # fmt: skip

    def _merge(self) -> Operation:
        own = [pk for pk in self.people if pk not in self.plain.elsewhere]
        return self._going_on(self.random.choice(own), self.random.choice(own), "merged")

    def _move_away(self) -> Operation:
        return self._going_on(self.random.choice(self.people), self.newcomer(), "moved")

    def _going_on(self, leaves: int, joins: int, kind: str) -> Operation:
        key = self.key()

        def real(now: dt.datetime) -> tuple[int, int]:
            person = moves.GoingOn(key, leaves, joins)
            went = moves.go_on([person], kind, on=now.date(), now=now)[0]
            self.outcome.went_on += not went.replayed
            return went.points, went.expired

        return Operation("go on", lambda now: self.plain.go_on(key, leaves, joins, kind, now), real)
