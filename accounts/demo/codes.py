"""The present code of a demo sign-in, so that a demo needs no phone."""

from datetime import datetime

from accounts.models import Authenticator
from accounts.models.authenticator import DIGITS, STEP_SECONDS, TOLERANCE_STEPS


class UnableToShowCode(RuntimeError):
    """Only demo accounts that have a confirmed device have a code to show."""


def demo_code(username: str, now: datetime) -> tuple[str, int]:
    """A code that has not been used yet, and for how many seconds it is accepted.

    A code works once: if the present one was used, the next is shown, which is accepted already.
    """
    device = Authenticator.objects.filter(user__username=username, user__is_demo=True, confirmed=True).first()
    if device is None:
        raise UnableToShowCode(f"“{username}”不是需要动态口令的演示账号。")
    clock = device.clock()
    clock.time = now.timestamp()
    present = clock.t()
    unused = max(present, device.last_t + 1)
    if unused > present + TOLERANCE_STEPS:
        raise UnableToShowCode("刚刚的口令已用过，请半分钟后再试。")
    clock.time += (unused - present) * STEP_SECONDS
    remaining = (unused + TOLERANCE_STEPS + 1) * STEP_SECONDS - (now.timestamp())
    return f"{clock.token():0{DIGITS}d}", int(remaining)
