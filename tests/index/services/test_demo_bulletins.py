"""The demonstration's bulletins: written once, the city's signed by somebody else."""

import pytest

from accounts.roles import Role
from index.demo.bulletins import write_demo_bulletins
from index.models import Bulletin, BulletinState
from index.selectors.standing import find_standing
from tests.firms import NOW
from tests.people import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_city")]


def test_the_citys_month_is_written_by_the_analyst_and_signed_by_the_leader_once() -> None:
    analyst, leader = make_person(Role.INDEX_ANALYST), make_person(Role.LEADER)
    standing = find_standing()
    assert standing is not None
    assert write_demo_bulletins(standing, now=NOW) == 1
    one = Bulletin.objects.get()
    assert (one.state, one.author, one.signed_by) == (BulletinState.SIGNED, analyst, leader)
    assert (one.until - one.since).days in range(28, 32)
    assert write_demo_bulletins(standing, now=NOW) == 0


def test_without_an_analyst_nothing_is_written() -> None:
    standing = find_standing()
    assert standing is not None
    assert write_demo_bulletins(standing, now=NOW) == 0
