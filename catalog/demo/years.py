"""The demonstration's key lists and competitions: this year's adopted and closed, next year's under way."""

import datetime as dt
from pathlib import Path
from typing import Any

import yaml

from accounts.models import User
from audit import Origin
from catalog.models import Competition, Dataset, KeyList, KeyListEntry, Publisher, Team
from catalog.opening_words import Progress
from catalog.services import competition as contest
from catalog.services import keylist
from catalog.vocabulary import Lane

ORIGIN = Origin.system("demo")
FILE = Path(__file__).with_name("years.yaml")
TRACKS = (
    ("finance", "普惠金融", "用公共数据为小微企业与农户增信。"),
    ("living", "民生服务", "养老、教育、出行与新市民服务。"),
)


def raise_years(as_of: dt.date, now: dt.datetime, people: dict[str, User]) -> None:
    """Each once; needs the demonstration's sign-ins."""
    if not {"operator", "bank.manager", "applicant", "firm", "leader", "analyst", "model"} <= set(people):
        return
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    operator = people["operator"]
    for year, lines, begun in (
        (as_of.year, told["this_year"], now - dt.timedelta(days=260)),
        (as_of.year + 1, told["next_year"], now - dt.timedelta(days=9)),
    ):
        if not KeyList.objects.filter(year=year).exists():
            made = _list(operator, year, lines, begun)
            _comments(operator, made, told["comments"], begun)
            if year == as_of.year:
                keylist.adopt(operator, made, now=begun + dt.timedelta(days=45), origin=ORIGIN)
                _progress(operator, made, as_of, now)
    if not Competition.objects.filter(year=as_of.year).exists():
        _closed(as_of, now, people, told["entries"])
    if not Competition.objects.filter(year=as_of.year + 1).exists():
        coming = _announced(
            operator, as_of.year + 1, as_of + dt.timedelta(days=40), now - dt.timedelta(days=4)
        )
        contest.advance(operator, coming, now=now, origin=ORIGIN)


def _list(operator: User, year: int, lines: list[list[Any]], begun: dt.datetime) -> KeyList:
    made = keylist.start_list(
        operator, year, "按需求迫切、群众关切、条件成熟的原则，从三农、企业金融、养老、新市民四个领域选取。",
        now=begun, origin=ORIGIN,
    )  # fmt: skip
    KeyList.objects.filter(pk=made.pk).update(is_demo=True)
    made.refresh_from_db()
    publishers = {p.code: p for p in Publisher.objects.all()}
    for place, (lane, title, content, publisher, opening, due) in enumerate(lines, start=1):
        values = {
            "lane": Lane(lane).value, "title": title, "content": content, "publisher": publishers[publisher],
            "opening": opening, "due_on": dt.date(year, *due), "position": place,
        }  # fmt: skip
        keylist.save_entry(operator, made, values, origin=ORIGIN)
    return keylist.open_consultation(operator, made, now=begun + dt.timedelta(days=1), origin=ORIGIN)


def _comments(operator: User, made: KeyList, told: list[list[Any]], begun: dt.datetime) -> None:
    entries = list(made.entries.all())
    for number, (name, text, answer, accepted) in enumerate(told):
        at = begun + dt.timedelta(days=2 + number)
        said = keylist.comment(
            made, name=name, text=text, entry=entries[number] if number % 2 else None, now=at, origin=ORIGIN
        )
        keylist.reply(
            operator,
            said,
            answer,
            accepted=accepted,
            public=True,
            now=at + dt.timedelta(days=1),
            origin=ORIGIN,
        )


def _progress(operator: User, made: KeyList, as_of: dt.date, now: dt.datetime) -> None:
    """Lines whose data stand in the catalogue are done, some are late for a reason, the rest under way."""
    entries: list[KeyListEntry] = list(made.entries.select_related("publisher", "key_list"))
    for number, entry in enumerate(entries):
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


def _announced(operator: User, year: int, data_from: dt.date, at: dt.datetime) -> Competition:
    made = contest.start_competition(
        operator, year=year, title=f"{year} 年慈溪市数据开放创新应用大赛",
        about="用公共数据解决身边的问题。参赛队伍须写明所用数据集，涉及受限数据的在赛期内授权使用。",
        tracks=TRACKS, data_from=data_from, data_to=data_from + dt.timedelta(days=60), now=at, origin=ORIGIN,
    )  # fmt: skip
    Competition.objects.filter(pk=made.pk).update(is_demo=True)
    made.refresh_from_db()
    return made


def _closed(as_of: dt.date, now: dt.datetime, people: dict[str, User], told: list[list[Any]]) -> None:
    """This year's competition from its announcement to the result."""
    operator, begun = people["operator"], now - dt.timedelta(days=150)
    made = _announced(operator, as_of.year, begun.date() + dt.timedelta(days=20), begun)
    contest.advance(operator, made, now=begun, origin=ORIGIN)
    tracks = {track.code: track for track in made.tracks.all()}
    teams: list[tuple[Team, list[Any]]] = []
    for line in told:
        who, track, name, members, used = line[:5]
        datasets = list(Dataset.objects.filter(name__in=used, revises__isnull=True, state="published"))
        at = begun + dt.timedelta(days=5)
        team = contest.enter_team(
            people[who], tracks[track], name=name, members=members, datasets=datasets, now=at, origin=ORIGIN
        )
        contest.accept_team(operator, team, now=at + dt.timedelta(days=2), origin=ORIGIN)
        teams.append((Team.objects.select_related("competition").get(pk=team.pk), line))
    judges = [people[name] for name in ("leader", "analyst", "model")]
    for judge in judges:
        contest.name_judge(operator, made, judge, origin=ORIGIN)
    contest.advance(operator, made, now=begun + dt.timedelta(days=25), origin=ORIGIN)
    entries = []
    for team, (who, _, _, _, used, title, about, products, points) in teams:
        team.competition.refresh_from_db()
        entry = contest.submit_entry(
            people[who], team, title=title, about=about, products=products,
            datasets=list(Dataset.objects.filter(name__in=used, revises__isnull=True)),
            now=begun + dt.timedelta(days=70), origin=ORIGIN,
        )  # fmt: skip
        entries.append((entry, points))
    contest.advance(operator, made, now=begun + dt.timedelta(days=80), origin=ORIGIN)
    for entry, points in entries:
        entry.refresh_from_db()
        entry.team.competition.refresh_from_db()
        for shift, judge in enumerate(judges):
            at = begun + dt.timedelta(days=82 + shift)
            contest.declare_interest(judge, entry, has_interest=False, now=at, origin=ORIGIN)
            given = {c["code"]: p - shift for c, p in zip(made.criteria, points, strict=True)}
            contest.score(judge, entry, given, now=at, origin=ORIGIN)
    contest.advance(operator, made, now=begun + dt.timedelta(days=90), origin=ORIGIN)
