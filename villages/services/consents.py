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
        if any(row.kind == Consent.Kind.BOARD and row.is_given for row in rows):
            _seat(resident, True, now)
        elif Consent.Kind.BOARD not in wanted:
            # As the text says: without this consent only the surname is shown.
            BoardConsent.objects.filter(resident=resident).update(show_name=False)


def choose_board(
    resident: Resident, show_name: bool | None, user: Any, *, now: datetime, origin: audit.Origin
) -> None:
    """On the progress board with the name, without it (only the surname is shown), or (None) not at all."""
    with audit.action(
        "villages.board.chosen", origin=origin, target=f"resident:{resident.pk}", detail={"name": show_name}
    ):
        if consents_of(resident)[Consent.Kind.BOARD] != bool(show_name):
            Consent.objects.create(
                resident=resident, kind=Consent.Kind.BOARD, version=purpose().version, is_given=bool(show_name),
                at=now, by_user=user,
            )  # fmt: skip
        _seat(resident, show_name, now)


def _seat(resident: Resident, show_name: bool | None, now: datetime) -> None:
    if show_name is None:
        BoardConsent.objects.filter(resident=resident).delete()
    else:
        BoardConsent.objects.update_or_create(
            resident=resident, defaults={"show_name": show_name, "given_at": now}
        )


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
