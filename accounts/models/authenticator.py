"""The authenticator app of one user: time-based codes (RFC 6238) whose seed lies encrypted."""

import time
from base64 import b32encode
from secrets import token_bytes
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, DeviceManager, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from foundation import keys

if TYPE_CHECKING:
    from accounts.models.user import User

SEED_BYTES = 20  # RFC 4226 recommends 160 bits
STEP_SECONDS, DIGITS = 30, 6
TOLERANCE_STEPS = 1


class Authenticator(TimestampMixin, ThrottlingMixin, Device):  # type: ignore[misc]
    """A device of django-otp that differs from its own in one thing: who reads the table reads no seed.

    ``drift`` is by how many steps the phone's clock is known to be off; ``last_t`` the last step whose code
    was used, so that a code works once.
    """

    sealed_seed = models.CharField("种子密文", max_length=160)
    drift = models.SmallIntegerField("时钟偏差", default=0)
    last_t = models.BigIntegerField("最近使用的时间步", default=-1)

    objects: ClassVar[models.Manager["Authenticator"]] = DeviceManager()

    class Meta(Device.Meta):
        verbose_name = "身份验证器"
        verbose_name_plural = verbose_name

    @classmethod
    def issue(cls, user: "User", name: str, *, confirmed: bool = False) -> "Authenticator":
        """A new authenticator with a seed of its own, stored."""
        seed = token_bytes(SEED_BYTES).hex()
        sealed = keys.encrypt(seed, context=seed_context(user.pk))
        return cls.objects.create(user=user, name=name, confirmed=confirmed, sealed_seed=sealed)

    @property
    def seed(self) -> bytes:
        """The seed in clear; raises UnableToReadCiphertext if the row was moved to another user."""
        return bytes.fromhex(keys.decrypt(self.sealed_seed, context=seed_context(self.user_id)))

    def clock(self) -> TOTP:
        """The generator of this device's codes; the caller sets its time."""
        return TOTP(self.seed, STEP_SECONDS, 0, DIGITS, self.drift)

    def verify_token(self, token: str) -> bool:
        """True for a code of the present, the last or the next half minute that was not used before.

        A wrong one makes the next try wait, twice as long each time.
        """
        if not self.verify_is_allowed()[0]:
            return False
        clock = self.clock()
        clock.time = time.time()
        # isdecimal: int() would take blanks, signs and underscores too
        if not (token.isdecimal() and clock.verify(int(token), TOLERANCE_STEPS, self.last_t + 1)):
            self.throttle_increment(commit=True)
            return False
        self.last_t, self.drift = clock.t(), clock.drift
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> float:
        return 1

    @property
    def config_url(self) -> str:
        """What the QR code of the enrolment says (the Key Uri Format of authenticator apps)."""
        issuer = settings.OTP_TOTP_ISSUER
        secret = b32encode(self.seed).decode().rstrip("=")
        query = urlencode(
            {"secret": secret, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS, "issuer": issuer},
            quote_via=quote,
        )  # fmt: skip
        return f"otpauth://totp/{quote(f'{issuer}:{self.user.get_username()}')}?{query}"


def seed_context(user_id: int) -> str:
    """The place a seed is bound to: copied to another user's row it cannot be read."""
    return f"accounts.authenticator.seed/{user_id}"
