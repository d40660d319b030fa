"""A resident agrees, or takes it back: every change is a row of its own, with who wrote it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import audit
from villages.models import BoardConsent, Consent, Resident
from villages.selectors.consents import consents_of, has_agreed, purpose


class UnableToAgree(ValueError):
    """What is required was not agreed to; the text is for the villager."""


def record_consents(
    resident: Resident, given: Iterable[str], user: Any, *, now: datetime, origin: audit.Origin
) -> None:
    """Set every kind of consent to what was ticked. Raises :class:`UnableToAgree` without the required one."""
    wanted, version = set(given), purpose().version
    if Consent.Kind.USE not in wanted:
        raise UnableToAgree("请阅读并勾选同意后继续；不同意也不影响您依法享有的各项待遇。")
    before = consents_of(resident)
    renewed = not has_agreed(resident)
    rows = [
        Consent(resident=resident, kind=kind, version=version, is_given=kind in wanted, at=now, by_user=user)
        for kind in Consent.Kind.values
        if before[kind] != (kind in wanted) or (renewed and kind in wanted)
    ]
    if not rows:
        return
    detail = {"version": version, "given": sorted(wanted)}
    with audit.action(
        "villages.consent.given", origin=origin, target=f"resident:{resident.pk}", detail=detail
    ):
        Consent.objects.bulk_create(rows)


def withdraw_consent(resident: Resident, user: Any, *, now: datetime, origin: audit.Origin) -> None:
    """Take every consent back: taps end until it is given again, photos and name are shown nowhere; rights stay."""
    with audit.action("villages.consent.withdrawn", origin=origin, target=f"resident:{resident.pk}"):
        Consent.objects.bulk_create(
            Consent(
                resident=resident, kind=kind, version=purpose().version, is_given=False, at=now, by_user=user
            )
            for kind, given in consents_of(resident).items()
            if given or kind == Consent.Kind.USE
        )
        BoardConsent.objects.filter(resident=resident).delete()
