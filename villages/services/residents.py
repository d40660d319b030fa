"""The village's register: adding, correcting, moving out and back, death, merging two entries of one person."""

from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

import audit
from villages.models import Device, Helper, Household, Resident, ResidentEvent, ResidentMove, Tap, Village

from . import ledger, moves
from .posting import UnableToPost
from .sign_in import UnableToSignIn, clean_phone

OLDEST_YEAR = 1900


class UnableToChangeResident(ValueError):
    """The register is not changed; the text says why, ``field`` where."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def pinyin_of(name: str) -> str:
    """Full pinyin and initials, as they are searched: ``cen a gen|cag``."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take most of a second to read

    syllables = lazy_pinyin(name, style=Style.NORMAL)
    return f"{''.join(syllables)}|{''.join(s[:1] for s in syllables)}"[:160].lower()


def add_resident(
    village: Village, name: str, user: Any, *, now: datetime, origin: audit.Origin, on_date: date,
    household_number: str = "", phone: str = "", **facts: Any,
) -> Resident:  # fmt: skip
    """Enter a person. ``facts``: birth_year, gender, is_head, is_party_member, address.

    Raises :class:`UnableToChangeResident`.
    """
    address = facts.pop("address", "")
    with audit.action("villages.resident.added", origin=origin) as entry:
        resident = Resident(
            village=village, name=_checked_name(name), pinyin=pinyin_of(name), joined_on=on_date
        )
        _put_facts(resident, facts, on_date)
        resident.put_phone(_checked_phone(phone))
        resident.household = household_of(village, household_number, address)
        resident.save()
        _note(resident, ResidentEvent.Kind.ADDED, on_date, "", user, now)
        entry.target = f"resident:{resident.pk}"
    return resident


def correct_resident(
    resident: Resident, user: Any, *, now: datetime, origin: audit.Origin, on_date: date, name: str, phone: str,
    household_number: str, note: str = "", **facts: Any,
) -> None:  # fmt: skip
    """Correct an entry. A changed phone ends the devices that stayed signed in by the old one."""
    address = facts.pop("address", "")
    with audit.action(
        "villages.resident.corrected", origin=origin, target=f"resident:{resident.pk}"
    ) as entry:
        before = resident.phone_tail, resident.phone_index
        resident.name, resident.pinyin = _checked_name(name), pinyin_of(name)
        _put_facts(resident, facts, on_date)
        if phone != "":
            resident.put_phone(_checked_phone(phone))
        resident.household = household_of(resident.village, household_number, address)
        resident.save()
        if before != (resident.phone_tail, resident.phone_index):
            Device.objects.filter(resident=resident, revoked_at__isnull=True).update(revoked_at=now)
            entry.detail["phone_changed"] = True
        _note(resident, ResidentEvent.Kind.CHANGED, on_date, note, user, now)


def leave_register(
    resident: Resident, kind: str, user: Any, *, on_date: date, note: str, now: datetime, origin: audit.Origin
) -> None:
    """Note that a person moved out or died: no more taps, devices signed out, points stay in the ledger.

    Raises :class:`UnableToChangeResident`.
    """
    status = {
        ResidentEvent.Kind.MOVED_OUT: Resident.Status.MOVED, ResidentEvent.Kind.DIED: Resident.Status.DECEASED,
    }[ResidentEvent.Kind(kind)]  # fmt: skip
    with audit.action(f"villages.resident.{kind}", origin=origin, target=f"resident:{resident.pk}"):
        _require_active(resident)
        resident.status, resident.left_on = status, on_date
        resident.save(update_fields=["status", "left_on"])
        _end_access(resident, now)
        _note(resident, ResidentEvent.Kind(kind), on_date, note, user, now)


def return_to_register(
    resident: Resident, user: Any, *, on_date: date, note: str, now: datetime, origin: audit.Origin
) -> None:
    """A person who moved out is back, or was noted by mistake."""
    with audit.action("villages.resident.returned", origin=origin, target=f"resident:{resident.pk}"):
        if resident.status not in (Resident.Status.MOVED, Resident.Status.DECEASED):
            raise UnableToChangeResident("该村民在册，或已并入其他档案。")
        if (
            went_on := ResidentMove.objects.filter(from_resident=resident)
            .select_related("to_resident")
            .first()
        ):
            raise UnableToChangeResident(
                f"该村民已在{went_on.to_resident.village.name}登记，请由该村办理迁回。"
            )
        resident.status, resident.left_on = Resident.Status.ACTIVE, None
        resident.save(update_fields=["status", "left_on"])
        if resident.user is not None:
            resident.user.is_active = True
            resident.user.save(update_fields=["is_active"])
        _note(resident, ResidentEvent.Kind.RETURNED, on_date, note, user, now)


def merge_residents(
    surplus: Resident, kept: Resident, user: Any, *, on_date: date, now: datetime, origin: audit.Origin
) -> None:
    """Two entries of one person become one: the surplus one ends, its points follow, each in its vintage.

    What waits for a pick-up is released first. Raises :class:`UnableToChangeResident` when they are not of one
    village, or one is merged already.
    """
    with audit.action("villages.resident.merged", origin=origin, target=f"resident:{surplus.pk}") as entry:
        entry.detail["into"] = kept.pk
        if surplus.pk == kept.pk or surplus.village_id != kept.village_id:
            raise UnableToChangeResident("只能合并本村的两份不同档案。")
        _require_active(surplus)
        _require_active(kept)
        went = _go_on(surplus, kept, moves.Kind.MERGED, on_date, user, now)
        entry.detail["points"] = went.points
        both = Tap.objects.filter(resident=kept, activity=OuterRef("activity"), occasion=OuterRef("occasion"))
        # Where both entries took part in the same occasion, each keeps its own record.
        Tap.objects.filter(~Exists(both), resident=surplus).update(resident=kept)
        _end_access(surplus, now)
        _note(surplus, ResidentEvent.Kind.MERGED, on_date, f"并入 {kept.name}（{kept.pk}）", user, now)


def move_to_village(
    resident: Resident, village: Village, user: Any, *, on_date: date, now: datetime, origin: audit.Origin,
    household_number: str = "", address: str = "",
) -> Resident:  # fmt: skip
    """A resident moves to another village of the town: a new entry there, points and score go along.

    The old entry stays as what happened there; the vintages keep their last day. The sign-in goes along; the new
    village's purpose is read and agreed to anew. Raises :class:`UnableToChangeResident`.
    """
    with audit.action("villages.resident.moved", origin=origin, target=f"resident:{resident.pk}") as entry:
        if village.pk == resident.village_id or village.town_code != resident.village.town_code:
            raise UnableToChangeResident("请选择本镇街的另一个村。", "village")
        if not village.is_active:
            raise UnableToChangeResident("迁入村尚未启用积分。", "village")
        _require_active(resident)
        copied = {
            name: getattr(resident, name)
            for name in (
                "name", "pinyin", "birth_year", "phone_cipher", "phone_index", "phone_tail", "gender", "is_party_member",
            )
        }  # fmt: skip
        entry_there = Resident.objects.create(
            village=village, household=household_of(village, household_number, address), joined_on=on_date, **copied
        )  # fmt: skip
        went = _go_on(resident, entry_there, moves.Kind.MOVED, on_date, user, now)
        _hand_over_sign_in(resident, entry_there, now)
        _note(resident, ResidentEvent.Kind.MOVED_OUT, on_date, f"迁往{village.name}", user, now)
        _note(entry_there, ResidentEvent.Kind.ADDED, on_date, f"由{resident.village.name}迁入", user, now)
        entry.detail |= {"village": village.code, "into": entry_there.pk, "points": went.points}
    return entry_there


def _go_on(leaves: Resident, joins: Resident, kind: str, on: date, user: Any, now: datetime) -> moves.WentOn:
    """Carry the points over and end the entry, in the caller's transaction."""
    actor = user.pk if user else None
    try:
        moves.release_waiting([leaves.pk], "档案转移，请重新兑换", now=now, actor_id=actor)
        person = moves.GoingOn(ledger.new_key(now), leaves.pk, joins.pk)
        went = moves.go_on([person], kind, on=on, now=now, actor_id=actor, memo=f"由档案 {leaves.pk} 转入")[0]
    except UnableToPost as error:
        raise UnableToChangeResident(f"积分未能转移：{error}") from error
    leaves.refresh_from_db(fields=["status", "left_on", "merged_into"])
    return went


def _hand_over_sign_in(leaves: Resident, joins: Resident, now: datetime) -> None:
    """The person's own sign-in and devices answer for the new entry; helpers were the old village's matter."""
    Helper.objects.filter(Q(resident=leaves) | Q(helper=leaves), ended_at__isnull=True).update(ended_at=now)
    Device.objects.filter(resident=leaves, revoked_at__isnull=True).update(resident=joins)
    user = leaves.user
    if user is None:
        return
    leaves.user = None
    leaves.save(update_fields=["user"])
    joins.user = user
    joins.save(update_fields=["user"])
    user.agency = joins.village.agency
    user.save(update_fields=["agency"])


def household_of(village: Village, number: str, address: str = "") -> Household | None:
    """The household with this number, made when new; None for no number."""
    number = number.strip()
    if not number:
        return None
    household, is_new = Household.objects.get_or_create(
        village=village, number=number[:20], defaults={"address": address[:120]}
    )
    if not is_new and address and household.address != address:
        household.address = address[:120]
        household.save(update_fields=["address"])
    return household


def _end_access(resident: Resident, now: datetime) -> None:
    Device.objects.filter(resident=resident, revoked_at__isnull=True).update(revoked_at=now)
    Helper.objects.filter(resident=resident, ended_at__isnull=True).update(ended_at=now)
    Helper.objects.filter(helper=resident, ended_at__isnull=True).update(ended_at=now)
    if resident.user is not None and not resident.user.has_usable_password():
        resident.user.is_active = False
        resident.user.save(update_fields=["is_active"])


def _put_facts(resident: Resident, facts: dict[str, Any], on: date) -> None:
    year = facts.pop("birth_year", None)
    if year is not None and not OLDEST_YEAR <= year <= on.year:
        raise UnableToChangeResident(f"出生年份应在 {OLDEST_YEAR} 至 {on.year} 之间。", "birth_year")
    resident.birth_year = year
    for name, value in facts.items():
        setattr(resident, name, value)


def _checked_name(name: str) -> str:
    cleaned = name.strip()
    if not 2 <= len(cleaned) <= 40:
        raise UnableToChangeResident("请填写姓名，2 至 40 个字。", "name")
    return cleaned


def _checked_phone(phone: str) -> str:
    if not phone.strip():
        return ""
    try:
        return clean_phone(phone)
    except UnableToSignIn as error:
        raise UnableToChangeResident(str(error), "phone") from error


def _require_active(resident: Resident) -> None:
    if resident.status != Resident.Status.ACTIVE:
        raise UnableToChangeResident(
            f"{resident.name}的档案{resident.get_status_display()}，不能进行此操作。"
        )


def _note(resident: Resident, kind: str, on_date: date, note: str, user: Any, now: datetime) -> None:
    ResidentEvent.objects.create(
        resident=resident, kind=kind, on_date=on_date, note=note[:200], by_user=user, at=now
    )
