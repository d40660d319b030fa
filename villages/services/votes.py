"""点一点: votes, where taking part counts and never the choice, and pledges."""

import uuid
from collections import Counter
from datetime import datetime

from villages.engine.trust import Signs
from villages.models import Activity, Ballot, Choice, Tap
from villages.models.activities import Mode

from .taps import Finding, TapOrder, UnableToTap, handles


@handles(Mode.VOTE)
def take_vote(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """One ballot. A secret one keeps no voter; its id is random, so that it tells no order either."""
    number = str(order.body.get("choice", ""))
    choice = (
        Choice.objects.filter(activity=activity, number=number).first() if str(number).isdigit() else None
    )
    if choice is None:
        raise UnableToTap("请选择一项后再提交。", code="choice")

    def cast(tap: Tap) -> None:
        Ballot.objects.create(
            id=uuid.uuid4(),
            activity=activity,
            choice=choice,
            resident=None if activity.is_secret else order.resident,
        )

    return Finding(Signs(), after=cast)


@handles(Mode.PLEDGE)
def take_pledge(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """A promise, given by ticking it."""
    if not order.body.get("agree"):
        raise UnableToTap("请勾选承诺后再提交。", code="pledge")
    return Finding(Signs())


def counts_of(activity: Activity) -> list[tuple[str, int]]:
    """Each choice with its ballots, in the order of the paper."""
    cast = Counter(Ballot.objects.filter(activity=activity).values_list("choice_id", flat=True))
    return [(choice.text, cast[choice.pk]) for choice in activity.choices.all()]
