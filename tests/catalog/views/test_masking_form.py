"""The form of a desensitisation rule: words of the desk in, a rule's parameters out."""

from typing import Any

import pytest
from django.urls import reverse

from catalog.engine.privacy.transforms import parameter_problem
from catalog.forms_masking import MaskingForm, initial_of
from catalog.models import FieldRule, ResourceField
from tests.catalog.openings import make_dataset, make_department
from tests.people import client_of

BASE = {"role": "insensitive", "grade_after": "", "reason": ""}
COLUMNS = frozenset({"town", "kind", "amount"})
GOOD = [
    ("keep", {}, {}),
    ("suppress", {"base": "100"}, {}),
    ("mask", {"mask_kind": "name"}, {"kind": "name"}),
    ("mask", {"mask_kind": "custom", "mask_start": "2", "mask_end": ""}, {"kind": "custom", "start": 2, "end": 0}),
    ("generalise", {"width": "10"}, {"width": 10}),
    (
        "generalise", {"hierarchy": "毛三斢村；桥头镇;慈溪市\n\n五姓村;桥头镇;慈溪市\n", "level": "2"},
        {"hierarchy": [["毛三斢村", "桥头镇", "慈溪市"], ["五姓村", "桥头镇", "慈溪市"]], "level": 2},
    ),
    ("top_bottom", {"bottom": "0", "top": "99.5"}, {"bottom": 0, "top": 99.5}),
    ("top_bottom", {"top": "90"}, {"top": 90}),
    ("round", {"base": "0.5"}, {"base": 0.5}),
    ("date", {"to": "quarter"}, {"to": "quarter"}),
    ("pseudonym", {}, {}),
    ("small_cells", {"threshold": ""}, {"threshold": 5}),
    (
        "small_cells", {"threshold": "10", "within": "town，kind\n*"},
        {"threshold": 10, "within": [["town", "kind"], []]},
    ),
    ("free_text", {"kinds": ["mobile", "name"]}, {"kinds": ["mobile", "name"]}),
]  # fmt: skip
BAD = [
    ("mask", {}, "mask_kind", "请选择掩码方式"),
    ("generalise", {}, "hierarchy", "请填写分段宽度或层级表"),
    ("generalise", {"width": "-5"}, "width", "须为正数"),
    ("generalise", {"width": "5", "hierarchy": "a;b"}, "hierarchy", "只能填一项"),
    ("top_bottom", {}, "top", "至少填一项"),
    ("top_bottom", {"bottom": "9", "top": "1"}, "top", "上限须大于下限"),
    ("round", {"base": "0"}, "base", "须为正数"),
    ("round", {}, "base", "请填写取整单位"),
    ("small_cells", {"within": "town\nvillage"}, "within", "第 2 行：本表没有列“village”"),
    ("small_cells", {"threshold": "1"}, "threshold", "2"),
    ("free_text", {}, "kinds", "至少选择一类"),
]


def form_of(method: str, told: dict[str, Any]) -> MaskingForm:
    return MaskingForm(BASE | {"method": method} | told, columns=COLUMNS)


@pytest.mark.parametrize(("method", "told", "parameters"), GOOD)
def test_a_filled_form_becomes_parameters_that_the_method_takes(
    method: str, told: dict[str, Any], parameters: dict[str, Any]
) -> None:
    form = form_of(method, told)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["parameters"] == parameters
    assert parameter_problem(method, parameters) == ""


@pytest.mark.parametrize(("method", "told", "place", "words"), BAD)
def test_what_is_missing_or_wrong_is_said_at_its_field(
    method: str, told: dict[str, Any], place: str, words: str
) -> None:
    form = form_of(method, told)
    assert not form.is_valid()
    assert words in str(form.errors[place])


@pytest.mark.parametrize(("method", "told", "parameters"), GOOD)
def test_a_stored_rule_fills_the_form_that_makes_it_again(
    method: str, told: dict[str, Any], parameters: dict[str, Any]
) -> None:
    again = form_of(method, initial_of(method, parameters))
    assert again.is_valid(), again.errors
    assert again.cleaned_data["parameters"] == parameters


@pytest.mark.django_db
def test_a_steward_sets_a_rule_without_writing_code() -> None:
    publisher, steward, _ = make_department()
    field = make_dataset(publisher, (("name", "L1"), ("amount", "L1")))[1].fields.get(code="amount")
    page = client_of(steward)
    address = reverse("catalog:desk_field", args=[field.pk])
    assert 'data-shown-when="method=round"' in page.get(address).content.decode()
    refused = page.post(address, BASE | {"method": "round", "base": "-1"})
    assert (refused.status_code, "须为正数" in refused.content.decode()) == (400, True)
    assert page.post(address, BASE | {"method": "round", "base": "1000"}).status_code == 302
    rule = FieldRule.objects.get(field=ResourceField.objects.get(pk=field.pk))
    assert (rule.method, rule.parameters) == ("round", {"base": 1000})
    assert 'value="1000"' in page.get(address).content.decode()
