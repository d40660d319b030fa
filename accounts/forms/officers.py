"""What the system officer and the security officer fill in."""

from typing import Any

from django import forms

from accounts.models import Agency
from accounts.roles import CARDS, Role
from accounts.token_scopes import Scope

from .base import PortalForm

ROLES = [(role.value, CARDS[role].label) for role in Role]


class AgencyForm(PortalForm):
    code = forms.CharField(
        label="机构代码", max_length=40, help_text="小写字母、数字、点或短横线，设定后不再更改。"
    )
    name = forms.CharField(label="名称", max_length=120)
    kind = forms.ChoiceField(label="类别", choices=[(k.value, label) for k, label in Agency.KINDS.items()])
    parent = forms.ModelChoiceField(
        label="上级机构", queryset=Agency.objects.filter(is_active=True), required=False, empty_label="无"
    )
    scope_code = forms.CharField(
        label="管辖代码",
        max_length=40,
        required=False,
        help_text="部门填部门代码，镇街填 9 位区划代码，企业填统一社会信用代码，其他可不填。",
    )


class AgencyNameForm(PortalForm):
    name = forms.CharField(label="名称", max_length=120)


class PersonForm(PortalForm):
    username = forms.CharField(
        label="用户名", max_length=40, help_text="小写字母、数字、点、下划线或短横线，不区分大小写。"
    )
    full_name = forms.CharField(label="姓名", max_length=60)
    agency = forms.ModelChoiceField(
        label="机构", queryset=Agency.objects.filter(is_active=True), empty_label="请选择"
    )


class RoleForm(PortalForm):
    role = forms.ChoiceField(label="角色", choices=ROLES)

    def __init__(self, *args: Any, open_roles: list[Role] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if open_roles is not None:
            self.fields["role"].choices = [(r.value, CARDS[r].label) for r in open_roles]  # type: ignore[attr-defined]


class ScopeForm(PortalForm):
    agency = forms.ModelChoiceField(
        label="部门或镇街",
        queryset=Agency.objects.filter(is_active=True, kind__in=["department", "town"]),
        empty_label="请选择",
    )


class TokenForm(PortalForm):
    name = forms.CharField(label="用途", max_length=60, help_text="写明使用令牌的系统，便于日后辨认。")
    scopes = forms.MultipleChoiceField(label="权限范围", widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label="有效期（天）", min_value=1, max_value=365, initial=180)

    def __init__(self, *args: Any, open_scopes: list[Scope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(scope.value, f"{scope.label}（{scope.value}）") for scope in open_scopes]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        self.fields["scopes"].error_messages["required"] = "请选择至少一项权限范围。"

    def clean_scopes(self) -> list[Scope]:
        return [Scope(code) for code in self.cleaned_data["scopes"]]
