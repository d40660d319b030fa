"""Outside organisations make themselves known; the data centre's operator confirms them."""

import re
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import AgencyKind, Role
from audit import Origin
from catalog.models import Registration
from catalog.opening_words import RegistrationState
from datahub.public import uscc_problem
from foundation import keys

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
OUTSIDERS = frozenset({AgencyKind.OUTSIDE, AgencyKind.BANK, AgencyKind.FINANCIAL})


class UnableToRegister(ValueError):
    """The registration is refused; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


def register(
    *,
    credit_code: str,
    name: str,
    contact: str,
    phone: str,
    purpose: str,
    user: User | None = None,
    now: datetime,
    origin: Origin,
) -> Registration:
    """Enter an organisation. ``user``: who is signed in, if anybody; then the registration is of their agency.

    Raises :class:`UnableToRegister`.
    """
    code = credit_code.strip().upper()
    with audit.action("catalog.registration.submitted", origin=origin, detail={"credit_code": code}) as entry:
        if problem := uscc_problem(code):
            raise UnableToRegister(f"统一社会信用代码有误：{problem.message}。", "credit_code")
        number = phone.replace(" ", "")
        if not PHONE.fullmatch(number):
            raise UnableToRegister("请填写手机号或带区号的固定电话。", "phone")
        agency = user.agency if user is not None and user.agency and user.agency.kind in OUTSIDERS else None
        if agency is not None and registration_of(user) is not None:
            raise UnableToRegister("本单位已登记，无须重复登记。")
        registration = Registration(
            credit_code=code, name=name.strip(), contact=contact.strip(), phone="", purpose=purpose.strip(),
            agency=agency, submitted_at=now,
        )  # fmt: skip
        try:
            with transaction.atomic():
                registration.save()
        except IntegrityError as error:
            raise UnableToRegister("该单位已登记，请勿重复提交。", "credit_code") from error
        registration.phone = keys.encrypt(number, context=_context(registration))
        registration.save(update_fields=["phone"])
        entry.target = f"registration:{registration.pk}"
        inbox.open_task(
            inbox.holders(Role.DATA_CENTRE_OPERATOR), f"catalog.registration:{registration.pk}",
            f"确认外部单位登记：{registration.name}", url=f"/catalog/desk/registrations/{registration.pk}/", now=now,
        )  # fmt: skip
        return registration


def decide_registration(
    actor: User, registration: Registration, confirm: bool, opinion: str, *, now: datetime, origin: Origin
) -> Registration:
    """The operator's word. Raises :class:`UnableToRegister`.

    A confirmed organisation without sign-ins gets them from the system officer, who finds it among the tasks.
    """
    with audit.action(
        "catalog.registration.decided", origin=origin, target=f"registration:{registration.pk}",
        detail={"credit_code": registration.credit_code, "confirmed": confirm},
    ):  # fmt: skip
        locked = Registration.objects.select_for_update().get(pk=registration.pk)
        if Role.DATA_CENTRE_OPERATOR not in actor.roles:
            raise UnableToRegister("只有数据中心运营员可以确认外部单位。")
        if locked.state != RegistrationState.SUBMITTED:
            raise UnableToRegister("该登记已经办结。")
        if not confirm and not opinion.strip():
            raise UnableToRegister("未通过时请写明理由。", "opinion")
        locked.state = RegistrationState.CONFIRMED if confirm else RegistrationState.REFUSED
        locked.decided_by, locked.decided_at, locked.decision = actor, now, opinion.strip()
        locked.save()
        inbox.close_tasks(f"catalog.registration:{locked.pk}", now)
        if confirm and locked.agency_id is None:
            inbox.open_task(
                inbox.holders(Role.SYSTEM_OFFICER), f"catalog.account:{locked.pk}",
                f"为已确认的外部单位开设账号：{locked.name}",
                text=f"机构类别选“外部单位”，管辖代码填 {locked.credit_code}。", url="/accounts/agencies/", now=now,
            )  # fmt: skip
        return locked


def registration_of(user: Any) -> Registration | None:
    """The registration of the user's agency that was not refused: entered by it, or under its credit code."""
    agency = getattr(user, "agency", None)
    if agency is None or agency.kind not in OUTSIDERS or not agency.is_active:
        return None
    standing = Registration.objects.exclude(state=RegistrationState.REFUSED)
    own = standing.filter(agency=agency).first()
    if own is None and agency.scope_code:
        own = standing.filter(agency__isnull=True, credit_code=agency.scope_code).first()
    return own


def phone_of(registration: Registration) -> str:
    """The telephone number, for the operator who confirms."""
    return keys.decrypt(registration.phone, context=_context(registration))


def _context(registration: Registration) -> str:
    return f"catalog.registration.phone/{registration.pk}"
