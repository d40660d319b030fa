"""The form of a field's desensitisation rule: each method asks for what it needs, in words of the desk."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from catalog.engine.privacy.free_text import FOUND_LABELS, PERSONAL
from catalog.engine.privacy.masks import MASK_LABELS, MaskKind
from catalog.opening_words import FieldRole, Method
from catalog.vocabulary import Grade

Parameters = dict[str, Any]
WHOLE_TABLE = "*"
DATE_STEPS = [("month", "月（2026-11）"), ("quarter", "季（2026Q4）"), ("year", "年（2026）")]
# Which fields a method asks for; the page shows only those of the chosen one.
ASKED: Mapping[str, tuple[str, ...]] = {
    Method.MASK: ("mask_kind", "mask_start", "mask_end"),
    Method.GENERALISE: ("width", "hierarchy", "level"),
    Method.TOP_BOTTOM: ("bottom", "top"),
    Method.ROUND: ("base",),
    Method.DATE: ("to",),
    Method.SMALL_CELLS: ("threshold", "within"),
    Method.FREE_TEXT: ("kinds",),
}


class MaskingForm(forms.Form):
    """What is done to a field when it is published. ``cleaned_data["parameters"]`` is what the rule keeps."""

    role = forms.ChoiceField(label="列角色", choices=FieldRole.choices)
    method = forms.ChoiceField(label="脱敏方法", choices=Method.choices)
    mask_kind = forms.ChoiceField(
        label="掩码方式", required=False, choices=[(kind.value, MASK_LABELS[kind]) for kind in MaskKind]
    )
    mask_start = forms.IntegerField(label="保留开头位数", min_value=0, max_value=40, required=False)
    mask_end = forms.IntegerField(label="保留末尾位数", min_value=0, max_value=40, required=False)
    width = forms.FloatField(
        label="数字分段宽度",
        required=False,
        help_text="如 10：37 发布为 30-39。文字列不填，改填下面的层级表。",
    )
    hierarchy = forms.CharField(
        label="层级表", required=False, widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="每行一个原值及其上级，由细到粗，用分号隔开，如“毛三斢村;桥头镇;慈溪市”。",
    )  # fmt: skip
    level = forms.IntegerField(
        label="发布到第几级", min_value=1, max_value=20, required=False, help_text="1 为最近的上级。"
    )
    bottom = forms.FloatField(label="下限", required=False, help_text="小于下限的按下限发布；没有则不填。")
    top = forms.FloatField(label="上限", required=False, help_text="大于上限的按上限发布；没有则不填。")
    base = forms.FloatField(label="取整到", required=False, help_text="如 100：1 249 发布为 1 200。")
    to = forms.ChoiceField(label="日期保留到", required=False, choices=DATE_STEPS)
    threshold = forms.IntegerField(
        label="门限", min_value=2, max_value=1000, required=False, help_text="小于门限的计数不发布，默认 5。"
    )
    within = forms.CharField(
        label="另行公布合计的分组", required=False, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=f"每行一组列代码，用逗号隔开；全表合计写 {WHOLE_TABLE}。用于补充隐去，防止由合计推算。",
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label="隐去的内容", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind.value, label) for kind, label in FOUND_LABELS.items()],
    )  # fmt: skip
    grade_after = forms.ChoiceField(
        label="脱敏后分级", choices=[("", "不变"), *Grade.choices], required=False,
        help_text="低于字段分级的，须由另一人复核后才有效。",
    )  # fmt: skip
    reason = forms.CharField(label="说明", max_length=400, required=False)

    def __init__(self, *args: Any, columns: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        self.fields["kinds"].initial = sorted(kind.value for kind in PERSONAL)
        for method, names in ASKED.items():
            for name in names:
                self.fields[name].shown_when = f"method={method}"  # type: ignore[attr-defined]
        for name in ("mask_start", "mask_end"):
            condition = f"method={Method.MASK}&mask_kind={MaskKind.CUSTOM}"
            self.fields[name].shown_when = condition  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        make = _PARAMETERS.get(told.get("method", ""))
        told["parameters"] = make(self) if make and not self.errors else {}
        for names in ASKED.values():
            for name in names:
                told.pop(name, None)
        return told


def initial_of(method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A stored rule's parameters as the form's initial values."""
    told = dict(parameters)
    if method == Method.MASK:
        told = {f"mask_{name}": value for name, value in told.items()}
    if "hierarchy" in told:
        told["hierarchy"] = "\n".join(";".join(row) for row in told["hierarchy"])
    if "within" in told:
        told["within"] = "\n".join("，".join(group) or WHOLE_TABLE for group in told["within"])
    return told


def _mask(form: MaskingForm) -> Parameters:
    told = form.cleaned_data
    if told["mask_kind"] != MaskKind.CUSTOM:
        return {"kind": told["mask_kind"]} if _needs(form, "mask_kind", "请选择掩码方式。") else {}
    return {"kind": MaskKind.CUSTOM.value, "start": told["mask_start"] or 0, "end": told["mask_end"] or 0}


def _generalise(form: MaskingForm) -> Parameters:
    told = form.cleaned_data
    if told["width"] is not None:
        if told["hierarchy"].strip():
            form.add_error("hierarchy", "分段宽度与层级表只能填一项。")
        return {"width": _positive(form, "width", "分段宽度须为正数。")}
    if not _needs(form, "hierarchy", "请填写分段宽度或层级表。"):
        return {}
    lines = told["hierarchy"].replace("；", ";").splitlines()
    return {"hierarchy": [[cell.strip() for cell in line.split(";")] for line in lines if line.strip()],
            "level": told["level"] or 1}  # fmt: skip


def _top_bottom(form: MaskingForm) -> Parameters:
    bottom, top = _plain(form.cleaned_data["bottom"]), _plain(form.cleaned_data["top"])
    if bottom is None and top is None:
        form.add_error("top", "上限与下限至少填一项。")
    if bottom is not None and top is not None and bottom >= top:
        form.add_error("top", "上限须大于下限。")
    return {name: value for name, value in (("bottom", bottom), ("top", top)) if value is not None}


def _round(form: MaskingForm) -> Parameters:
    if not _needs(form, "base", "请填写取整单位，如 100。"):
        return {}
    return {"base": _positive(form, "base", "取整单位须为正数。")}


def _date(form: MaskingForm) -> Parameters:
    return {"to": form.cleaned_data["to"] or "month"}


def _small_cells(form: MaskingForm) -> Parameters:
    groups: list[list[str]] = []
    for number, line in enumerate(form.cleaned_data["within"].splitlines(), 1):
        names = [
            name.strip() for name in line.replace("，", ",").replace("、", ",").split(",") if name.strip()
        ]
        if unknown := [name for name in names if name != WHOLE_TABLE and name not in form.columns]:
            form.add_error("within", f"第 {number} 行：本表没有列“{unknown[0][:40]}”，请填写列代码。")
        if names:
            groups.append([] if names == [WHOLE_TABLE] else names)
    made: Parameters = {"threshold": form.cleaned_data["threshold"] or 5}
    return made | ({"within": groups} if groups else {})


def _free_text(form: MaskingForm) -> Parameters:
    if not _needs(form, "kinds", "请至少选择一类要隐去的内容。"):
        return {}
    return {"kinds": form.cleaned_data["kinds"]}


_PARAMETERS: Mapping[str, Callable[[MaskingForm], Parameters]] = {
    Method.MASK: _mask, Method.GENERALISE: _generalise, Method.TOP_BOTTOM: _top_bottom, Method.ROUND: _round,
    Method.DATE: _date, Method.SMALL_CELLS: _small_cells, Method.FREE_TEXT: _free_text,
}  # fmt: skip


def _needs(form: MaskingForm, name: str, otherwise: str) -> bool:
    value = form.cleaned_data[name]
    if value is None or not (value.strip() if isinstance(value, str) else value or value == 0):
        form.add_error(name, otherwise)
        return False
    return True


def _positive(form: MaskingForm, name: str, otherwise: str) -> float | int | None:
    value = form.cleaned_data[name]
    if value <= 0:
        form.add_error(name, otherwise)
    return _plain(value)


def _plain(value: float | None) -> float | int | None:
    """10 rather than 10.0, as people write it."""
    return int(value) if value is not None and float(value).is_integer() else value
