"""One invented table about persons on its whole way: rules, a second person's yes, assessment, proof, publication."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from audit import Origin
from catalog.demo.makers import TOWNS, maker, rows, type_of
from catalog.engine.columns import Column
from catalog.models import Dataset, Publisher, Resource
from catalog.services import grading, workflow
from catalog.services.assessments import assess
from catalog.services.drafts import create_draft, save_fields, save_resource
from catalog.services.opening import set_field_opening
from catalog.services.publish_tables import fill_release, seal_release, start_release
from catalog.vocabulary import State

ORIGIN = Origin.system("demo")
NAME, TITLE, ROWS = "judicial-aid-persons", "司法救助发放情况（逐人脱敏）", 900
# code, title, maker of the cells, grade before, role, method, parameters, grade after
FIELDS: tuple[tuple[str, str, str, str, str, str, Mapping[str, Any], str], ...] = (
    ("person_no", "对象编号", "serial:SJ", "L2", "identifier", "suppress", {}, ""),
    ("age", "年龄", "int:21:79", "L2", "quasi", "generalise", {"width": 20}, "L1"),
    ("sex", "性别", "pick:男/女", "L1", "quasi", "keep", {}, ""),
    ("town", "居住片区", "town", "L2", "quasi", "generalise", {"level": 1}, "L1"),
    ("cause", "救助事由", "pick:刑事案件受害/交通事故受害/追索赡养费/追索劳动报酬", "L1", "sensitive", "keep", {}, ""),
    ("amount", "救助金额", "money:2000:60000", "L2", "insensitive", "round", {"base": 1000}, "L1"),
    ("granted_on", "发放日期", "date:2024:2026", "L2", "insensitive", "date", {"to": "month"}, "L1"),
)  # fmt: skip
TOLD = {
    "person_no": "救助案件中对象的顺序号，不公布", "age": "发放时的年龄，二十岁一段", "sex": "登记的性别",
    "town": "居住镇街所在片区", "cause": "申请救助的事由", "amount": "发放金额，取整到千元", "granted_on": "发放月份",
}  # fmt: skip
EAST, WEST = ("龙山", "掌起", "观海卫", "附海", "桥头", "匡堰"), ("周巷", "庵东", "长河", "天元")


def raise_persons(now: dt.datetime, as_of: dt.date, people: Mapping[str, User]) -> None:
    """Once; a run cut off begins anew. Needs the court's people and the operator, and makes nothing without them."""
    if not {"steward.court", "reviewer.court", "operator"} <= set(people):
        return
    found = Dataset.objects.filter(name=NAME, revises__isnull=True).first()
    if found is not None and found.state == State.PUBLISHED:
        return
    if found is not None:
        found.delete()
    at = now - dt.timedelta(days=9)
    steward, reviewer = people["steward.court"], people["reviewer.court"]
    dataset, resource = _draft(steward, as_of, at)
    _protect(resource, steward, reviewer, at)
    assess(
        steward, dataset, purpose="救助资金的发放接受社会监督，按人公布才能看出是否均衡；汇总数不能说明个案。",
        impact="可能被熟悉情况的人猜到本人，后果是被知晓受过救助。",
        measures="编号不公布，年龄每二十岁一段，居住地概化到片区，金额取整到千元，日期到月；每组不少于五人。",
        level="low", now=at, origin=ORIGIN,
    )  # fmt: skip
    hours = dt.timedelta
    dataset = workflow.submit(steward, dataset, "已完成影响评估", now=at + hours(hours=2), origin=ORIGIN)
    dataset = workflow.pass_review(
        reviewer, dataset, "规则与分级无误", now=at + hours(hours=5), origin=ORIGIN
    )
    workflow.approve(people["operator"], dataset, "脱敏证明符合要求", now=at + hours(hours=26), origin=ORIGIN)


def _draft(steward: User, as_of: dt.date, at: dt.datetime) -> tuple[Dataset, Resource]:
    values = {
        "name": NAME, "title": TITLE, "cycle": "5", "tags": ["司法救助", "脱敏"], "subject": "relief",
        "notes": "国家司法救助资金的发放情况，一行一人，经脱敏并附匿名化检验结果，供社会监督与研究。",
        "temporal_from": dt.date(2024, 1, 1), "temporal_to": as_of - dt.timedelta(days=9),
    }  # fmt: skip
    publisher = Publisher.objects.get(code="court")
    dataset = create_draft(values, publisher=publisher, editor=steward, now=at, origin=ORIGIN)
    Dataset.objects.filter(pk=dataset.pk).update(is_demo=True)
    told = {"name": TITLE, "description": "演示数据，内容为虚构。", "format": "CSV"}
    resource = save_resource(dataset, told, editor=steward, now=at, origin=ORIGIN)
    columns = tuple(Column(f[0], f[1], type_of(f[2]), f"c{n}") for n, f in enumerate(FIELDS, start=1))
    release = start_release(resource, columns, now=at)
    fill_release(release, columns, rows([maker(f[2], as_of) for f in FIELDS], ROWS, 11))
    save_fields(resource, columns, {
        f[0]: {"grade": f[3], "description": TOLD[f[0]], "unit": "元" if f[0] == "amount" else ""} for f in FIELDS
    })  # fmt: skip
    seal_release(release, columns, now=at)
    dataset.refresh_from_db()
    return dataset, resource


def _protect(resource: Resource, steward: User, reviewer: User, at: dt.datetime) -> None:
    fields = {field.code: field for field in resource.fields.all()}
    for code, _, _, grade, role, method, parameters, after in FIELDS:
        told = {**parameters, "hierarchy": _areas()} if code == "town" else dict(parameters)
        rule = grading.set_rule(
            steward, fields[code], role=role, method=method, parameters=told, grade_after=after, now=at, origin=ORIGIN
        )  # fmt: skip
        if after and after < grade:
            grading.confirm_rule(reviewer, rule, now=at + dt.timedelta(hours=1), origin=ORIGIN)
    set_field_opening(steward, fields["person_no"], "forbidden", now=at, origin=ORIGIN)
    policy = {"k": 5, "distinct_l": 2}
    grading.set_plan(
        steward, resource, about_persons=True, policy=policy, missing="wildcard", now=at, origin=ORIGIN
    )


def _areas() -> list[list[str]]:
    """Each town with its part of the city."""
    return [[town, _area(town), "慈溪市"] for town in TOWNS]


def _area(town: str) -> str:
    return "东片" if town.startswith(EAST) else "西片" if town.startswith(WEST) else "中片"
