"""What visitors and publishers fill in."""

from typing import Any

from django import forms

from catalog.models import FeedbackKind
from catalog.vocabulary import LICENCES, Cycle, Lane, Opening, Subject


def _classed(form: forms.Form) -> None:
    for field in form.fields.values():
        kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
        if not isinstance(field.widget, (forms.CheckboxInput, forms.HiddenInput)):
            field.widget.attrs.setdefault("class", kind)


class FeedbackForm(forms.Form):
    """Words to a publisher; ``website`` is a field that only machines fill in."""

    kind = forms.ChoiceField(label="类别", choices=FeedbackKind.choices)
    title = forms.CharField(label="标题", min_length=4, max_length=100)
    text = forms.CharField(
        label="内容", min_length=10, max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="请勿填写个人身份号码、电话等信息；公开前会先审核。",
    )  # fmt: skip
    contact = forms.CharField(
        label="联系方式",
        max_length=100,
        required=False,
        help_text="仅承办单位可见，加密保存，用于必要时与您联系。",
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _classed(self)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError("提交未被接受。")
        return ""


class AnswerForm(forms.Form):
    """A department's answer."""

    answer = forms.CharField(label="答复内容", max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))
    declined = forms.BooleanField(label="不予受理（答复中说明理由）", required=False)
    is_public = forms.BooleanField(
        label="公开提问与答复", required=False, initial=True, help_text="已核对其中不含个人信息与商业秘密。"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _classed(self)


class DatasetForm(forms.Form):
    """A catalogue entry as its publisher describes it."""

    title = forms.CharField(label="标题", max_length=200)
    name = forms.SlugField(
        label="目录标识", min_length=2, max_length=100, help_text="小写字母、数字与连字符，发布后不再更改。"
    )
    publisher = forms.ChoiceField(label="数源单位")
    notes = forms.CharField(
        label="摘要", max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="说明数据内容、来源、统计口径与用途，不少于 30 字。",
    )  # fmt: skip
    lane = forms.ChoiceField(
        label="重点领域", required=False, choices=[("", "不属于重点领域"), *Lane.choices]
    )
    subject = forms.ChoiceField(label="数据领域", choices=Subject.choices)
    tags = forms.CharField(label="标签", max_length=400, required=False, help_text="用逗号或顿号分隔。")
    cycle = forms.ChoiceField(label="更新周期", choices=Cycle.choices)
    opening = forms.ChoiceField(label="开放属性", choices=Opening.choices)
    licence = forms.ChoiceField(
        label="使用许可", choices=[(c, licence.title) for c, licence in LICENCES.items()]
    )
    temporal_from = forms.DateField(
        label="时间范围起", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    temporal_to = forms.DateField(
        label="时间范围止", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    contact = forms.CharField(label="联系方式", max_length=120, required=False)

    def __init__(self, *args: Any, publishers: list[tuple[str, str]], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publisher"].choices = publishers  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["publisher"]
            self.fields["name"].disabled = True
        _classed(self)

    def values(self) -> dict[str, Any]:
        """As the drafts' service takes them."""
        told = {k: v for k, v in self.cleaned_data.items() if k not in ("publisher", "tags")}
        told["tags"] = [
            t.strip()
            for t in self.cleaned_data["tags"].replace("、", ",").replace("，", ",").split(",")
            if t.strip()
        ]
        return told
