"""Authenticator and recovery codes."""

import secrets
from base64 import b32encode

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django_otp import login as otp_login
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

import audit
from accounts.models import Authenticator, User
from audit import Origin

RECOVERY_CODES = 10
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
TOO_SOON = "连续输入有误，请稍候片刻，等验证器刷新后再输入。"
USED_OR_WRONG = "动态口令不正确或已使用过，请等待验证器刷新后输入新的口令。"


class UnableToVerifyCode(Exception):
    """The code was refused; the text is for the user and does not say which part was wrong."""


def verify_code(request: HttpRequest, user: User, code: str) -> None:
    """Finish sign-in with a code of the authenticator. A code works once; guessing is slowed down."""
    too_soon = _must_wait(user)
    for device in Authenticator.objects.filter(user=user, confirmed=True):
        if _accept(request, user, device, code, "authenticator"):
            return
    _record(request, user, "authenticator", "refused")
    raise UnableToVerifyCode(TOO_SOON if too_soon else USED_OR_WRONG)


def verify_recovery_code(request: HttpRequest, user: User, code: str) -> None:
    """Finish sign-in with one of the recovery codes, which is used up by it."""
    device = StaticDevice.objects.filter(user=user, confirmed=True).first()
    if device is None or not _accept(request, user, device, _digest(code), "recovery_code"):
        _record(request, user, "recovery_code", "refused")
        raise UnableToVerifyCode("恢复码不正确或已使用过，请换一个恢复码。")


def pending_device(user: User) -> Authenticator:
    """The authenticator that is being bound; made on first sight, the same until it is confirmed."""
    device = Authenticator.objects.filter(user=user, confirmed=False).first()
    return device or Authenticator.issue(user, "验证器")


def confirm_device(request: HttpRequest, user: User, device: Authenticator, code: str) -> list[str]:
    """Bind the authenticator once it shows the right code; returns the recovery codes, shown only now."""
    if not device.verify_token(code):
        _record(request, user, "enrolment", "refused")
        raise UnableToVerifyCode("动态口令不正确，请确认手机时间准确后重试。")
    origin = audit.origin_of(request)
    with audit.action("accounts.authenticator.bound", origin=origin, target=f"user:{user.pk}"):
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        codes = _new_recovery_codes(user)
    otp_login(request, device)
    return codes


def renew_recovery_codes(user: User, *, origin: Origin) -> list[str]:
    """New recovery codes; the old ones end."""
    with audit.action("accounts.recovery_codes.renewed", origin=origin, target=f"user:{user.pk}"):
        return _new_recovery_codes(user)


def forget_devices(user: User) -> None:
    """Take away authenticator and recovery codes: the user enrols again at the next sign-in."""
    Authenticator.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _accept(
    request: HttpRequest, user: User, device: Authenticator | StaticDevice, code: str, means: str
) -> bool:
    accepted = verify_token(user, device.persistent_id, code)
    if accepted is None:
        return False
    _record(request, user, means, "ok")
    request.session.cycle_key()
    otp_login(request, accepted)
    return True


def _record(request: HttpRequest, user: User, means: str, result: str) -> None:
    audit.record(
        "accounts.second_step.passed",
        origin=audit.origin_of(request),
        target=f"user:{user.pk}",
        detail={"means": means},
        result=result,
    )


def _must_wait(user: User) -> bool:
    """True while a wrong code a moment ago makes every code refused."""
    devices = Authenticator.objects.filter(user=user, confirmed=True)
    return any(not device.verify_is_allowed()[0] for device in devices)


def _new_recovery_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="恢复码", confirmed=True)
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(code)) for code in codes)
    return codes


def _recovery_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(12))
    return "-".join(letters[i : i + 4] for i in range(0, 12, 4))


def _digest(code: str) -> str:
    """What is kept of a recovery code: 80 bits of a keyed hash, never the code."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    keyed = salted_hmac("accounts.recovery_code", plain, algorithm="sha256").digest()
    return b32encode(keyed).decode()[:16].lower()
