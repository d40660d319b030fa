"""A villager comes in: by a code sent to the phone, by a binding QR, or because the device is known."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

import audit
from accounts.models import RoleGrant, User
from accounts.roles import Role
from foundation import keys
from villages.models import BindingTicket, Device, Resident, SignInCode
from villages.models.places import PHONE_CONTEXT

from .sms import send_message

CODE_CONTEXT = "villages.sign_in.code"
CODE_LIFE = timedelta(minutes=5)
CODE_EVERY = timedelta(seconds=60)
CODES_AN_HOUR = 5
CODES_AN_HOUR_AND_ADDRESS = 30
CODE_TRIES = 3
TICKET_LIFE = timedelta(hours=24)
DEVICE_LIFE = timedelta(days=180)
MOST_DEVICES = 5
_PHONE = re.compile(r"1[3-9]\d{9}")


class UnableToSignIn(Exception):
    """The villager is not let in; the text is for the villager."""


@dataclass(frozen=True)
class Opened:
    """A remembered device, and its token, which only the device keeps."""

    device: Device
    token: str


def clean_phone(typed: str) -> str:
    """Eleven digits. Raises :class:`UnableToSignIn`."""
    digits = re.sub(
        r"[\s-]", "", typed.translate({ord(c): str(i) for i, c in enumerate("０１２３４５６７８９")})
    )
    digits = digits.removeprefix("+86")
    if not _PHONE.fullmatch(digits):
        raise UnableToSignIn("手机号应为 11 位数字，以 1 开头，请核对。")
    return digits


def send_code(typed_phone: str, *, address: str, now: datetime) -> None:
    """Send a code if the phone belongs to a resident; who asks learns nothing about that.

    Raises :class:`UnableToSignIn` for a malformed number and when codes are asked for too often.
    """
    phone = clean_phone(typed_phone)
    index = keys.blind_index(phone, context=PHONE_CONTEXT)
    recent = SignInCode.objects.filter(sent_at__gt=now - timedelta(hours=1))
    if recent.filter(phone_index=index, sent_at__gt=now - CODE_EVERY).exists():
        raise UnableToSignIn("验证码一分钟内只能获取一次，请稍候。")
    if recent.filter(phone_index=index).count() >= CODES_AN_HOUR:
        raise UnableToSignIn("一小时内获取次数已达上限，请稍后再试，或请村管理员发放绑定码。")
    if recent.filter(address=address).count() >= CODES_AN_HOUR_AND_ADDRESS:
        raise UnableToSignIn("本网络获取次数过多，请稍后再试，或请村管理员发放绑定码。")
    code = f"{secrets.randbelow(1_000_000):06d}"
    SignInCode.objects.create(
        phone_index=index,
        digest=_code_digest(index, code),
        address=address,
        sent_at=now,
        expires_at=now + CODE_LIFE,
    )
    if residents_of_phone(phone):
        send_message(
            phone, f"【桥头分】登录验证码 {code}，5 分钟内有效。工作人员不会向您索要验证码。", now=now
        )


def check_code(typed_phone: str, typed_code: str, *, now: datetime) -> list[Resident]:
    """The residents who use this phone, after the right code; the code is used up.

    Raises :class:`UnableToSignIn`: a wrong code, an old one, a third failure, an unknown phone, all alike.
    """
    phone = clean_phone(typed_phone)
    index = keys.blind_index(phone, context=PHONE_CONTEXT)
    wrong = UnableToSignIn("验证码不正确或已过期，请核对，或重新获取。")
    latest = SignInCode.objects.filter(phone_index=index, used_at__isnull=True, expires_at__gt=now).first
    found = latest()
    if found is None:
        raise wrong
    # Counted in a statement of its own, before the comparison: parallel guesses cannot share one try.
    counted = SignInCode.objects.filter(pk=found.pk, tries__lt=CODE_TRIES, used_at__isnull=True).update(
        tries=F("tries") + 1
    )
    digest = _code_digest(index, typed_code.strip())
    if not counted or not keys.same(found.digest, digest):
        raise wrong
    residents = residents_of_phone(phone)
    if not SignInCode.objects.filter(pk=found.pk, used_at__isnull=True).update(used_at=now) or not residents:
        raise wrong
    return residents


def residents_of_phone(phone: str) -> list[Resident]:
    """Active residents with this phone; a family often shares one."""
    indexes = keys.blind_indexes(phone, context=PHONE_CONTEXT)
    found = Resident.objects.filter(phone_index__in=indexes, status="active", village__is_active=True)
    return list(found.select_related("village__agency").order_by("birth_year", "pk"))


def issue_ticket(resident: Resident, user: Any, *, now: datetime, origin: audit.Origin) -> str:
    """A token for a binding QR, for one day and one use; earlier unused ones end."""
    token = secrets.token_urlsafe(18)
    with audit.action("villages.binding.issued", origin=origin, target=f"resident:{resident.pk}"):
        BindingTicket.objects.filter(resident=resident, used_at__isnull=True).delete()
        BindingTicket.objects.create(
            resident=resident,
            digest=_digest(token),
            issued_by=user,
            issued_at=now,
            expires_at=now + TICKET_LIFE,
        )
    return token


def find_ticket(token: str, *, now: datetime) -> BindingTicket | None:
    """The ticket behind a scanned QR while it may be used."""
    tickets = BindingTicket.objects.select_related("resident__village__agency")
    return tickets.filter(digest=_digest(token), used_at__isnull=True, expires_at__gt=now).first()


def use_ticket(token: str, *, now: datetime) -> Resident:
    """The resident a binding QR is for; the first use ends it. Raises :class:`UnableToSignIn`."""
    found = find_ticket(token, now=now)
    used = found is not None and BindingTicket.objects.filter(pk=found.pk, used_at__isnull=True).update(
        used_at=now
    )
    if not used or found is None or found.resident.status != "active":
        raise UnableToSignIn("绑定码已用过或已过期，请村管理员重新发放。")
    return found.resident


def user_of(resident: Resident) -> User:
    """The resident's own sign-in, made when first needed; it has no password and never will."""
    if resident.user_id is not None:
        return resident.user  # type: ignore[return-value]
    with transaction.atomic():
        locked = (
            Resident.objects.select_for_update(of=("self",))
            .select_related("village__agency")
            .get(pk=resident.pk)
        )
        if locked.user_id is None:
            user = User(username=f"villager.{locked.pk}", full_name=locked.name, agency=locked.village.agency)
            user.is_demo = settings.PORTAL_DEMO
            user.set_unusable_password()
            user.save()
            RoleGrant.objects.create(user=user, role=Role.VILLAGER)
            locked.user = user
            locked.save(update_fields=["user"])
        resident.user = locked.user
    return resident.user  # type: ignore[return-value]


def remember_device(resident: Resident, label: str, *, now: datetime) -> Opened:
    """Keep this device signed in; the oldest ones of the resident end when there are too many."""
    token = secrets.token_urlsafe(32)
    device = Device.objects.create(
        resident=resident, digest=_digest(token), label=label[:60], created_at=now, last_seen_at=now,
        expires_at=now + DEVICE_LIFE,
    )  # fmt: skip
    live = Device.objects.filter(resident=resident, revoked_at__isnull=True).order_by("-last_seen_at", "-pk")
    surplus = list(live.values_list("pk", flat=True)[MOST_DEVICES:])
    Device.objects.filter(pk__in=surplus).update(revoked_at=now)
    return Opened(device, token)


def find_device(token: str, *, now: datetime) -> Device | None:
    """The live device behind a token, of an active resident."""
    found = Device.objects.select_related("resident__user", "resident__village__agency").filter(
        digest=_digest(token), revoked_at__isnull=True, expires_at__gt=now, resident__status="active",
        resident__user__is_active=True, resident__village__agency__is_active=True,
    )  # fmt: skip
    return found.first()


def touch_device(device: Device, *, now: datetime) -> None:
    """Note use, at most once an hour; a device in use does not age."""
    if now - device.last_seen_at > timedelta(hours=1):
        Device.objects.filter(pk=device.pk).update(last_seen_at=now, expires_at=now + DEVICE_LIFE)


def forget_device(resident: Resident, device_id: int, *, now: datetime) -> bool:
    """Sign one device of the resident out; False if there is none such."""
    return bool(
        Device.objects.filter(pk=device_id, resident=resident, revoked_at__isnull=True).update(revoked_at=now)
    )


def _code_digest(index: str, code: str) -> str:
    return keys.blind_index(f"{index}/{code}", context=CODE_CONTEXT).partition(".")[2]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
