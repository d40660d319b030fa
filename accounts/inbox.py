"""待办 and 消息: other apps leave them here, every page counts them."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from .models import InboxItem, User
from .roles import Role


def notify(
    users: Iterable[User], title: str, *, text: str = "", url: str = "", now: datetime | None = None
) -> int:
    """Leave a message with each of ``users``; returns how many. ``url`` is a path of the portal."""
    moment = now or timezone.now()
    items = [
        InboxItem(user=user, kind=InboxItem.Kind.MESSAGE, title=title, text=text, url=url, created_at=moment)
        for user in users
    ]
    return len(InboxItem.objects.bulk_create(items))


def open_task(
    users: Iterable[User],
    key: str,
    title: str,
    *,
    text: str = "",
    url: str = "",
    due_on: date | None = None,
    now: datetime | None = None,
) -> int:
    """Open a task for each of ``users`` unless theirs on the same matter is open; returns how many are new.

    ``key`` names the matter (``datahub.confirm:17``); :func:`close_tasks` ends it for everybody.
    """
    moment = now or timezone.now()
    people = list(users)
    before = set(_open(key).values_list("user_id", flat=True))
    items = [
        InboxItem(
            user=user, kind=InboxItem.Kind.TASK, key=key, title=title, text=text, url=url, due_on=due_on,
            created_at=moment,
        )
        for user in people
    ]  # fmt: skip
    InboxItem.objects.bulk_create(items, ignore_conflicts=True)
    return len({user.pk for user in people} - before)


def close_tasks(key: str, now: datetime | None = None) -> int:
    """End the matter for everybody who had it to do; returns how many tasks that closed."""
    return _open(key).update(done_at=now or timezone.now())


def holders(*roles: Role, scope_code: str | None = None) -> QuerySet[User]:
    """Active users with one of ``roles``, of active agencies; of those with ``scope_code`` if it is given."""
    found = User.objects.filter(role_grants__role__in=roles, is_active=True).exclude(agency__is_active=False)
    if scope_code is not None:
        found = found.filter(agency__scope_code=scope_code)
    return found.distinct()


def unread_count(user: User) -> int:
    """Open tasks and new messages; one query over a small index."""
    return InboxItem.objects.filter(user=user, done_at__isnull=True).count()


def items_of(user: User, kind: str, waiting: bool) -> QuerySet[InboxItem]:
    """The user's own tasks or messages, waiting or settled, the most urgent first."""
    items = InboxItem.objects.filter(user=user, kind=kind, done_at__isnull=waiting)
    if kind == InboxItem.Kind.TASK and waiting:
        return items.order_by(F("due_on").asc(nulls_last=True), "created_at", "id")
    return items


def mark_read(user: User, item_id: int | None, now: datetime) -> int:
    """Mark one message, or all of them, as read. Tasks are ended by doing them, not by reading."""
    wanted = Q(user=user, kind=InboxItem.Kind.MESSAGE, done_at__isnull=True)
    if item_id is not None:
        wanted &= Q(pk=item_id)
    return InboxItem.objects.filter(wanted).update(done_at=now)


def _open(key: str) -> QuerySet[InboxItem]:
    return InboxItem.objects.filter(kind=InboxItem.Kind.TASK, key=key, done_at__isnull=True)
