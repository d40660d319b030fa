"""Forms of opening by rule: fields, reviews, applications, the key list, the competition."""

from datetime import date, timedelta
from typing import Any

from django import forms

from catalog.models import Competition, Dataset, KeyList, Publisher, Resource
from catalog.opening_words import Progress, Reason, RiskLevel, Way
from catalog.services.applications import grantable_fields
from catalog.vocabulary import Grade, Lane, Opening

Day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _text(
    label: str, rows: int = 3, *, most: int = 1000, required: bool = True, help_text: str = ""
) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, max_length=most, widget=widget, required=required, help_text=help_text
    )


class GradeForm(forms.Form):
    """Another grade for a field."""

    grade = forms.ChoiceField(label="新分级", choices=Grade.choices)
    grade_reason = forms.CharField(
        label="理由", max_length=400, help_text="调高即时生效；调低须由另一人复核。"
    )


class OpeningForm(forms.Form):
    """Opening attribute with reason code and review date."""

    opening = forms.ChoiceField(label="开放属性", choices=Opening.choices)
    opening_reason = forms.ChoiceField(
        label="理由代码", choices=[("", "无（无条件开放）"), *((r.value, f"{r.value} {r.label}") for r in Reason)],
        required=False,
    )  # fmt: skip
    opening_review_on = forms.DateField(label="复核日期", required=False, widget=Day)
    category = forms.CharField(label="数据分类", max_length=40, required=False)


class PlanForm(forms.Form):
    """What a table about persons must meet."""

    about_persons = forms.BooleanField(label="逐人记录（每行是一个人）", required=False)
    k = forms.IntegerField(label="k 不小于", min_value=2, max_value=1000, required=False)
    distinct_l = forms.IntegerField(label="l 不小于", min_value=1, max_value=100, required=False)
    t = forms.FloatField(label="t 不大于", min_value=0, max_value=1, required=False)
    missing = forms.ChoiceField(
        label="缺失的算法",
        choices=[("category", "缺失是一个取值"), ("wildcard", "缺失可匹配任何取值"), ("distinct", "缺失各不相同")],
    )  # fmt: skip

    def policy(self) -> dict[str, Any]:
        return {n: self.cleaned_data[n] for n in ("k", "distinct_l", "t") if self.cleaned_data[n] is not None}


class AssessmentForm(forms.Form):
    """What opening rows about persons does to them (个人信息保护法第五十六条 names these three)."""

    purpose = _text(
        "处理目的、方式是否合法、正当、必要", most=4000, help_text="为什么须按人开放，能否以汇总数据代替。"
    )
    impact = _text("对个人权益的影响及安全风险", most=4000, help_text="可能被谁识别，识别后有何后果。")
    measures = _text(
        "所采取的保护措施是否合法、有效并与风险程度相适应",
        most=4000,
        help_text="脱敏规则、匿名化要求、授权与追溯。",
    )
    level = forms.ChoiceField(label="评估结论", choices=RiskLevel.choices, help_text="高风险的不得开放。")


class RegistrationForm(forms.Form):
    """An outside organisation makes itself known."""

    name = forms.CharField(label="单位名称", max_length=200)
    credit_code = forms.CharField(label="统一社会信用代码", max_length=18)
    contact = forms.CharField(label="联系人", max_length=60)
    phone = forms.CharField(label="联系电话", max_length=20, help_text="加密保存，仅供确认登记时联系。")
    purpose = _text("拟利用公共数据开展的工作", most=400)


class ApplicationForm(forms.Form):
    """What an organisation asks for."""

    fields_wanted = forms.MultipleChoiceField(label="申请字段", widget=forms.CheckboxSelectMultiple)
    purpose = forms.CharField(label="使用目的", max_length=400)
    scene = _text("应用场景", most=2000, help_text="数据用在什么产品或研究中，由谁使用。")
    way = forms.ChoiceField(label="获取方式", choices=Way.choices)
    quota = forms.IntegerField(
        label="使用次数", min_value=1, max_value=1_000_000, initial=1000,
        help_text="接口调用、下载、在页面上查看授权字段，各计一次。",
    )  # fmt: skip
    starts_on = forms.DateField(label="使用起", widget=Day)
    ends_on = forms.DateField(label="使用止", widget=Day)
    security = _text("安全保障能力", most=2000, help_text="制度、人员、技术措施，等级保护备案情况等。")
    proof = forms.FileField(label="证明材料", required=False, help_text="PDF、Word 或图片，不超过 20 MB。")
    committed = forms.BooleanField(
        label="本单位承诺：仅按批准的目的和范围使用，不转让、不再公开、不试图识别个人，到期即删除"
    )

    def __init__(self, *args: Any, resource: Resource, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields_wanted"].choices = [  # type: ignore[attr-defined]
            (f.code, f"{f.title}（{f.code}，{f.grade}）") for f in grantable_fields(resource)
        ]
        self.fields["starts_on"].initial = today
        self.fields["ends_on"].initial = today + timedelta(days=365)


class ReportForm(forms.Form):
    """How granted data was used."""

    text = _text("使用情况", most=4000)
    results = _text("成果与成效", most=4000, required=False)
    incidents = _text("安全事件", most=2000, required=False, help_text="没有则不填。")


class KeyEntryForm(forms.Form):
    """One line of the key list."""

    lane = forms.ChoiceField(label="领域", choices=Lane.choices)
    title = forms.CharField(label="数据名称", max_length=200)
    content = forms.CharField(label="主要内容", max_length=400, required=False)
    publisher = forms.ModelChoiceField(
        label="责任部门", queryset=Publisher.objects.all(), empty_label="请选择"
    )
    opening = forms.ChoiceField(
        label="开放属性", choices=[(o.value, o.label) for o in (Opening.OPEN, Opening.RESTRICTED)]
    )
    due_on = forms.DateField(label="计划开放日期", widget=Day)
    position = forms.IntegerField(label="次序", min_value=0, max_value=999, initial=0)


class ProgressForm(forms.Form):
    """How far a line is."""

    progress = forms.ChoiceField(label="进展", choices=Progress.choices)
    note = forms.CharField(label="进展说明", max_length=400, required=False)
    late_reason = forms.CharField(label="逾期理由", max_length=400, required=False)
    dataset = forms.ModelChoiceField(label="对应数据集", queryset=Dataset.objects.none(), required=False)

    def __init__(self, *args: Any, publisher: Publisher, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = publisher.datasets.filter(state="published", revises__isnull=True)
        self.fields["dataset"].queryset = own  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """What somebody says of the draft list."""

    name = forms.CharField(label="称呼", max_length=40, required=False)
    entry = forms.ModelChoiceField(
        label="针对条目", queryset=Dataset.objects.none(), required=False, empty_label="整个清单"
    )
    text = _text("意见", most=2000)

    def __init__(self, *args: Any, key_list: KeyList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entry"].queryset = key_list.entries.all()  # type: ignore[attr-defined]


class TeamForm(forms.Form):
    """A team enters a competition."""

    track = forms.ModelChoiceField(label="赛道", queryset=Dataset.objects.none(), empty_label="请选择")
    name = forms.CharField(label="队名", max_length=60)
    members = forms.CharField(label="成员", max_length=400)
    datasets = forms.ModelMultipleChoiceField(
        label="拟使用的数据集",
        queryset=Dataset.objects.none(),
        required=False,
        help_text="受限开放的数据在赛期内授权给队伍使用。",
    )

    def __init__(self, *args: Any, competition: Competition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["track"].queryset = competition.tracks.all()  # type: ignore[attr-defined]
        self.fields["datasets"].queryset = published_datasets()  # type: ignore[attr-defined]


class EntryForm(forms.Form):
    """What a team hands in."""

    title = forms.CharField(label="作品名称", max_length=120)
    about = _text("作品简介", most=4000)
    url = forms.URLField(label="展示地址", required=False, assume_scheme="https")
    products = _text("数据产品", most=1000, required=False, help_text="每行一个。")
    datasets = forms.ModelMultipleChoiceField(label="所用数据集", queryset=Dataset.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["datasets"].queryset = published_datasets()  # type: ignore[attr-defined]


def published_datasets() -> Any:
    return Dataset.objects.filter(state="published", revises__isnull=True).exclude(opening="forbidden")
