"""The watch list of a user."""

from datetime import datetime
from typing import Any

from credit.models import WatchEntry
from datahub.public import EnterpriseCard

MOST_WATCHED = 200


class UnableToWatch(ValueError):
    """The list is full; the text is for the user."""


def watch(user: Any, enterprise: EnterpriseCard, *, now: datetime) -> None:
    """Put an enterprise on the list; doing it twice changes nothing."""
    if WatchEntry.objects.filter(user_id=user.pk).count() >= MOST_WATCHED:
        raise UnableToWatch(f"关注名单最多 {MOST_WATCHED} 家，请先移出不再关注的企业。")
    WatchEntry.objects.get_or_create(user_id=user.pk, enterprise_id=enterprise.id, defaults={"added_at": now})


def unwatch(user: Any, enterprise: EnterpriseCard) -> None:
    WatchEntry.objects.filter(user_id=user.pk, enterprise_id=enterprise.id).delete()
