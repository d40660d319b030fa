"""What villagers and administrators type."""

from django import forms


class PhoneForm(forms.Form):
    """First step of a villager's sign-in."""

    phone = forms.CharField(
        label="手机号", max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "tel-national", "autofocus": True}),
    )  # fmt: skip


class CodeForm(forms.Form):
    """Second step: the code that was sent."""

    phone = forms.CharField(max_length=20, widget=forms.HiddenInput)
    code = forms.CharField(
        label="验证码", max_length=10, help_text="6 位数字，5 分钟内有效",
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "maxlength": 6}
        ),
    )  # fmt: skip
