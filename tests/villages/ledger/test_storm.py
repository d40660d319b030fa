"""Writers are killed with SIGKILL while they post: nothing acknowledged is lost, nothing counts twice."""

import pytest

from tests.villages.places import make_village
from villages.storm import storm


@pytest.mark.django_db(transaction=True)
def test_killed_writers_lose_no_acknowledged_transfer() -> None:
    damage = storm(make_village(), kills=2, crash_server=False, pause=0.7)
    assert damage.passed, damage
    assert damage.writers_killed == 2
    assert damage.acknowledged > 50
