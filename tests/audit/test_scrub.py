"""No secrets and no full personal numbers in the log."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import public as audit
from audit.models import AuditEntry
from audit.scrub import HIDDEN, MOST_ITEMS, clean, clean_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("330282199003077654", "330282**********54"),
        ("身份证33028219900307765X，电话13812345678。", "身份证330282**********5X，电话138****5678。"),
        ("330282900307765", "330282*******65"),
        ("91330282MA2AGX0F7H", "91330282MA2AGX0F7H"),  # an enterprise code is no personal number
        ("913302821445678901", "913302821445678901"),  # not even one of digits alone
        ("enterprise:91330282MA2AGX0F7H", "enterprise:91330282MA2AGX0F7H"),
        ("batch:13812345678901234", "batch:13812345678901234"),
        ("2026-11-22T08:00:00", "2026-11-22T08:00:00"),
        ("a\x00b", "ab"),
    ],
)
def test_personal_numbers_are_masked_and_other_numbers_kept(text: str, expected: str) -> None:
    assert clean_text(text) == expected


@pytest.mark.parametrize(
    "name", ["password", "new_password1", "api_token", "totp_seed", "SECRET", "Cookie", "口令"]
)
def test_what_bears_a_secrets_name_is_hidden(name: str) -> None:
    assert clean({"a": [{name: "hunter2"}]}) == {"a": [{name: HIDDEN}]}


def test_values_become_plain_json() -> None:
    class Grade(StrEnum):
        L2 = "L2"

    told = {
        "grade": Grade.L2, "day": dt.date(2026, 11, 22), "sum": Decimal("1.50"), "share": 0.1,
        "codes": {"b", "a"}, "pair": (1, None), 7: True,
    }  # fmt: skip
    assert clean(told) == {
        "grade": "L2", "day": "2026-11-22", "sum": "1.50", "share": "0.1",
        "codes": ["a", "b"], "pair": [1, None], "7": True,
    }  # fmt: skip


def test_long_texts_and_lists_are_cut_and_say_so() -> None:
    assert clean_text("长" * 5000).endswith("…")
    assert len(clean_text("长" * 5000)) == 2000
    assert clean(list(range(MOST_ITEMS + 5)))[-1] == f"…共 {MOST_ITEMS + 5} 项"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.django_db
def test_no_field_of_an_entry_keeps_a_full_personal_number() -> None:
    number = "330282199003077654"
    origin = audit.Origin(1, number, "villager", number, "10.0.0.1", "r")
    audit.record("seen", origin=origin, target=f"person:{number}", detail={"who": number, number: [number]})
    stored = AuditEntry.objects.get()
    assert number not in str(vars(stored))
