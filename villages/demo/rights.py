"""What the demonstration shows of rights: points taken by mistake, appeals before a panel, listings with notice, scores."""

import random
from datetime import date, datetime, timedelta

import audit
from accounts.models import RoleGrant, User
from accounts.roles import Role
from villages.models import Appeal, DishonestyEntry, Resident, ScoreSnapshot, Transfer, Village
from villages.selectors.balances import points_of_many
from villages.selectors.scores import rule_set_in_force
from villages.services import appeals, dishonesty, ledger
from villages.services.rules import install_starting_rules
from villages.services.score_snapshots import take_snapshots

REASONS = ("重复登记，核减", "签到表登记有误，核减", "活动取消，核减")
STORIES = ("那天我在现场，邻居可以作证。", "签到表上是我本人的签名。", "活动照常进行了，我参加到结束。")
UPHELD, KEPT = ("照片和证人可以确认到场", "登记人确认录入有误"), ("签到表上没有该村民", "活动记录与核减一致")
PANEL = 3


def rules_in_force(town_code: str, begun: datetime) -> None:
    """The starting table, in force before the first activity."""
    install_starting_rules(town_code, valid_from=begun.date() - timedelta(days=1), now=begun)


def live_with_rights(
    village: Village, cadres: list[User], seed: int, ends: datetime, origin: audit.Origin
) -> None:
    """A few corrections with appeals and one listing a village; made once."""
    chance = random.Random(f"rights:{seed}:{village.code}")
    if not Appeal.objects.filter(village=village).exists():
        _appeals(village, cadres, chance, ends, origin)
    if not DishonestyEntry.objects.filter(village=village).exists():
        _listing(village, cadres, chance, ends, origin)


def keep_scores(village: Village, ends: date, now: datetime, months: int) -> None:
    """Snapshots of the last ``months`` month ends."""
    last = ends.replace(day=1) - timedelta(days=1)
    for _ in range(months):
        has = ScoreSnapshot.objects.filter(village=village, day=last).exists()
        rule_set = rule_set_in_force(village, last)
        if rule_set is not None and not has:
            take_snapshots(village, last, now=now)
        last = last.replace(day=1) - timedelta(days=1)


def _appeals(
    village: Village, cadres: list[User], chance: random.Random, ends: datetime, origin: audit.Origin
) -> None:
    """Points taken by one cadre; contested; a panel of three decides most of it."""
    people = list(
        Resident.objects.filter(village=village, status="active", birth_year__lt=1990).order_by("pk")
    )
    points = points_of_many([person.pk for person in people])
    rich = [person for person in people if points.get(person.pk, 0) >= 20]
    panel = _panel(village, [person for person in people if person.user_id is None], ends)
    wronged = chance.sample(rich, min(len(rich), chance.randint(2, 4)))
    for number, person in enumerate(wronged):
        at = ends - timedelta(days=chance.randint(20, 70))
        taken = ledger.deduct(
            ledger.new_key(at),
            person.pk,
            10,
            now=at,
            actor_id=cadres[0].pk,
            memo=REASONS[number % len(REASONS)],
        )
        assert Transfer.objects.filter(pk=taken.ids[0]).exists()
        filed = at + timedelta(days=chance.randint(1, 9))
        appeal = appeals.appeal_transfer(
            person, taken.ids[0], STORIES[number % len(STORIES)], origin=origin, now=filed
        )
        fitting = [who for who in panel if who.pk != person.user_id]
        if (number == 0 and chance.random() < 0.4) or len(fitting) < PANEL:
            continue  # this one still waits for its panel
        appeals.seat_panel(
            cadres[1], appeal.pk, fitting[:PANEL], origin=origin, now=filed + timedelta(days=1)
        )
        uphold = chance.random() < 0.55
        for place, member in enumerate(fitting[:PANEL]):
            appeals.vote(
                member, appeal.pk, uphold if place else not uphold,
                chance.choice(UPHELD if (uphold if place else not uphold) else KEPT),
                origin=origin, now=filed + timedelta(days=chance.randint(2, 7), hours=place),
            )  # fmt: skip


def _panel(village: Village, people: list[Resident], at: datetime) -> list[User]:
    """Villagers' representatives, invented ones who cannot sign in; each in a household of its own."""
    members: list[User] = []
    homes: set[int | None] = set()
    for person in people:
        if len(members) > PANEL:
            break
        if person.household_id in homes:
            continue
        homes.add(person.household_id)
        username = f"representative.{village.code}.{len(members) + 1}"
        user = User.objects.filter(username=username).first()
        if user is None:
            user = User(
                username=username, full_name=person.name, agency=village.agency, is_demo=True,
                password_changed_at=at,
            )  # fmt: skip
            user.set_unusable_password()
            user.save()
            RoleGrant.objects.create(user=user, role=Role.VILLAGER)
        members.append(user)
    return members


def _listing(
    village: Village, cadres: list[User], chance: random.Random, ends: datetime, origin: audit.Origin
) -> None:
    """One fact under a rule that deducts, by two people, with its notice; every second one counts already."""
    people = list(Resident.objects.filter(village=village, status="active", user__isnull=True).order_by("pk"))
    at = ends - timedelta(days=chance.choice((6, 40)))
    entry = dishonesty.propose(
        cadres[0], chance.choice(people), "E08", occurred_on=at.date() - timedelta(days=3),
        evidence="巡查照片两张，执法人员现场认定", origin=origin, now=at,
    )  # fmt: skip
    dishonesty.confirm(cadres[1], entry.event_id, origin=origin, now=at + timedelta(days=1))
    dishonesty.activate_due(now=ends)
