"""The vocabulary of leaves: what it accepts, and how it refuses."""

import pytest

from credit.engine.expressions import (
    Terminal,
    UnableToReadExpression,
    can_be_known,
    parse_expression,
    source_items,
)


def test_a_windowed_aggregate_is_read() -> None:
    found = parse_expression({"sum": "tax.payments.amount", "months": 12, "lag": 1, "levels": ["vat", "cit"]})
    assert found == Terminal("sum", "tax.payments", "amount", 12, 1, ("cit", "vat"))


def test_counting_what_is_in_force_is_counting_with_a_condition() -> None:
    assert parse_expression({"count_in_force": "a.b"}) == parse_expression({"count": "a.b", "in_force": True})


def test_facts_about_a_principal_have_a_source_of_their_own() -> None:
    found = parse_expression({"count_in_force": "court.dishonest", "about": "principal"})
    assert source_items(found) == ("court.dishonest@principal",)


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ("sum", "expected a mapping"),
        ({}, "exactly one operator"),
        ({"sum": "a.b.c", "mean": "a.b.c"}, "exactly one operator"),
        ({"sum": "a.b"}, "department.item.measure"),
        ({"count": "a.b.c"}, "department.item"),
        ({"sum": "a.b.c", "within": 3}, "unknown options"),
        ({"sum": "a.b.c", "months": 0}, "months"),
        ({"sum": "a.b.c", "lag": -1}, "lag"),
        ({"trend": "a.b.c"}, "needs months"),
        ({"points": "a.b"}, "scale"),
        ({"latest": "a.b.c", "scale": {"A": 1}}, "scale"),
        ({"points": "a.b", "scale": {"A": 1}, "pick": "first"}, "pick"),
        ({"count": "a.b", "about": "owner"}, "about"),
        ({"ratio": [{"const": 1}]}, "two for ratio"),
        ({"plus": [{"const": "x"}]}, r"value\.plus\[0\]\.const"),
        ({"entity": "name"}, "entity"),
        ({"clip": {"const": 1}}, "clip"),
        ({"steps": {"const": 1}, "at": [[1, 0], [0, 5]]}, "ascending"),
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused_with_its_place(raw: object, complaint: str) -> None:
    with pytest.raises(UnableToReadExpression, match=complaint):
        parse_expression(raw)


def test_one_delivered_alternative_suffices_and_every_part_of_a_ratio_is_needed() -> None:
    parts = [{"sum": "a.b.x"}, {"sum": "c.d.x"}]
    assert can_be_known(parse_expression({"first_of": parts}), {"c.d"})
    assert not can_be_known(parse_expression({"ratio": parts}), {"c.d"})
    assert not can_be_known(parse_expression({"first_of": parts}), set())
