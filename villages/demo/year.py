"""A year in one village: what was held, who came, entered from sheets with their true dates."""

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

import audit
from accounts.models import User
from villages.activity_templates import templates
from villages.definitions import ledger_numbers
from villages.models import Activity, Consent, Resident, Village
from villages.selectors.mobile import belongs_to_audience
from villages.services.activities import Wish, publish_activity
from villages.services.attendance import enter_sheet
from villages.services.expiry import expire_vintage

MOST_A_SHEET, MOST_IN_LARGE, LARGE = 1500, 200, 5000


@dataclass(frozen=True)
class Held:
    """How often a template is held, and what share of those it is meant for come."""

    code: str
    every_days: int
    share: float
    first_day: int


PLAN = (
    Held("clean_up", 14, 0.22, 3), Held("patrol", 14, 0.05, 5), Held("meeting", 30, 0.55, 8),
    Held("drill", 91, 0.28, 20), Held("volunteer", 14, 0.09, 6), Held("vote", 91, 0.45, 40),
    Held("pledge", 182, 0.35, 15), Held("yard", 30, 0.16, 10), Held("lesson", 30, 0.20, 12),
    Held("neighbour", 30, 0.06, 17), Held("deliberation", 61, 0.10, 25),
)  # fmt: skip
BALLOTS = {"vote"}  # a secret ballot is never entered from a sheet
SPOKEN = {"deliberation"}
SPEAKERS = 4
A_COMMIT = 20


def live_through(
    village: Village, cadres: list[User], seed: int, begun: datetime, ends: datetime, origin: audit.Origin
) -> None:
    """Hold everything that is not held yet, day by day up to yesterday."""
    people = list(Resident.objects.filter(village=village, status="active").order_by("pk"))
    zeal = {
        r.pk: random.Random(f"zeal:{seed}:{r.name}:{r.birth_year}:{n}").betavariate(1.6, 4.5)
        for n, r in enumerate(people)
    }
    agreed = set(
        Consent.objects.filter(resident__village=village, kind="use", is_given=True).values_list(
            "resident_id", flat=True
        )
    )
    people = [resident for resident in people if resident.pk in agreed]
    have = dict(Activity.objects.filter(village=village, closes_at__lte=ends).values_list("opens_at", "pk"))
    done = set(
        Activity.objects.filter(village=village, taps__isnull=False).values_list("pk", flat=True).distinct()
    )
    todo = [(opens, held) for opens, held in _calendar(begun, ends) if have.get(opens) not in done]
    for start in range(0, len(todo), A_COMMIT):
        part = todo[start : start + A_COMMIT]
        # One commit for some twenty events: each by itself would wait for the disk twice.
        with audit.action("villages.demo.lived", origin=origin, target=f"village:{village.code}") as entry:
            entry.detail["count"] = len(part)
            for opens, held in part:
                chance = random.Random(f"year:{seed}:{village.code}:{held.code}:{opens.date()}")
                pk = have.get(opens)
                activity = (
                    Activity.objects.get(pk=pk)
                    if pk
                    else _publish(village, held, opens, len(people), cadres[0], origin)
                )
                _enter(activity, held, people, zeal, cadres, chance, origin)


def end_vintages(village: Village, ends: datetime) -> None:
    """What was earned in a year whose last day has passed ends on the morning after, as it does every spring."""
    for vintage in range(ends.year - 2, ends.year):
        morning = timezone.make_aware(
            datetime.combine(ledger_numbers().last_day_of(vintage) + timedelta(days=1), time(2))
        )
        if morning < ends:
            expire_vintage(village.pk, vintage, now=morning)


def _calendar(begun: datetime, ends: datetime) -> list[tuple[datetime, Held]]:
    """When what was held; no two of one village begin in the same minute."""
    found = []
    for number, held in enumerate(PLAN):
        day = begun.date() + timedelta(days=held.first_day)
        while day < ends.date() - timedelta(days=1):
            opens = timezone.make_aware(datetime.combine(day, time(8 + number % 10, 5 * (number % 12))))
            found.append((opens, held))
            day += timedelta(days=held.every_days)
    return sorted(found, key=lambda one: one[0])


def _publish(
    village: Village, held: Held, opens: datetime, people: int, cadre: User, origin: audit.Origin
) -> Activity:
    template = templates()[held.code]
    lasts = timedelta(minutes=template.minutes) if template.minutes else timedelta(hours=10)
    worth = template.points or template.points_per_hour * 3
    wish = Wish(
        kind=template.kind, mode=template.mode, title=template.title, text=template.text, rule_code=template.rule,
        template_code=template.code, audience=template.audience, opens_at=opens, closes_at=opens + lasts,
        planned_minutes=template.minutes, place=template.place, points=template.points,
        points_per_hour=template.points_per_hour, person_cap=template.person_cap, budget=max(worth * people, worth),
        photos_wanted=template.photos, needs_review=template.needs_review, is_secret=template.is_secret,
        lesson_seconds=template.seconds, choices=template.choices, questions=template.questions,
        questions_asked=template.ask, questions_right=template.right,
    )  # fmt: skip
    return publish_activity(village, wish, cadre, now=opens - timedelta(days=5), origin=origin)


def _enter(
    activity: Activity, held: Held, people: list[Resident], zeal: dict[int, float], cadres: list[User],
    chance: random.Random, origin: audit.Origin,
) -> None:  # fmt: skip
    """The sheet of one activity; the other cadre enters what the first may not decide."""
    # A village of twenty thousand holds the same events; its hall is no larger.
    most = MOST_IN_LARGE if len(people) > LARGE else MOST_A_SHEET
    if held.code in BALLOTS:
        from .ballots import cast_ballots

        return cast_ballots(activity, people, zeal, held.share, chance, most)
    if held.code in SPOKEN:
        from .speeches import speak_and_review

        return speak_and_review(activity, people, cadres, chance, SPEAKERS, origin)
    on = timezone.localdate(activity.opens_at)
    meant = [r for r in people if belongs_to_audience(r, activity, on)]
    # Who takes part often comes with a greater chance; the share of the village holds on the average.
    average = sum(zeal[r.pk] for r in meant) / max(1, len(meant))
    came = [r for r in meant if chance.random() < min(0.97, held.share * zeal[r.pk] / (average or 1))]
    if len(came) > most:
        came = sorted(chance.sample(came, most), key=lambda resident: resident.pk)
    if not came:
        came = meant[:1]
    minutes = {
        r.pk: chance.choice((60, 90, 120, 120, 150, 180)) if activity.mode == "hours" else 0 for r in came
    }
    entered_at = activity.closes_at + timedelta(hours=2)
    told = enter_sheet(activity, on, minutes, cadres[0], now=entered_at, origin=origin, quiet=True)
    if told.left_out and len(cadres) > 1:
        enter_sheet(
            activity, on, minutes, cadres[1], now=entered_at + timedelta(minutes=5), origin=origin, quiet=True
        )
    return None
