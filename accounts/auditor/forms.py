"""What the auditor filters the log by."""

from typing import Any

from django import forms

from audit import labels, selectors
from audit.contracts import Filters, Result
from audit.models import AuditEntry

TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
WRONG_TIME = "请按“2026-11-22 14:05”的格式填写时间。"


def _time_field(label: str) -> forms.DateTimeField:
    attrs = {"class": "form-control", "placeholder": "2026-11-22 08:00", "autocomplete": "off"}
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=TIME_FORMATS,
        widget=forms.DateTimeInput(attrs=attrs, format="%Y-%m-%d %H:%M"),
        error_messages={"invalid": WRONG_TIME},
    )


def _text_field(label: str, limit: int, hint: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "placeholder": hint, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=limit, widget=widget)


class FilterForm(forms.Form):
    """Lives in the address, so a filtered list can be kept as a bookmark."""

    MORE = ("since", "until", "target", "request_id")

    action = forms.ChoiceField(
        label="操作", required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    actor = _text_field("用户名", 150)
    since = _time_field("起始时间")
    until = _time_field("截止时间")
    target = _text_field("对象", 300, "如 enterprise:9133")
    request_id = _text_field("请求编号", 64)
    result = forms.ChoiceField(
        required=False,
        choices=[("", "全部"), *((r.value, AuditEntry.RESULTS[r]) for r in Result)],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = action_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("since") and told.get("until") and told["since"] >= told["until"]:
            self.add_error("until", "截止时间应晚于起始时间。")
        return told

    def first_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.MORE]

    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name in self.MORE]

    def more_in_force(self) -> bool:
        """Whether the rarer filters should be open."""
        return any(field.value() or field.errors for field in self.more_fields())

    def filters(self) -> Filters:
        """The filters that could be read; a field in error filters nothing and says so beside it."""
        self.is_valid()
        return Filters(**{name: value for name, value in self.cleaned_data.items() if value})


def action_choices() -> list[Any]:
    """Every action that is named or occurs in the log, by app; the whole app as its own choice."""
    codes = set(selectors.list_action_codes())
    choices: list[Any] = [("", "全部")]
    for app, (name, actions) in labels.groups().items():
        unnamed = sorted(code for code in codes if code.startswith(f"{app}.") and code not in actions)
        options = [*actions.items(), *((code, code) for code in unnamed)]
        choices.append((name, [(f"{app}.", f"{name}：全部操作"), *options]))
    known = tuple(f"{app}." for app in labels.groups())
    if others := sorted(code for code in codes if not code.startswith(known)):
        choices.append(("其他", [(code, code) for code in others]))
    return choices
