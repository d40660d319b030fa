"""What villagers and administrators type."""

from typing import Any

from django import forms

from villages.models import Activity, Mode, PlaceCode, Resident, Village


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


class ActivityForm(forms.Form):
    """What an administrator changes on a template before it is published."""

    title = forms.CharField(label="名称", max_length=60)
    text = forms.CharField(
        label="说明", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    audience = forms.ChoiceField(label="参加对象", choices=Activity.Audience.choices)
    opens_at = forms.DateTimeField(
        label="开始时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    closes_at = forms.DateTimeField(
        label="结束时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    place = forms.CharField(label="地点", max_length=60, required=False)
    use_place = forms.ModelChoiceField(
        label="定位范围", queryset=PlaceCode.objects.none(), required=False, empty_label="不核对位置",
        help_text="选一个地点码，扫码时核对是否在现场。",
    )  # fmt: skip
    radius_m = forms.IntegerField(label="范围（米）", min_value=30, max_value=5000, initial=150)
    points = forms.IntegerField(label="积分", min_value=0, max_value=1000)
    points_per_hour = forms.IntegerField(label="每小时积分", min_value=0, max_value=200, initial=0)
    person_cap = forms.IntegerField(label="每人上限（0 为不限）", min_value=0, max_value=10000, initial=0)
    budget = forms.IntegerField(label="积分预算", min_value=1, max_value=10_000_000)
    repeat = forms.ChoiceField(label="可参加次数", choices=Activity.Repeat.choices)
    choices = forms.CharField(
        label="投票选项", required=False, help_text="每行一项", widget=forms.Textarea(attrs={"rows": 3})
    )
    is_secret = forms.BooleanField(label="无记名", required=False)

    def __init__(self, *args: Any, village: Village, mode: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place: Any = self.fields["use_place"]
        place.queryset = PlaceCode.objects.filter(village=village, is_active=True)
        unused = {
            "choices": mode != Mode.VOTE, "is_secret": mode != Mode.VOTE, "points_per_hour": mode != Mode.HOURS,
            "use_place": mode not in (Mode.SIGN_IN, Mode.HOURS, Mode.PHOTOS, Mode.PAIR),
            "radius_m": mode not in (Mode.SIGN_IN, Mode.HOURS, Mode.PHOTOS, Mode.PAIR),
        }  # fmt: skip
        for name in (name for name, is_unused in unused.items() if is_unused):
            del self.fields[name]


class ResidentForm(forms.Form):
    """One resident, as the register has it."""

    name = forms.CharField(label="姓名", max_length=40)
    household_number = forms.CharField(label="户号", max_length=20, required=False)
    address = forms.CharField(label="住址", max_length=120, required=False)
    phone = forms.CharField(label="手机号", max_length=20, required=False, help_text="更正时不填则不变。")
    birth_year = forms.IntegerField(label="出生年份", required=False, min_value=1900, max_value=2100)
    gender = forms.ChoiceField(label="性别", required=False, choices=[("", "未填"), *Resident.Gender.choices])
    is_head = forms.BooleanField(label="户代表", required=False)
    is_party_member = forms.BooleanField(label="党员", required=False)


class PlaceForm(forms.Form):
    """A place with a printed code; coordinates as a map or a phone gives them."""

    name = forms.CharField(label="地点名称", max_length=60)
    latitude = forms.FloatField(label="纬度", min_value=-90, max_value=90)
    longitude = forms.FloatField(label="经度", min_value=-180, max_value=180)
    datum = forms.ChoiceField(
        label="坐标系",
        choices=[
            ("gcj02", "国内地图（GCJ-02，高德、腾讯）"),
            ("bd09", "百度地图（BD-09）"),
            ("wgs84", "手机定位（WGS-84）"),
        ],
    )
    radius_m = forms.IntegerField(label="范围（米）", min_value=30, max_value=5000, initial=150)


class BulkForm(forms.Form):
    """A bulk award before the second signature."""

    reason = forms.CharField(label="事由", max_length=200)
    points = forms.IntegerField(label="每人积分", min_value=1, max_value=500)
    on_date = forms.DateField(
        label="发生日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
