"""What every search test starts from."""

from collections.abc import Iterator

import pytest

from credit.selectors import search_frequency


@pytest.fixture(autouse=True)
def statistics_of_this_test() -> Iterator[None]:
    """Statistics are kept for minutes: those of one test's index are not the next one's."""
    search_frequency.forget()
    yield
    search_frequency.forget()
