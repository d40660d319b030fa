"""The data innovation competition: teams, their data, their entries, the judges' sheets, the ranking."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Avg

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import AgencyKind, Role
from audit import Origin
from catalog.models import Competition, Dataset, Entry, Interest, ResourceKind, ScoreSheet, Team, Track
from catalog.opening_words import Stage
from catalog.policies import is_grantable_field, is_open_to_public, is_public_field
from catalog.services.grants import grant_to_team
from catalog.vocabulary import Opening

CRITERIA = (
    {"code": "use", "name": "数据利用", "most": 30},
    {"code": "novelty", "name": "创新性", "most": 25},
    {"code": "value", "name": "应用价值", "most": 25},
    {"code": "safety", "name": "安全合规", "most": 20},
)
AWARDS = {1: "一等奖", 2: "二等奖", 3: "二等奖", 4: "三等奖", 5: "三等奖", 6: "三等奖"}
FEWEST_SHEETS = 2
TEAM_AGENCIES = frozenset({AgencyKind.BANK, AgencyKind.FINANCIAL, AgencyKind.OUTSIDE, AgencyKind.ENTERPRISE})
NEXT = {
    Stage.PREPARING: Stage.REGISTRATION, Stage.REGISTRATION: Stage.MAKING, Stage.MAKING: Stage.JUDGING,
    Stage.JUDGING: Stage.CLOSED,
}  # fmt: skip


class UnableToCompete(ValueError):
    """A step of the competition is refused; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


def start_competition(
    actor: User,
    *,
    year: int,
    title: str,
    about: str,
    tracks: Sequence[tuple[str, str, str]],
    data_from: date,
    data_to: date,
    now: datetime,
    origin: Origin,
) -> Competition:
    """Announce a competition with its tracks (code, name, description). Raises :class:`UnableToCompete`."""
    with audit.action("catalog.competition.started", origin=origin, target=f"competition:{year}"):
        _require_centre(actor)
        if data_to <= data_from or not tracks:
            raise UnableToCompete("请填写赛道与数据开放期间。")
        try:
            with transaction.atomic():
                competition = Competition.objects.create(
                    year=year, title=title.strip(), about=about.strip(), criteria=list(CRITERIA),
                    data_from=data_from, data_to=data_to, created_at=now,
                )  # fmt: skip
        except IntegrityError as error:
            raise UnableToCompete(f"{year} 年度的大赛已经建立。", "year") from error
        Track.objects.bulk_create(
            Track(competition=competition, code=code, name=name, about=text) for code, name, text in tracks
        )
        return competition


def advance(actor: User, competition: Competition, *, now: datetime, origin: Origin) -> Competition:
    """Go to the next stage; closing ranks the entries. Raises :class:`UnableToCompete`."""
    with audit.action(
        "catalog.competition.advanced", origin=origin, target=f"competition:{competition.year}"
    ) as log:
        _require_centre(actor)
        after = NEXT.get(Stage(competition.stage))
        if after is None:
            raise UnableToCompete("大赛已揭晓。")
        if after == Stage.CLOSED:
            _rank(competition)
        competition.stage = after
        competition.save(update_fields=["stage"])
        log.detail["stage"] = after.value
        return competition


def name_judge(actor: User, competition: Competition, judge: User, *, origin: Origin) -> None:
    """Nobody of a competing agency judges. Raises :class:`UnableToCompete`."""
    detail = {"judge": judge.username}
    with audit.action(
        "catalog.judge.named", origin=origin, target=f"competition:{competition.year}", detail=detail
    ):
        _require_centre(actor)
        if judge.agency_id is None or competition.teams.filter(agency_id=judge.agency_id).exists():
            raise UnableToCompete("参赛单位的人员不能担任评委。")
        competition.judges.add(judge)


def enter_team(
    user: User,
    track: Track,
    *,
    name: str,
    members: str,
    datasets: Sequence[Dataset],
    now: datetime,
    origin: Origin,
) -> Team:
    """An agency enters a team and names the data it wants to use. Raises :class:`UnableToCompete`."""
    competition = track.competition
    with audit.action("catalog.team.entered", origin=origin, target=f"competition:{competition.year}") as log:
        if competition.stage != Stage.REGISTRATION:
            raise UnableToCompete("现在不在报名阶段。")
        if user.agency is None or user.agency_id is None or user.agency.kind not in TEAM_AGENCIES:
            raise UnableToCompete("请由银行、金融机构、企业或外部单位的人员报名。")
        if not name.strip() or not members.strip():
            raise UnableToCompete("请填写队名与成员。", "name")
        if competition.judges.filter(agency_id=user.agency_id).exists():
            raise UnableToCompete("本单位有人担任评委，不能参赛。")
        try:
            with transaction.atomic():
                team = Team.objects.create(
                    competition=competition, track=track, agency=user.agency, name=name.strip(),
                    members=members.strip(), leader=user, created_at=now,
                )  # fmt: skip
        except IntegrityError as error:
            raise UnableToCompete("该队名已被使用。", "name") from error
        team.datasets.set([d for d in datasets if is_open_to_public(d) and d.opening != Opening.FORBIDDEN])
        log.detail |= {"team": team.pk, "datasets": [d.name for d in team.datasets.all()]}
        return team


def accept_team(actor: User, team: Team, *, now: datetime, origin: Origin) -> Team:
    """The centre lets a team in and grants it the restricted columns of its datasets for the competition's period.

    Raises :class:`UnableToCompete`.
    """
    with audit.action("catalog.team.accepted", origin=origin, target=f"team:{team.pk}") as log:
        _require_centre(actor)
        if team.accepted_at is not None:
            raise UnableToCompete("该队伍已通过。")
        team.accepted_at = now
        team.save(update_fields=["accepted_at"])
        granted = []
        for dataset in team.datasets.prefetch_related("resources__fields__rule"):
            for resource in dataset.resources.filter(kind=ResourceKind.TABLE):
                opening = dataset.opening
                fields = [
                    f.code
                    for f in resource.fields.select_related("rule")
                    if is_grantable_field(f, opening) and not is_public_field(f, opening)
                ]
                if fields:
                    granted.append(grant_to_team(team, resource, fields, now=now).pk)
        log.detail["grants"] = granted
        inbox.notify([team.leader], f"队伍“{team.name}”已通过报名", url="/catalog/competition/", now=now)
        return team


def submit_entry(
    user: User,
    team: Team,
    *,
    title: str,
    about: str,
    url: str = "",
    products: Sequence[str] = (),
    datasets: Sequence[Dataset],
    now: datetime,
    origin: Origin,
) -> Entry:
    """Hand in what was made, or change it until the judging. It names the data it used. Raises :class:`UnableToCompete`."""
    with audit.action("catalog.entry.submitted", origin=origin, target=f"team:{team.pk}"):
        if user.agency_id != team.agency_id:
            raise UnableToCompete("只能提交本单位队伍的作品。")
        if team.accepted_at is None or team.competition.stage != Stage.MAKING:
            raise UnableToCompete("报名通过后，在开发阶段提交作品。")
        used = [d for d in datasets if is_open_to_public(d)]
        if not used:
            raise UnableToCompete("请选择作品所用的数据集。", "datasets")
        if not title.strip() or len(about.strip()) < 4:
            raise UnableToCompete("请填写作品名称与简介。", "title")
        entry, _ = Entry.objects.update_or_create(
            team=team,
            defaults={
                "title": title.strip(), "about": about.strip(), "url": url,
                "products": [p.strip() for p in products if p.strip()], "submitted_at": now,
            },
        )  # fmt: skip
        entry.datasets.set(used)
        return entry


def declare_interest(
    judge: User, entry: Entry, *, has_interest: bool, text: str = "", now: datetime, origin: Origin
) -> Interest:
    """A judge says whether they have an interest in an entry, before they score it. Raises :class:`UnableToCompete`."""
    detail = {"has_interest": has_interest}
    with audit.action("catalog.interest.declared", origin=origin, target=f"entry:{entry.pk}", detail=detail):
        _require_judge(judge, entry)
        if has_interest and not text.strip():
            raise UnableToCompete("存在利益关系时请说明。", "text")
        if ScoreSheet.objects.filter(judge=judge, entry=entry).exists():
            raise UnableToCompete("已评分，不能再改声明。")
        interest, _ = Interest.objects.update_or_create(
            judge=judge, entry=entry, defaults={"has_interest": has_interest, "text": text.strip(), "at": now}
        )
        return interest


def score(
    judge: User, entry: Entry, points: Mapping[str, Any], remark: str = "", *, now: datetime, origin: Origin
) -> ScoreSheet:
    """One judge's sheet; it may be written anew until the result. Raises :class:`UnableToCompete`."""
    with audit.action("catalog.entry.scored", origin=origin, target=f"entry:{entry.pk}"):
        _require_judge(judge, entry)
        interest = Interest.objects.filter(judge=judge, entry=entry).first()
        if interest is None:
            raise UnableToCompete("评分前请先作利益关系声明。")
        if interest.has_interest:
            raise UnableToCompete("您与该作品存在利益关系，应当回避。")
        given = _points(entry.team.competition, points)
        sheet, _ = ScoreSheet.objects.update_or_create(
            judge=judge, entry=entry,
            defaults={
                "points": {code: str(value) for code, value in given.items()}, "total": sum(given.values()),
                "remark": remark.strip(), "at": now,
            },
        )  # fmt: skip
        return sheet


def _points(competition: Competition, points: Mapping[str, Any]) -> dict[str, Decimal]:
    given = {}
    for criterion in competition.criteria:
        try:
            value = Decimal(str(points[criterion["code"]]))
        except (KeyError, ArithmeticError) as error:
            raise UnableToCompete(f"请为“{criterion['name']}”打分。", criterion["code"]) from error
        if not value.is_finite() or not 0 <= value <= criterion["most"]:
            raise UnableToCompete(f"“{criterion['name']}”为 0 至 {criterion['most']} 分。", criterion["code"])
        given[criterion["code"]] = value.quantize(Decimal("0.01"))
    return given


def _rank(competition: Competition) -> None:
    """By mean of the sheets, the earlier entry first on equal means; entries with too few sheets stop the result."""
    entries = Entry.objects.filter(team__competition=competition).annotate(mean=Avg("sheets__total"))
    short = [e.title for e in entries if e.sheets.count() < FEWEST_SHEETS]
    if short:
        raise UnableToCompete(f"这些作品的评分不足 {FEWEST_SHEETS} 份：{'、'.join(short[:5])}。")
    ordered = sorted(entries, key=lambda e: (-(e.mean or 0), e.submitted_at, e.pk))
    for rank, entry in enumerate(ordered, 1):
        entry.rank, entry.award = rank, AWARDS.get(rank, "优秀奖" if rank <= 10 else "")
        entry.score = Decimal(entry.mean or 0).quantize(Decimal("0.01"))
        entry.save(update_fields=["rank", "award", "score"])


def _require_judge(judge: User, entry: Entry) -> None:
    competition = entry.team.competition
    if competition.stage != Stage.JUDGING:
        raise UnableToCompete("现在不在评审阶段。")
    if not competition.judges.filter(pk=judge.pk).exists():
        raise UnableToCompete("您不是本届大赛的评委。")
    if entry.team.agency_id == judge.agency_id:
        raise UnableToCompete("不能评审本单位的作品。")


def _require_centre(actor: User) -> None:
    if Role.DATA_CENTRE_OPERATOR not in actor.roles:
        raise UnableToCompete("大赛由数据中心运营员组织。")
