"""Everything one profile shows, read once and cut to the reader's right.

Page, print, polling fragment and API all take this; none of them reads on its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from credit.contracts import FORCE_NAMES, Reason
from credit.models import WatchEntry
from credit.selectors.rights import reading_right
from credit.selectors.scores import ScorePoint, ScoreView, find_score, score_history
from datahub import public as datahub
from datahub.public import Category, EnterpriseCard, Fact, Grade, ItemDefinition, ReadingRight


class NotForThisReader(PermissionError):
    """The reader has no business with this enterprise."""


@dataclass(frozen=True)
class ReasonLine:
    """A reason as this reader may see it: a locked one tells force and direction, nothing else."""

    text: str
    points: float | None
    direction: int
    force: str
    kind: str
    code: str
    locked: bool
    facts: tuple[Fact, ...]
    record_ids: tuple[int, ...]


@dataclass(frozen=True)
class ItemBlock:
    """One data item on the profile: its facts, or why there are none."""

    item: ItemDefinition
    department: str
    facts: tuple[Fact, ...]
    supplied: bool


@dataclass(frozen=True)
class Profile:
    """One enterprise as one reader may see it at one instant."""

    enterprise: EnterpriseCard
    right: ReadingRight
    score: ScoreView | None
    adverse: tuple[ReasonLine, ...]
    favourable: tuple[ReasonLine, ...]
    cap: ReasonLine | None
    history: tuple[ScorePoint, ...]
    facts: tuple[Fact, ...]
    blocks: tuple[ItemBlock, ...]
    is_watched: bool
    read_at: datetime

    def blocks_of(self, category: Category) -> list[ItemBlock]:
        """Items of a tab; those with facts first."""
        mine = [b for b in self.blocks if tab_of(b.item.category) is category]
        return sorted(mine, key=lambda b: (not b.facts, not b.supplied))


TABS = (
    Category.BASIC, Category.CAPITAL, Category.MORTGAGE, Category.PERMIT, Category.EXECUTIVE,
    Category.SEIZURE, Category.EQUITY_FREEZE, Category.ARREARS, Category.OPERATING,
)  # fmt: skip


def tab_of(category: Category) -> Category:
    """经营与其他 holds both operating and other items."""
    return Category.OPERATING if category is Category.OTHER else category


def read_profile(code: str, reader: Any, *, now: datetime) -> Profile:
    """The profile of an enterprise for a signed-in reader. About ten queries, whatever it holds.

    Raises :class:`datahub.public.UnknownEnterprise`, and :class:`NotForThisReader` for a reader
    without any right to it.
    """
    enterprise = datahub.get_enterprise(code)
    right = reading_right(reader, enterprise, now=now)
    if right is None:
        raise NotForThisReader("您的身份无权查看该企业档案。")
    today = timezone.localdate(now)
    facts = datahub.list_facts(enterprise.id, right, known_at=now, day=today)
    score = find_score(enterprise.id)
    by_record = {fact.record_id: fact for fact in facts}
    lines = _reason_lines(score, right, by_record) if score else ((), ())
    return Profile(
        enterprise=enterprise, right=right, score=score, adverse=lines[0], favourable=lines[1],
        cap=_line(score.cap_reason, right, by_record) if score and score.cap_reason else None,
        history=tuple(score_history(enterprise.id, score.grades)) if score else (),
        facts=tuple(facts), blocks=_blocks(facts, now),
        is_watched=WatchEntry.objects.filter(user_id=reader.pk, enterprise_id=enterprise.id).exists(),
        read_at=now,
    )  # fmt: skip


def _blocks(facts: Sequence[Fact], now: datetime) -> tuple[ItemBlock, ...]:
    delivered = datahub.delivered_items(now)
    names = {department.code: department.name for department in datahub.list_departments()}
    by_item: dict[str, list[Fact]] = {}
    for fact in facts:
        by_item.setdefault(fact.item.code, []).append(fact)
    return tuple(
        ItemBlock(
            item, names[item.department_code], tuple(by_item.get(item.code, ())), item.code in delivered
        )
        for item in datahub.list_items()
    )


def _reason_lines(
    score: ScoreView, right: ReadingRight, by_record: dict[int, Fact]
) -> tuple[tuple[ReasonLine, ...], tuple[ReasonLine, ...]]:
    adverse = tuple(_line(reason, right, by_record) for reason in score.adverse)
    return adverse, tuple(_line(reason, right, by_record) for reason in score.favourable)


def _line(reason: Reason, right: ReadingRight, by_record: dict[int, Fact]) -> ReasonLine:
    locked = not _may_read(reason, right)
    facts = () if locked else tuple(by_record[r] for r in reason.record_ids if r in by_record)
    return ReasonLine(
        text="" if locked else reason.text,
        points=None if locked else reason.points,
        direction=-1 if reason.points < 0 else 1,
        force=FORCE_NAMES.get(reason.force, "") or ("信用记录" if locked else ""),
        kind=reason.kind,
        code="" if locked else reason.code,
        locked=locked,
        facts=facts,
        record_ids=() if locked else reason.record_ids,
    )


def _may_read(reason: Reason, right: ReadingRight) -> bool:
    """A reason is open when its grade is, or when every L3 item behind it is authorised."""
    if Grade(reason.grade) <= right.ceiling:
        return True
    items = [datahub.get_item(code.split("@")[0]) for code in reason.items]
    return all(item.category in right.opened for item in items if item.fact_grade > right.ceiling)
