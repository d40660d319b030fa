"""The reviewed definitions hold together and say what the customer asked for."""

from collections import Counter

import pytest

from datahub.contracts import CATEGORY_LABELS, Grade, Kind, Opening, Supply
from datahub.engine.definitions import item_problems, list_departments, list_items
from datahub.engine.headers import match_headers, normalise_header

ITEMS_PER_DEPARTMENT = (14, 10, 5, 10, 6, 4, 2, 5, 4, 4, 4, 4, 2, 3, 3, 2, 2, 3, 3, 2, 2, 2, 2, 2, 3, 2, 2, 4)
by_item = pytest.mark.parametrize("item", list_items(), ids=lambda item: item.code)


def test_there_are_28_departments_in_order():
    assert [d.number for d in list_departments()] == list(range(1, 29))


def test_there_are_111_items_split_as_agreed():
    counts = Counter(item.department_code for item in list_items())
    assert tuple(counts[d.code] for d in list_departments()) == ITEMS_PER_DEPARTMENT
    assert sum(ITEMS_PER_DEPARTMENT) == 111


def test_every_item_number_tells_its_department_and_fits_a_small_integer():
    numbers = {d.code: d.number for d in list_departments()}
    for item in list_items():
        assert item.number // 100 == numbers[item.department_code]
        assert item.number < 32768


def test_every_category_the_customer_named_is_used():
    labels = {CATEGORY_LABELS[item.category] for item in list_items()}
    assert labels == {"基本", "资本", "抵押", "许可", "高管", "查封", "股权冻结", "逾期欠费", "经营与其他"}


def test_tax_and_social_insurance_have_no_supply_and_say_who_was_asked():
    without = {item.code for item in list_items() if item.supply is Supply.NONE}
    tax = {item.code for item in list_items() if item.department_code == "tax"}
    assert without == tax | {"hrss.insured", "hrss.insurance_arrears"}
    gaps = [item.gap for item in list_items() if item.code in without]
    assert all(gap and gap.asked_of and gap.answer for gap in gaps)


@by_item
def test_an_item_contradicts_nothing(item):
    assert list(item_problems(item)) == []


@by_item
def test_an_item_is_found_by_its_own_field_names(item):
    match = match_headers(item, [f.name for f in item.fields])
    assert dict(match.columns) == {f.code: n for n, f in enumerate(item.fields)}
    assert match.missing == ()


@by_item
def test_personal_identifiers_are_graded_l4_and_never_key_or_measure(item):
    for field in item.fields:
        if field.kind in (Kind.CITIZEN_ID, Kind.PHONE):
            assert field.grade is Grade.L4
            assert field.code not in item.key


@by_item
def test_sensitive_items_are_not_open(item):
    assert item.opening is not Opening.OPEN or item.grade <= Grade.L2


def test_the_register_accepts_the_neighbouring_service_own_layout():
    header = (
        "uni_social_crd_cd,comp_nm,comp_type,reg_state,est_dt,appr_dt,opt_from,opt_to,reg_capt,capt_kind,opt_scop,"
        "reg_org,domdi_strict,indv_id,indv_code"
    )
    register = next(item for item in list_items() if item.code == "market.registration")
    match = match_headers(register, header.split(","))
    assert match.missing == ()
    assert match.unused == ()
    assert match.columns["town_code"] == 12
    assert match.columns["industry_code"] == 14


def test_no_chinese_name_of_a_field_carries_latin_punctuation():
    for item in list_items():
        for field in item.fields:
            assert not set(field.name) & set("(),;:!"), (item.code, field.name)
            assert normalise_header(field.name)
