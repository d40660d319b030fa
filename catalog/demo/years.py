"""The demonstration's key lists and competitions: this year's adopted and closed, next year's under way."""

import datetime as dt
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone

from accounts.models import User
from audit import Origin
from catalog.models import Competition, Dataset, Entry, KeyList, KeyListEntry, Publisher, ScoreSheet
from catalog.opening_words import KeyListState, Progress, Stage
from catalog.services import competition as contest
from catalog.services import keylist
from catalog.vocabulary import Lane

ORIGIN = Origin.system("demo")
FILE = Path(__file__).with_name("years.yaml")
FOREWORD = "按需求迫切、群众关切、条件成熟的原则，从三农、企业金融、养老、新市民四个领域选取。"
# Days from the announcement to the opening of the data: they tell the finished competition from the coming one.
AHEAD_CLOSED, AHEAD_OPEN = 20, 44
JUDGES = ("leader", "analyst", "model")
TRACKS = (
    ("finance", "普惠金融", "用公共数据为小微企业与农户增信。"),
    ("living", "民生服务", "养老、教育、出行与新市民服务。"),
)


def raise_years(as_of: dt.date, now: dt.datetime, people: dict[str, User]) -> None:
    """What is missing of them, also within one that a run cut off left half made; needs the demonstration's sign-ins."""
    if not {"operator", "bank.manager", "applicant", "firm", "leader", "analyst", "model"} <= set(people):
        return
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    operator = people["operator"]
    _key_list(
        operator, as_of.year, told["this_year"], told["comments"], now - dt.timedelta(days=260), (as_of, now)
    )
    _key_list(operator, as_of.year + 1, told["next_year"], told["comments"], now - dt.timedelta(days=9), None)
    _closed(as_of, now, people, told["entries"])
    begun = now - dt.timedelta(days=4)
    coming = _announced(operator, as_of.year + 1, begun, AHEAD_OPEN)
    if coming is not None and coming.stage == Stage.PREPARING:
        contest.advance(operator, coming, now=coming.created_at, origin=ORIGIN)


def _key_list(
    operator: User,
    year: int,
    lines: list[list[Any]],
    comments: list[list[Any]],
    begun: dt.datetime,
    followed: tuple[dt.date, dt.datetime] | None,
) -> None:
    """Carry a list from where it stands to the public, and to adoption and progress when it is ``followed``.

    A list of somebody else, or one that was raised for another year's plan, stays as it is.
    """
    made = KeyList.objects.filter(year=year).first()
    if made is None:
        made = keylist.start_list(operator, year, FOREWORD, now=begun, origin=ORIGIN)
    if not made.is_demo:
        if made.made_by_id != operator.pk or made.foreword != FOREWORD or made.entries.exists():
            return
        KeyList.objects.filter(pk=made.pk).update(is_demo=True)
    made.refresh_from_db()
    first = made.entries.order_by("position").first()
    if first is not None and first.title != lines[0][1]:
        return
    begun = made.made_at
    if made.state == KeyListState.DRAFT:
        _lines(operator, made, lines)
        keylist.open_consultation(operator, made, now=begun + dt.timedelta(days=1), origin=ORIGIN)
    if made.state == KeyListState.CONSULTATION:
        _comments(operator, made, comments, begun)
        if followed:
            keylist.adopt(operator, made, now=begun + dt.timedelta(days=45), origin=ORIGIN)
    if made.state == KeyListState.ADOPTED and followed:
        _progress(operator, made, *followed)


def _lines(operator: User, made: KeyList, lines: list[list[Any]]) -> None:
    publishers = {p.code: p for p in Publisher.objects.all()}
    known = set(made.entries.values_list("title", flat=True))
    for place, (lane, title, content, publisher, opening, due) in enumerate(lines, start=1):
        if title in known:
            continue
        values = {
            "lane": Lane(lane).value, "title": title, "content": content, "publisher": publishers[publisher],
            "opening": opening, "due_on": dt.date(made.year, *due), "position": place,
        }  # fmt: skip
        keylist.save_entry(operator, made, values, origin=ORIGIN)


def _comments(operator: User, made: KeyList, told: list[list[Any]], begun: dt.datetime) -> None:
    entries = list(made.entries.all())
    for number, (name, text, answer, accepted) in enumerate(told):
        at = begun + dt.timedelta(days=2 + number)
        said = made.comments.filter(text=text).first()
        if said is None:
            entry = entries[number] if number % 2 else None
            said = keylist.comment(made, name=name, text=text, entry=entry, now=at, origin=ORIGIN)
        if said.replied_at is None:
            keylist.reply(
                operator, said, answer, accepted=accepted, public=True, now=at + dt.timedelta(days=1), origin=ORIGIN
            )  # fmt: skip


def _progress(operator: User, made: KeyList, as_of: dt.date, now: dt.datetime) -> None:
    """Lines whose data stand in the catalogue are done, some are late for a reason, the rest under way."""
    entries: list[KeyListEntry] = list(made.entries.select_related("publisher", "key_list"))
    for number, entry in enumerate(entries):
        if entry.note or entry.late_reason or entry.dataset_id or entry.progress != Progress.PLANNED:
            continue  # told already
        own = Dataset.objects.filter(publisher=entry.publisher, revises__isnull=True, state="published")
        found = own.filter(title=entry.title).first()
        if found is not None:
            told: dict[str, Any] = {"progress": Progress.DONE, "note": "已在目录发布", "dataset": found}
        elif entry.due_on < as_of:
            told = {"progress": Progress.DOING, "note": "正在与镇街核对数据",
                    "late_reason": "上级系统回流数据推迟到下季度，已报主管单位。"}  # fmt: skip
        else:
            told = {"progress": Progress.DOING if number % 2 else Progress.PLANNED, "note": "按计划推进"}
        at = min(now, now - dt.timedelta(days=max(0, (as_of - entry.due_on).days + 8)))
        keylist.report_progress(operator, entry, now=at if found else now, origin=ORIGIN, **told)


def _announced(operator: User, year: int, at: dt.datetime, ahead: int) -> Competition | None:
    """The year's competition, announced at ``at`` with its data open ``ahead`` days later; None if it is another one."""
    title = f"{year} 年慈溪市数据开放创新应用大赛"
    made = Competition.objects.filter(year=year).first()
    if made is None:
        opens = timezone.localdate(at) + dt.timedelta(days=ahead)
        made = contest.start_competition(
            operator, year=year, title=title, tracks=TRACKS, data_from=opens, data_to=opens + dt.timedelta(days=60),
            about="用公共数据解决身边的问题。参赛队伍须写明所用数据集，涉及受限数据的在赛期内授权使用。",
            now=at, origin=ORIGIN,
        )  # fmt: skip
    if (made.data_from - timezone.localdate(made.created_at)).days != ahead or made.title != title:
        return None
    if not made.is_demo:
        if made.stage != Stage.PREPARING:
            return None
        Competition.objects.filter(pk=made.pk).update(is_demo=True)
    made.refresh_from_db()
    return made


def _closed(as_of: dt.date, now: dt.datetime, people: dict[str, User], told: list[list[Any]]) -> None:
    """This year's competition from where it stands to the result."""
    operator = people["operator"]
    made = _announced(operator, as_of.year, now - dt.timedelta(days=150), AHEAD_CLOSED)
    if made is None:
        return
    begun = made.created_at

    def go_on(days: int) -> None:
        contest.advance(operator, made, now=begun + dt.timedelta(days=days), origin=ORIGIN)

    if made.stage == Stage.PREPARING:
        go_on(0)
    if made.stage == Stage.REGISTRATION:
        _teams(made, people, told, begun + dt.timedelta(days=5))
        go_on(25)
    if made.stage == Stage.MAKING:
        _entries(made, people, told, begun + dt.timedelta(days=70))
        go_on(80)
    if made.stage == Stage.JUDGING:
        _scores(made, people, told, begun + dt.timedelta(days=82))
        go_on(90)


def _datasets(names: list[str]) -> list[Dataset]:
    return list(Dataset.objects.filter(name__in=names, revises__isnull=True, state="published"))


def _teams(made: Competition, people: dict[str, User], told: list[list[Any]], at: dt.datetime) -> None:
    tracks = {track.code: track for track in made.tracks.select_related("competition")}
    for who, track, name, members, used, *_ in told:
        team = made.teams.filter(name=name).first()
        if team is None:
            team = contest.enter_team(
                people[who], tracks[track], name=name, members=members, datasets=_datasets(used), now=at, origin=ORIGIN
            )  # fmt: skip
        if team.accepted_at is None:
            contest.accept_team(people["operator"], team, now=at + dt.timedelta(days=2), origin=ORIGIN)
    for judge in (people[name] for name in JUDGES):
        contest.name_judge(people["operator"], made, judge, origin=ORIGIN)


def _entries(made: Competition, people: dict[str, User], told: list[list[Any]], at: dt.datetime) -> None:
    for who, _, name, _, used, title, about, products, _ in told:
        team = made.teams.select_related("competition").filter(name=name).first()
        if team is not None and not Entry.objects.filter(team=team).exists():
            contest.submit_entry(
                people[who], team, title=title, about=about, products=products, datasets=_datasets(used), now=at,
                origin=ORIGIN,
            )  # fmt: skip


def _scores(made: Competition, people: dict[str, User], told: list[list[Any]], begun: dt.datetime) -> None:
    for _, _, name, *_, points in told:
        entry = Entry.objects.select_related("team__competition").filter(
            team__competition=made, team__name=name
        ).first()  # fmt: skip
        for shift, judge in enumerate(people[who] for who in JUDGES):
            if entry is None or ScoreSheet.objects.filter(entry=entry, judge=judge).exists():
                continue
            at = begun + dt.timedelta(days=shift)
            contest.declare_interest(judge, entry, has_interest=False, now=at, origin=ORIGIN)
            given = {c["code"]: p - shift for c, p in zip(made.criteria, points, strict=True)}
            contest.score(judge, entry, given, now=at, origin=ORIGIN)
