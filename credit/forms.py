"""Forms of the credit cloud."""

from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.models import Agency
from credit.services.authorisations import BANK_KINDS, LONGEST
from datahub.public import CATEGORY_LABELS, Category


def scope_choices() -> list[tuple[str, str]]:
    """Categories of the profile; the two that share a name are one choice each, told apart."""
    names = dict(CATEGORY_LABELS) | {Category.OPERATING: "经营", Category.OTHER: "其他"}
    return [(category.value, names[category]) for category in Category]


class AuthorisationForm(forms.Form):
    """Which bank, for what, which data, until when."""

    bank = forms.ModelChoiceField(label="金融机构", queryset=Agency.objects.none(), empty_label="请选择")
    purpose = forms.CharField(label="用途", max_length=100, help_text="例如“流动资金贷款申请”。")
    scope = forms.MultipleChoiceField(
        label="授权范围", choices=scope_choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一类数据。"},
    )  # fmt: skip
    expires_on = forms.DateField(
        label="有效期至", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        banks = Agency.objects.filter(kind__in=BANK_KINDS, is_active=True)
        self.fields["bank"].queryset = banks.order_by("code")  # type: ignore[attr-defined]
        widget = self.fields["expires_on"].widget
        widget.attrs |= {"min": today.isoformat(), "max": (today + LONGEST).isoformat()}
        self.fields["expires_on"].initial = today + timedelta(days=90)
