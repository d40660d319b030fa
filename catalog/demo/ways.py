"""Invented matters under way: datasets between departments and data centre, applications, a grant in use, an appeal."""

import datetime as dt
from typing import Any

from accounts.models import User
from audit import Origin
from catalog.demo.makers import maker, rows, type_of
from catalog.engine.columns import Column
from catalog.models import Agreement, Application, Dataset, Grant, Publisher, Registration, Resource
from catalog.opening_words import ApplicationState as S
from catalog.opening_words import RegistrationState, UseWay
from catalog.services import applications, grants, workflow
from catalog.services.drafts import create_draft, save_fields, save_resource
from catalog.services.publish_tables import fill_release, seal_release, start_release
from catalog.services.registrations import decide_registration, register

ORIGIN = Origin.system("demo")
# Valid codes of the block that GB 11714 reserves for private use: they meet no real organisation.
CODES = ("12330282PDY9000187", "91330282PDY900026W", "91330282PDY900034P")
RESTRICTED = "executed-case-labels"
ASKED = ("firm_id", "town", "state", "band", "amount")
OPINIONS = {
    "returned": ("return", "请写明存量客户的范围与比对频次。"),
    "refused": ("refuse", "用途为转售数据，与受限开放的条件不符。"),
    "agreement": ("pass", "目的明确，字段必要"),
    "granted": ("pass", "目的明确，字段必要"),
}
FIELDS = (
    ("case_no", "案件编号", "serial:AJ"), ("town", "镇街", "town"), ("kind", "案由", "pick:买卖合同/借款合同/劳动争议"),
    ("filed_on", "立案日期", "date:2025:2026"),
)  # fmt: skip
DRAFTS = (
    ("court-schedule", "开庭排期公告", "按镇街与案由公布的开庭排期，供当事人与律师查询。", "draft"),
    ("mediation-results", "诉前调解案件统计", "诉前调解案件的数量、案由与成功率，按月汇总。", "department_review"),
    ("auction-notices", "司法拍卖公告", "司法拍卖标的、起拍价与成交情况。", "centre_review"),
    ("commercial-cases", "商事案件审理天数", "商事案件从立案到结案的平均天数，按案由汇总。", "scheduled"),
)  # fmt: skip


def raise_ways(as_of: dt.date, now: dt.datetime, people: dict[str, User]) -> None:
    """Each once; needs the demonstration's sign-ins, and makes nothing without them."""
    if not {"steward.court", "reviewer.court", "operator", "applicant", "bank.manager"} <= set(people):
        return
    for number, told in enumerate(DRAFTS):
        found = Dataset.objects.filter(name=told[0]).first()
        if found is not None and not found.resources.filter(releases__isnull=False).exists():
            found.delete()  # of a run cut off
            found = None
        if found is None:
            _draft(told, as_of, now - dt.timedelta(days=6 - number), people)
    _registrations(now, people)
    resource = Resource.objects.filter(dataset__name=RESTRICTED, dataset__revises__isnull=True).first()
    if resource is not None:
        _applications(resource, as_of, now, people)


def _draft(told: tuple[str, str, str, str], as_of: dt.date, at: dt.datetime, people: dict[str, User]) -> None:
    name, title, notes, until = told
    steward, reviewer, operator = people["steward.court"], people["reviewer.court"], people["operator"]
    values = {
        "name": name,
        "title": title,
        "notes": notes,
        "cycle": "5",
        "tags": ["司法"],
        "subject": "credit",
    }
    dataset = create_draft(
        values, publisher=Publisher.objects.get(code="court"), editor=steward, now=at, origin=ORIGIN
    )
    Dataset.objects.filter(pk=dataset.pk).update(is_demo=True)
    resource = save_resource(
        dataset, {"name": title, "description": "演示数据，内容为虚构。", "format": "CSV"}, editor=steward, now=at,
        origin=ORIGIN,
    )  # fmt: skip
    columns = tuple(Column(c, t, type_of(make), f"c{n}") for n, (c, t, make) in enumerate(FIELDS, start=1))
    release = start_release(resource, columns, now=at)
    fill_release(release, columns, rows([maker(make, as_of) for *_, make in FIELDS], 120, len(name)))
    save_fields(resource, columns, {})
    seal_release(release, columns, now=at)
    dataset.refresh_from_db()
    if until == "draft":
        return
    workflow.submit(steward, dataset, "请审核", now=at, origin=ORIGIN)
    if until == "department_review":
        return
    workflow.pass_review(reviewer, dataset, "字段与分级无误", now=at + dt.timedelta(hours=3), origin=ORIGIN)
    if until == "scheduled":
        workflow.approve(
            operator, dataset, "同意", publish_on=as_of + dt.timedelta(days=7), now=at + dt.timedelta(hours=6),
            origin=ORIGIN,
        )  # fmt: skip


def _registrations(now: dt.datetime, people: dict[str, User]) -> None:
    """The institute and the bank are confirmed, a third organisation waits."""
    told: tuple[tuple[str, str, User | None], ...] = (
        (CODES[0], "农业保险与信贷研究", people["applicant"]),
        (CODES[1], "小微企业贷前核查与贷后预警", people["bank.manager"]),
        (CODES[2], "新市民租房服务平台建设", None),
    )  # fmt: skip
    for code, purpose, user in told:
        name = user.agency.name if user is not None and user.agency else "演示城市服务有限公司"
        made = Registration.objects.filter(credit_code=code).first()
        if made is None:
            made = register(
                credit_code=code, name=name, contact="演示联系人", phone="13800000000", purpose=purpose,
                user=user, now=now - dt.timedelta(days=120 if user else 1), origin=ORIGIN,
            )  # fmt: skip
        if user is not None and made.state == RegistrationState.SUBMITTED:
            decide_registration(
                people["operator"],
                made,
                True,
                "代码与联系人已核对",
                now=now - dt.timedelta(days=119),
                origin=ORIGIN,
            )


def _applications(resource: Resource, as_of: dt.date, now: dt.datetime, people: dict[str, User]) -> None:
    """One granted and used, one to be signed, one returned, one refused and appealed, one just handed in."""
    bank, institute = people["bank.manager"], people["applicant"]
    told = [
        (bank, 60, "小微企业贷前核查", "甬风贷前模型，用于核验借款企业是否涉执行，由风险部使用。", "granted"),
        (institute, 40, "涉农企业信用研究", "分析涉执行对农业贷款违约的影响，成果为研究报告。", "agreement"),
        (bank, 12, "贷后预警", "对存量客户按月比对涉执行状态。", "returned"),
        (institute, 20, "企业画像产品", "拟做成对外销售的企业画像接口。", "refused"),
        (institute, 1, "镇街营商环境评价", "按镇街汇总涉执行企业占比，供学术研究。", "department_review"),
    ]
    for user, days, purpose, scene, until in told:
        made = Application.objects.filter(made_by=user, resource=resource, purpose=purpose).first()
        if made is None:
            at = now - dt.timedelta(days=days)
            wish = applications.Wish(
                fields=ASKED, purpose=purpose, scene=scene, way="both", quota=500, starts_on=at.date(),
                ends_on=at.date() + dt.timedelta(days=365), committed=True,
                security="等级保护二级备案，专人专机，日志留存六个月。",
            )  # fmt: skip
            made = applications.apply_for(user, resource, wish, now=at, origin=ORIGIN)
        if made.scene != scene or not _is_untouched(made):
            continue
        Application.objects.filter(pk=made.pk, is_demo=False).update(is_demo=True)
        made.refresh_from_db()
        _carry_on(made, until, made.made_at, people)


def _is_untouched(made: Application) -> bool:
    """Whether nobody but the demonstration acted: its steps lie in the first days, a person's come with today's date."""
    return not made.steps.filter(at__gt=made.made_at + dt.timedelta(days=8, hours=1)).exists()


def _carry_on(made: Application, until: str, at: dt.datetime, people: dict[str, User]) -> None:
    """Take an application from where it stands to where the demonstration wants it."""
    reviewer, operator, applicant = people["reviewer.court"], people["operator"], made.made_by
    days = dt.timedelta
    if made.state == S.DEPARTMENT_REVIEW and until in OPINIONS:
        action, opinion = OPINIONS[until]
        applications.review(reviewer, made, action, opinion, now=at + days(2), origin=ORIGIN)
        made.refresh_from_db()
    if made.state == S.REFUSED and until == "refused" and not made.appeals.exists():
        text = "产品只提供评分，不提供原始字段，请重新考虑。"
        grants.appeal(applicant, made, text, now=at + days(5), origin=ORIGIN)
    if made.state == S.CENTRE_REVIEW and until in ("agreement", "granted"):
        applications.review(operator, made, "pass", "同意", now=at + days(6), origin=ORIGIN)
        made.refresh_from_db()
    if made.state == S.AGREEMENT and not Agreement.objects.filter(application=made).exists():
        grants.offer_agreement(operator, made, now=at + days(7), origin=ORIGIN)
    if made.state == S.AGREEMENT and until == "granted":
        grants.sign_agreement(applicant, made, now=at + days(8), origin=ORIGIN)
    grant = Grant.objects.filter(application=made).first()
    if grant is not None and until == "granted":
        _use(grant, at, applicant)


def _use(grant: Grant, at: dt.datetime, user: User) -> None:
    """Some weeks of use and a report; what is there already is not made again."""
    release: Any = grant.resource.current
    ways = (UseWay.PAGE, UseWay.DOWNLOAD, *[UseWay.INTERFACE] * 10)
    for number, way in enumerate(ways):
        moment = at + dt.timedelta(days=9 + 3 * number, hours=number % 7)
        if grant.uses.filter(at=moment).exists():
            continue
        count = {UseWay.PAGE: 10, UseWay.DOWNLOAD: release.row_count}.get(way, 100)
        grants.use_grant(user, grant.pk, way, rows=count, release=release, now=moment, origin=ORIGIN)
    if not grant.reports.exists():
        grants.report_use(
            user, grant, text="用于贷前核查，共核验演示客户三十六户，未发生对外提供。", results="拦截高风险申请两笔。",
            now=at + dt.timedelta(days=45), origin=ORIGIN,
        )  # fmt: skip
