"""How much a piece of evidence may be believed before anybody has looked: 0 to 100, with the reasons in words.

The score orders the desk's queue and decides what may pass without a person. It never refuses anything: only a
person does.
"""

from dataclasses import dataclass, field

from .geofence import Presence

START = 70
PASS_AT = 80
LOOK_CLOSELY_BELOW = 40


@dataclass(frozen=True)
class Signs:
    """What is known about one submission. ``record_*``: the person's earlier submissions of the last year."""

    presence: Presence = Presence.UNASKED
    hours_late: float = 0.0
    is_complete: bool = True
    has_challenge: bool = True
    likeness: str = ""
    speech_likeness: float = 0.0
    seconds_of_voice: float | None = None
    exif_gap_days: float | None = None
    people_on_device_today: int = 1
    record_approved: int = 0
    record_refused: int = 0
    by_proxy: bool = False


@dataclass(frozen=True)
class Trust:
    """The score and every reason that moved it, strongest first: (points, words for the reviewer)."""

    score: int
    reasons: tuple[tuple[int, str], ...] = field(default=())


def trust_of(signs: Signs) -> Trust:
    """Start at 70 and move for each sign; the same signs always give the same score."""
    moves = [move for move in _moves(signs) if move[0]]
    score = max(0, min(100, START + sum(points for points, _ in moves)))
    return Trust(score, tuple(sorted(moves, key=lambda move: -abs(move[0]))))


def _moves(signs: Signs) -> list[tuple[int, str]]:
    return [
        *_of_place_and_time(signs),
        *_of_content(signs),
        *_of_person(signs),
    ]


def _of_place_and_time(signs: Signs) -> list[tuple[int, str]]:
    places = {
        Presence.INSIDE: (15, "定位在活动地点范围内"),
        Presence.OUTSIDE: (-35, "定位不在活动地点范围内"),
        Presence.UNKNOWN: (-5, "没有可用的定位"),
        Presence.UNASKED: (0, ""),
    }
    late = (0, "")
    if signs.hours_late > 1:
        late = (-15 if signs.hours_late > 12 else -8, f"断网补传，晚到 {signs.hours_late:.0f} 小时")
    exif = (0, "")
    if signs.exif_gap_days is not None and signs.exif_gap_days > 1:
        exif = (-10, f"照片自带时间与提交相差 {signs.exif_gap_days:.0f} 天（仅供参考）")
    return [places[signs.presence], late, exif]


def _of_content(signs: Signs) -> list[tuple[int, str]]:
    found = [
        {"same": (-60, "与以往照片完全相同"), "near": (-50, "与以往照片几乎相同"), "similar": (-25, "与以往照片相似")}
        .get(signs.likeness, (0, "")),
        (0, "") if signs.is_complete else (-20, "材料不齐"),
        (0, "") if signs.has_challenge else (-30, "未在页面内拍摄"),
    ]  # fmt: skip
    if signs.speech_likeness >= 0.9:
        found.append((-40, "发言与已有发言几乎相同"))
    elif signs.speech_likeness >= 0.6:
        found.append((-20, "发言与已有发言相近"))
    if signs.seconds_of_voice is not None and signs.seconds_of_voice < 2:
        found.append((-40, "录音不足 2 秒"))
    return found


def _of_person(signs: Signs) -> list[tuple[int, str]]:
    total = signs.record_approved + signs.record_refused
    record = (0, "")
    if total >= 3:
        share = signs.record_approved / total
        record = (10, f"以往 {total} 次提交多数通过") if share >= 0.9 else record
        record = (-20, f"以往 {total} 次提交有 {signs.record_refused} 次退回") if share < 0.6 else record
    crowd = (0, "")
    if signs.people_on_device_today > 3:
        crowd = (-25, f"同一手机今天有 {signs.people_on_device_today} 人使用")
    return [record, crowd, (-5, "由他人代办") if signs.by_proxy else (0, "")]
