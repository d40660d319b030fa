"""代办: who may act for whom is agreed before it happens, and the owner is told of every act."""

from datetime import datetime
from typing import Any

import audit
from accounts.inbox import notify
from villages.models import Consent, Helper, Resident, Tap
from villages.selectors.consents import has_agreed, purpose

from .sms import UnableToSendMessage, send_message


class UnableToHelp(ValueError):
    """The agreement is not recorded; the text says why."""


def agree_helper(
    resident: Resident, helper: Resident, user: Any, reason: str, *, now: datetime, origin: audit.Origin
) -> Helper:
    """Record that a relative may act for a resident, both having come to the village office.

    The resident's consent to use is given on paper then; the cadre who keeps the paper is on record.
    """
    with audit.action("villages.helper.agreed", origin=origin, target=f"resident:{resident.pk}") as entry:
        entry.detail["helper"] = helper.pk
        if helper.pk == resident.pk or helper.village_id != resident.village_id:
            raise UnableToHelp("代办人应为本村的另一位村民。")
        if not reason.strip():
            raise UnableToHelp("请写明代办原因，例如“年事已高，不用手机”。")
        if Helper.objects.filter(resident=resident, helper=helper, ended_at__isnull=True).exists():
            raise UnableToHelp("该代办关系已登记。")
        consent_on_paper(resident, user, now)
        return Helper.objects.create(
            resident=resident, helper=helper, kind=Helper.Kind.FAMILY, reason=reason.strip()[:100], agreed_at=now,
            agreed_by=user,
        )  # fmt: skip


def consent_on_paper(resident: Resident, user: Any, now: datetime) -> None:
    """Note the consent to use that was signed on paper, if there is none yet; ``user`` keeps the paper."""
    if not has_agreed(resident):
        Consent.objects.create(
            resident=resident, kind=Consent.Kind.USE, version=purpose().version, is_given=True, at=now, by_user=user
        )  # fmt: skip


def end_helper(helper_id: int, resident: Resident, *, now: datetime, origin: audit.Origin) -> None:
    """End an agreement at once."""
    with audit.action("villages.helper.ended", origin=origin, target=f"resident:{resident.pk}"):
        if not Helper.objects.filter(pk=helper_id, resident=resident, ended_at__isnull=True).update(
            ended_at=now
        ):
            raise UnableToHelp("该代办关系已结束。")


def tell_owner(tap: Tap, *, now: datetime) -> None:
    """Tell a resident what was done for him: in the inbox, else by text message. A lost message stops nothing."""
    who = tap.by_resident.name if tap.by_resident else tap.by_user.full_name if tap.by_user else ""
    text = f"{who}为您代办了“{tap.activity.title}”，{tap.get_state_display()}。"
    if tap.resident.user is not None:
        notify([tap.resident.user], text, url=f"/villages/my/records/{tap.pk}/", now=now)
    elif tap.resident.phone_tail:
        try:
            send_message(tap.resident.phone, f"【桥头分】{text}如有疑问请联系村委会。", now=now)
        except UnableToSendMessage:
            return
