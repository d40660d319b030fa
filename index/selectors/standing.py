"""Where the index stands: method, last run, last day. Everything that reads starts here."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from index.basket import Basket
from index.models import MethodVersion, Run, RunState
from index.services.method import basket_of


@dataclass(frozen=True)
class Standing:
    """The method that counts and its last finished run; ``day`` is the last day with values."""

    method: MethodVersion
    run: Run
    basket: Basket

    @property
    def day(self) -> date:
        return self.run.last_day

    @property
    def key(self) -> tuple[int, int]:
        """Changes whenever published values may have changed."""
        return self.method.pk, self.run.pk

    @property
    def published_at(self) -> datetime:
        return timezone.localtime(self.run.realtime)


def find_standing() -> Standing | None:
    """None before the first backfill. Two queries."""
    method = MethodVersion.objects.filter(is_current=True).first()
    if method is None:
        return None
    run = Run.objects.filter(method=method, state=RunState.DONE).order_by("-last_day", "-id").first()
    return Standing(method, run, basket_of(method)) if run else None
