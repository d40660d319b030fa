"""The yearly key list: drafted, put to the public, adopted, followed until every line is open."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import Role
from accounts.scopes import departments_of
from audit import Origin
from catalog.models import Dataset, KeyList, KeyListComment, KeyListEntry
from catalog.opening_words import KeyListState, Progress
from catalog.policies import is_open_to_public
from catalog.vocabulary import Lane, Opening
from foundation.calendar import add_working_days

CONSULTATION_DAYS, REPLY_DAYS = 20, 15
LONGEST_COMMENT = 2000


class UnableToKeepList(ValueError):
    """The list, a line or a comment is refused; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


def start_list(actor: User, year: int, foreword: str = "", *, now: datetime, origin: Origin) -> KeyList:
    """Begin a year's list. Raises :class:`UnableToKeepList`."""
    with audit.action("catalog.keylist.started", origin=origin, target=f"keylist:{year}"):
        _require_centre(actor)
        if not 2020 <= year <= timezone.localdate(now).year + 2:
            raise UnableToKeepList("请核对年度。", "year")
        try:
            with transaction.atomic():
                return KeyList.objects.create(
                    year=year, foreword=foreword.strip(), made_by=actor, made_at=now
                )
        except IntegrityError as error:
            raise UnableToKeepList(f"{year} 年度的清单已经建立。", "year") from error


def save_entry(
    actor: User,
    key_list: KeyList,
    values: Mapping[str, Any],
    *,
    entry: KeyListEntry | None = None,
    origin: Origin,
) -> KeyListEntry:
    """Add or change a line while the list is drafted or under consultation. Raises :class:`UnableToKeepList`.

    values: lane, title, content, publisher, opening, due_on, position.
    """
    with audit.action("catalog.keylist.edited", origin=origin, target=f"keylist:{key_list.year}") as log:
        _require_centre(actor)
        if key_list.state == KeyListState.ADOPTED:
            raise UnableToKeepList("清单已印发，不能再改条目。")
        if values["lane"] not in Lane.values or values["opening"] not in (Opening.OPEN, Opening.RESTRICTED):
            raise UnableToKeepList("请选择领域与开放属性（无条件或受限）。")
        if not str(values["title"]).strip():
            raise UnableToKeepList("请填写数据名称。", "title")
        line = entry or KeyListEntry(key_list=key_list)
        for name in ("lane", "title", "content", "publisher", "opening", "due_on", "position"):
            if name in values:
                setattr(line, name, values[name])
        line.save()
        log.detail["entry"] = line.pk
        return line


def open_consultation(
    actor: User, key_list: KeyList, *, until: date | None = None, now: datetime, origin: Origin
) -> KeyList:
    """Put the draft before the public for at least twenty working days. Raises :class:`UnableToKeepList`."""
    with audit.action("catalog.keylist.consulted", origin=origin, target=f"keylist:{key_list.year}"):
        _require_centre(actor)
        _require(key_list, KeyListState.DRAFT)
        if not key_list.entries.exists():
            raise UnableToKeepList("清单还没有条目。")
        today = timezone.localdate(now)
        least = add_working_days(today, CONSULTATION_DAYS)
        if until is not None and until < least:
            raise UnableToKeepList(
                f"征求意见不少于 {CONSULTATION_DAYS} 个工作日，止日不早于 {least}。", "until"
            )
        key_list.state = KeyListState.CONSULTATION
        key_list.consultation_from, key_list.consultation_to = today, until or least
        key_list.save()
        return key_list


def comment(
    key_list: KeyList,
    *,
    name: str,
    text: str,
    entry: KeyListEntry | None = None,
    now: datetime,
    origin: Origin,
) -> KeyListComment:
    """What somebody says of the draft, without sign-in; shown once it was moderated. Raises :class:`UnableToKeepList`."""
    with audit.action("catalog.keylist.commented", origin=origin, target=f"keylist:{key_list.year}"):
        today = timezone.localdate(now)
        last = key_list.consultation_to
        if key_list.state != KeyListState.CONSULTATION or last is None or today > last:
            raise UnableToKeepList("现在不在征求意见期间。")
        if not 4 <= len(text.strip()) <= LONGEST_COMMENT:
            raise UnableToKeepList(f"意见为 4 至 {LONGEST_COMMENT} 字。", "text")
        said = KeyListComment.objects.create(
            key_list=key_list, entry=entry, name=name.strip()[:40] or "市民", text=text.strip(), at=now,
            due_on=add_working_days(today, REPLY_DAYS),
        )  # fmt: skip
        inbox.open_task(
            inbox.holders(Role.DATA_CENTRE_OPERATOR), f"catalog.keylist.comment:{said.pk}",
            f"重点清单意见待答复：{text.strip()[:20]}", url=f"/catalog/desk/keylist/{key_list.year}/",
            due_on=said.due_on, now=now,
        )  # fmt: skip
        return said


def reply(
    actor: User,
    said: KeyListComment,
    answer: str,
    *,
    accepted: bool,
    public: bool,
    now: datetime,
    origin: Origin,
) -> KeyListComment:
    """The centre's answer; ``public`` shows comment and answer to everybody. Raises :class:`UnableToKeepList`."""
    with audit.action("catalog.keylist.replied", origin=origin, target=f"keylist:{said.key_list.year}"):
        _require_centre(actor)
        if not answer.strip():
            raise UnableToKeepList("请写明答复。", "reply")
        said.reply, said.accepted, said.is_public = answer.strip(), accepted, public
        said.replied_by, said.replied_at = actor, now
        said.save()
        inbox.close_tasks(f"catalog.keylist.comment:{said.pk}", now)
        return said


def adopt(actor: User, key_list: KeyList, *, now: datetime, origin: Origin) -> KeyList:
    """After the consultation, with every comment answered. Raises :class:`UnableToKeepList`."""
    with audit.action("catalog.keylist.adopted", origin=origin, target=f"keylist:{key_list.year}"):
        _require_centre(actor)
        _require(key_list, KeyListState.CONSULTATION)
        today = timezone.localdate(now)
        if key_list.consultation_to is not None and today <= key_list.consultation_to:
            raise UnableToKeepList(f"征求意见到 {key_list.consultation_to} 为止，期满后方可印发。")
        if waiting := key_list.comments.filter(replied_at__isnull=True).count():
            raise UnableToKeepList(f"还有 {waiting} 条意见没有答复。")
        key_list.state, key_list.adopted_on = KeyListState.ADOPTED, today
        key_list.save()
        for code in set(key_list.entries.values_list("publisher__code", flat=True)):
            inbox.notify(
                inbox.holders(Role.DATA_STEWARD, scope_code=code),
                f"{key_list}已印发",
                url="/catalog/keylist/",
                now=now,
            )
        return key_list


def report_progress(
    actor: User,
    entry: KeyListEntry,
    *,
    progress: str,
    note: str = "",
    late_reason: str = "",
    dataset: Dataset | None = None,
    now: datetime,
    origin: Origin,
) -> KeyListEntry:
    """How far a line is, by its department or the centre. Done needs a published dataset, late needs a reason.

    Raises :class:`UnableToKeepList`.
    """
    detail = {"entry": entry.pk, "progress": progress}
    with audit.action(
        "catalog.keylist.progressed", origin=origin, target=f"keylist:{entry.key_list.year}", detail=detail
    ):
        own = entry.publisher.code in departments_of(actor)
        if Role.DATA_CENTRE_OPERATOR not in actor.roles and not (own and Role.DATA_STEWARD in actor.roles):
            raise UnableToKeepList("只能报告本部门条目的进展。")
        _require(entry.key_list, KeyListState.ADOPTED)
        if progress not in Progress.values:
            raise UnableToKeepList("请选择进展。", "progress")
        today = timezone.localdate(now)
        if progress == Progress.DONE:
            if (
                dataset is None
                or not is_open_to_public(dataset)
                or dataset.publisher_id != entry.publisher_id
            ):
                raise UnableToKeepList("标为已开放须选定本部门已发布的数据集。", "dataset")
            entry.done_on = entry.done_on or today
        else:
            entry.done_on = None
            if today > entry.due_on and not late_reason.strip():
                raise UnableToKeepList("已过计划日期，请写明逾期理由。", "late_reason")
        entry.progress, entry.note, entry.late_reason = progress, note.strip(), late_reason.strip()
        entry.dataset = dataset
        entry.save()
        return entry


def is_late(entry: KeyListEntry, today: date) -> bool:
    """Past its day and not open, or opened after it."""
    return (entry.done_on or today) > entry.due_on


def _require(key_list: KeyList, state: str) -> None:
    if key_list.state != state:
        raise UnableToKeepList(f"清单当前为“{key_list.get_state_display()}”，不能这样办理。")


def _require_centre(actor: User) -> None:
    if Role.DATA_CENTRE_OPERATOR not in actor.roles:
        raise UnableToKeepList("清单由数据中心运营员编制。")
