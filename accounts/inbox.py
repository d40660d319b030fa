"""待办 and 消息 of a user."""

from .models import User


def unread_count(user: User) -> int:
    """Number of unread messages and open tasks."""
    return 0
