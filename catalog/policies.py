"""What the state of a thing allows, whoever asks: grades in force, steps of the workflow, grants that hold."""

from datetime import date
from typing import Any

from catalog.opening_words import Method, Way
from catalog.vocabulary import Grade, Opening, State

STRICTNESS = {Opening.OPEN: 0, Opening.RESTRICTED: 1, Opening.FORBIDDEN: 2}
LEAVING = frozenset({Method.SUPPRESS})


def grade_in_force(field: Any) -> str:
    """What a field counts as: its grade, or what a confirmed rule makes of it. L4 stays L4 whatever is done to it."""
    rule = getattr(field, "rule", None)
    if rule is None or not rule.grade_after or field.grade == Grade.L4:
        return str(field.grade)
    if rule.grade_after < field.grade and rule.confirmed_at is None:
        return str(field.grade)
    return str(rule.grade_after)


def opening_in_force(field: Any, dataset_opening: str) -> str:
    """How a field stands open: the stricter of its own attribute and the dataset's."""
    both = (Opening(field.opening), Opening(dataset_opening))
    return max(both, key=lambda opening: STRICTNESS[opening]).value


def never_leaves(field: Any) -> bool:
    """Fields no reader gets, with or without a grant: L4, forbidden, or suppressed by their rule."""
    rule = getattr(field, "rule", None)
    suppressed = rule is not None and rule.method in LEAVING
    return field.grade == Grade.L4 or field.opening == Opening.FORBIDDEN or suppressed


def is_public_field(field: Any, dataset_opening: str) -> bool:
    """Whether anybody may have the field: unconditional, and L1 in force."""
    return (
        not never_leaves(field)
        and opening_in_force(field, dataset_opening) == Opening.OPEN
        and grade_in_force(field) == Grade.L1
    )


def is_grantable_field(field: Any, dataset_opening: str) -> bool:
    """Whether a grant may open the field."""
    return not never_leaves(field) and dataset_opening != Opening.FORBIDDEN


def is_open_to_public(dataset: Any) -> bool:
    """Published, and no revision in the making."""
    return dataset.state == State.PUBLISHED and dataset.revises_id is None


def grant_holds(grant: Any, today: date) -> bool:
    """Not revoked, within its days, quota left, and its dataset still published and not forbidden."""
    return grant.revoked_at is None and grant.starts_on <= today <= grant.ends_on and grant.used < grant.quota


def way_allowed(granted: str, asked: str | None) -> bool:
    """``asked`` None = no particular way (a preview on a page)."""
    return asked is None or granted == Way.BOTH or granted == asked
