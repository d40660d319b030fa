"""The draft that most tests of the way begin with."""

import pytest

from tests.catalog.openings import make_dataset, make_department, make_operator
from tests.catalog.ways import give_rows


@pytest.fixture
def scene():
    """A draft with open rows, its department, an operator."""
    publisher, steward, reviewer = make_department()
    dataset, resource = make_dataset(publisher, (("name", "L1"), ("amount", "L1")))
    give_rows(resource, [("甲", "1"), ("乙", "2")])
    return {"publisher": publisher, "steward": steward, "reviewer": reviewer, "operator": make_operator(),
            "dataset": dataset, "resource": resource}  # fmt: skip
