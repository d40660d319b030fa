"""点一点: votes, where taking part counts and never the choice, and pledges.

A secret choice goes into a sealed envelope in the transaction of its tap, so that none is lost. When the vote is over and
nothing can arrive late any more, one other transaction opens all envelopes, writes the ballots in random order and removes
the envelopes: nothing in the tables then tells which ballot came with which tap.
"""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Coalesce, Least

from foundation import keys
from villages.engine.trust import Signs
from villages.models import Activity, Ballot, BallotEnvelope, Choice, Tap
from villages.models.activities import Mode

from .taps import CLOSE_SLACK, LATEST, Finding, TapOrder, UnableToTap, handles

DIGITS = 12


@handles(Mode.VOTE)
def take_vote(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """One ballot; a secret one is sealed and says nothing about itself until the box is opened."""
    number = str(order.body.get("choice", ""))
    choice = (
        Choice.objects.filter(activity=activity, number=number).first() if str(number).isdigit() else None
    )
    if choice is None:
        raise UnableToTap("请选择一项后再提交。", code="choice")

    def cast(tap: Tap) -> None:
        if activity.is_secret:
            put_into_box(activity, [choice])
        else:
            Ballot.objects.create(id=uuid.uuid4(), activity=activity, choice=choice, resident=order.resident)

    return Finding(Signs(), after=cast)


@handles(Mode.PLEDGE)
def take_pledge(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """A promise, given by ticking it."""
    if not order.body.get("agree"):
        raise UnableToTap("请勾选承诺后再提交。", code="pledge")
    return Finding(Signs())


def put_into_box(activity: Activity, choices: Iterable[Choice]) -> None:
    """Seal choices into the box of a secret vote. Raises :class:`UnableToTap` once it was opened."""
    with connection.cursor() as cursor:
        # Shared by voters, taken alone by whoever opens the box: no envelope comes in beside an opening.
        cursor.execute("SELECT box_opened_at FROM villages_activity WHERE id = %s FOR SHARE", [activity.pk])
        if cursor.fetchone()[0] is not None:
            raise UnableToTap("投票已结束并开箱，这一票不能再计入。", code="closed")
    BallotEnvelope.objects.bulk_create(
        BallotEnvelope(
            id=uuid.uuid4(), activity=activity,
            sealed=keys.encrypt(f"{choice.pk:0{DIGITS}d}", context=_place(activity)),
        )
        for choice in choices
    )  # fmt: skip


def open_box(activity_id: int, *, now: datetime) -> int:
    """Open a box once: all its ballots come into being together, in random order; how many."""
    with transaction.atomic():
        activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity_id)
        if not activity.is_secret or activity.box_opened_at is not None:
            return 0
        found = list(BallotEnvelope.objects.filter(activity=activity).values_list("sealed", flat=True))
        picked = [int(keys.decrypt(sealed, context=_place(activity))) for sealed in found]
        ballots = [Ballot(id=uuid.uuid4(), activity=activity, choice_id=choice) for choice in picked]
        Ballot.objects.bulk_create(sorted(ballots, key=lambda ballot: ballot.id))
        BallotEnvelope.objects.filter(activity=activity).delete()
        activity.box_opened_at = now
        activity.save(update_fields=["box_opened_at"])
    return len(picked)


def open_due_boxes(*, now: datetime) -> int:
    """Open every box whose vote is over and for which no ballot can arrive late any more; how many boxes."""
    over = Activity.objects.filter(mode=Mode.VOTE, is_secret=True, box_opened_at__isnull=True)
    ends = Least("closes_at", Coalesce("closed_at", "closes_at"))
    due = over.annotate(ends=ends).filter(ends__lt=now - LATEST - CLOSE_SLACK).values_list("pk", flat=True)
    for activity_id in list(due):
        open_box(activity_id, now=now)
    return len(due)


def counts_of(activity: Activity) -> list[tuple[str, int]]:
    """Each choice with its ballots, in the order of the paper; nothing while a secret box is closed."""
    if activity.is_secret and activity.box_opened_at is None:
        return []
    cast = Counter(Ballot.objects.filter(activity=activity).values_list("choice_id", flat=True))
    return [(choice.text, cast[choice.pk]) for choice in activity.choices.all()]


def _place(activity: Activity) -> str:
    return f"villages.ballot/{activity.pk}"
