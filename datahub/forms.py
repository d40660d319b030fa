"""What a steward fills in to deliver a file."""

from datetime import date
from typing import Any

from django import forms

from datahub.contracts import SUPPLY_LABELS, ItemDefinition, Supply
from datahub.engine.definitions import get_item, list_departments, list_items
from datahub.engine.periods import name_of
from datahub.services.deliveries import UnableToReceive, check_period
from datahub.uploads import limit_text, refusal_of_name

PERIOD_HELP = "写成 2026、2026Q3、2026-10 或 2026-10-31；留空则取数据日期所在的周期。"
DAY_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]


class DeliveryForm(forms.Form):
    """Item, period and date of a file; the file itself is a drop zone of the page."""

    item = forms.ChoiceField(
        label="数据项",
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={
            "required": "请选择数据项。",
            "invalid_choice": "您不能报送该数据项，请在列表中选择本部门的数据项。",
        },
    )
    file_date = forms.DateField(
        label="数据日期",
        help_text="数据截至哪一天，不晚于今天。",
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写数据日期。", "invalid": "请按“2026-11-22”的格式填写数据日期。"},
    )
    period = forms.CharField(
        label="所属期",
        required=False,
        max_length=10,
        help_text=PERIOD_HELP,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"max_length": "所属期最长 10 个字符，例如 2026-10-31。"},
    )

    def __init__(self, *args: Any, departments: frozenset[str] | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["item"].choices = item_choices(departments)  # type: ignore[attr-defined]
        self.fields["file_date"].widget.attrs["max"] = today.isoformat()

    def clean_file_date(self) -> date:
        told: date = self.cleaned_data["file_date"]
        if told > self.today:
            raise forms.ValidationError(f"数据日期 {told} 晚于今天，请改正。")
        return told

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not told.get("period") and told.get("item") and told.get("file_date"):
            told["period"] = name_of(told["file_date"], get_item(told["item"]).delivery.period)
        elif told.get("period"):
            try:
                check_period(told["period"])
            except UnableToReceive as error:
                self.add_error("period", str(error))
        return told


def item_choices(departments: frozenset[str] | None) -> list[Any]:
    """Items of the departments (None: all), grouped by department; those without supply say so."""
    groups = []
    for department in list_departments():
        if departments is None or department.code in departments:
            items = [item for item in list_items() if item.department_code == department.code]
            groups.append((department.name, [(item.code, _label(item)) for item in items]))
    return [("", "请选择"), *groups]


def _label(item: ItemDefinition) -> str:
    return f"{item.name}（{SUPPLY_LABELS[item.supply]}）" if item.supply is Supply.NONE else item.name


def file_problem(upload: Any, was_too_large: bool) -> str:
    """What is wrong with the uploaded file before it is read; '' if nothing."""
    if was_too_large:
        return f"文件超过 {limit_text()} 的上限，未保存。请拆分为多个文件，或改用 CSV 格式。"
    if upload is None:
        return "请选择要上传的文件。"
    return refusal_of_name(upload.name or "")
