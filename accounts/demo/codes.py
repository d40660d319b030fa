"""The present code of a demo sign-in, so that a demo needs no phone."""

from datetime import datetime

from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice


class UnableToShowCode(RuntimeError):
    """Only demo accounts that have a confirmed device have a code to show."""


def demo_code(username: str, now: datetime) -> tuple[str, int]:
    """A code that has not been used yet, and for how many seconds it is accepted.

    A code works once: if the present one was used, the next is shown, which is accepted already.
    """
    device = TOTPDevice.objects.filter(user__username=username, user__is_demo=True, confirmed=True).first()
    if device is None:
        raise UnableToShowCode(f"“{username}”不是需要动态口令的演示账号。")
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    clock.time = now.timestamp()
    present = clock.t()
    unused = max(present, device.last_t + 1)
    if unused > present + device.tolerance:
        raise UnableToShowCode("刚刚的口令已用过，请半分钟后再试。")
    clock.time += (unused - present) * device.step
    remaining = (unused + device.tolerance + 1) * device.step - (now.timestamp() - device.t0)
    return f"{clock.token():0{device.digits}d}", int(remaining)
