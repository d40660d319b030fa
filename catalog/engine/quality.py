"""How good a dataset is to use, out of a hundred, with the reason for every point."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What is judged. Shares are 0 to 1; ``late_days`` is None where no rhythm is promised."""

    notes_length: int
    tags: int
    has_contact: bool
    has_times: bool
    has_licence: bool
    table_share: float
    titled_share: float
    described_share: float
    filled_share: float | None
    late_days: int | None
    has_rhythm: bool
    releases: int


@dataclass(frozen=True)
class Part:
    """One criterion: what was reached of what could be, and why."""

    name: str
    points: int
    most: int
    why: str


def judge(known: Known) -> tuple[int, tuple[Part, ...]]:
    """The score and its parts; the score is the sum of the parts."""
    parts = (
        _description(known), _finding(known), _machine(known), _dictionary(known), _filled(known), _fresh(known),
        _history(known),
    )  # fmt: skip
    return sum(part.points for part in parts), parts


def _description(known: Known) -> Part:
    points = 10 if known.notes_length >= 30 else 5 if known.notes_length else 0
    why = "摘要完整" if points == 10 else "摘要过短，应不少于 30 字" if points else "没有摘要"
    return Part("摘要", points, 10, why)


def _finding(known: Known) -> Part:
    lacking = [
        word for word, is_there in (
            ("两个以上标签", known.tags >= 2), ("联系方式", known.has_contact), ("时间范围", known.has_times),
            ("使用许可", known.has_licence),
        ) if not is_there
    ]  # fmt: skip
    why = f"缺少{'、'.join(lacking)}" if lacking else "标签、联系方式、时间范围、许可齐全"
    return Part("元数据", 15 - 4 * len(lacking) if lacking else 15, 15, why) if len(lacking) < 4 else Part(
        "元数据", 0, 15, why)  # fmt: skip


def _machine(known: Known) -> Part:
    points = round(20 * known.table_share)
    why = (
        "全部资源可按行读取" if points == 20 else "部分资源不能按行读取" if points else "没有可按行读取的资源"
    )
    return Part("机器可读", points, 20, why)


def _dictionary(known: Known) -> Part:
    points = round(7 * known.titled_share + 8 * known.described_share)
    missing = 1 - known.described_share
    why = "每个字段都有名称与说明" if points == 15 else f"{missing:.0%} 的字段缺少说明"
    return Part("字段说明", points, 15, why)


def _filled(known: Known) -> Part:
    if known.filled_share is None:
        return Part("完整率", 0, 15, "没有数据行")
    return Part("完整率", round(15 * known.filled_share), 15, f"单元格填写率 {known.filled_share:.1%}")


def _fresh(known: Known) -> Part:
    if not known.has_rhythm:
        return Part("及时性", 12, 15, "更新周期为不定期或不更新，不作考核，计 12 分")
    if not known.late_days:
        return Part("及时性", 15, 15, "在更新周期内")
    points = max(0, 12 - known.late_days // 7 * 3)
    return Part("及时性", points, 15, f"超过更新周期 {known.late_days} 天")


def _history(known: Known) -> Part:
    points = min(10, 4 + 3 * (known.releases - 1)) if known.releases else 0
    return Part("版本", points, 10, f"保留 {known.releases} 个版本" if known.releases else "没有版本")


def share(counts: Sequence[bool]) -> float:
    """How many of them are true; 0 of nothing."""
    return sum(counts) / len(counts) if counts else 0.0
