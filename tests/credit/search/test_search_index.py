"""Keeping the index in step with the register."""

import os
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone

from cixi_portal.embedded import services
from cixi_portal.embedded.postgres import APPLICATION, READER, Postgres
from credit.models import SearchEntry
from credit.services import search_index
from credit.services.search_index import Refreshed, rebuild, refresh
from datahub.models import FormerName
from tests.credit.search.firms import register

pytestmark = pytest.mark.django_db


def names():
    return set(SearchEntry.objects.values_list("name", flat=True))


def test_the_first_refresh_indexes_every_registered_enterprise():
    register("慈溪市宏达轴承有限公司")
    register("宁波明创电器有限公司", is_registered=False)
    assert refresh() == Refreshed("rows", 1)
    assert names() == {"慈溪市宏达轴承有限公司"}


def test_a_refresh_without_news_writes_nothing():
    register("慈溪市宏达轴承有限公司")
    refresh()
    assert refresh() == Refreshed("nothing")


def test_a_changed_enterprise_is_indexed_anew():
    firm = register("慈溪市宏达轴承有限公司")
    refresh()
    firm.name, firm.changed_at = "慈溪市宏盛轴承有限公司", timezone.now() + timedelta(seconds=1)
    firm.save()
    assert refresh() == Refreshed("rows", 1)
    assert names() == {"慈溪市宏盛轴承有限公司"}


def test_a_change_committed_late_under_an_earlier_time_is_not_missed():
    firm, other = register("慈溪市宏达轴承有限公司"), register("宁波明创电器有限公司")
    other.changed_at += timedelta(hours=1)
    other.save()
    refresh()
    firm.name, firm.changed_at = "慈溪市宏盛轴承有限公司", firm.changed_at - timedelta(minutes=5)
    firm.save()
    assert refresh() == Refreshed("rows", 1)
    assert "慈溪市宏盛轴承有限公司" in names()


def test_a_former_name_that_arrives_alone_is_indexed():
    firm = register("慈溪市宏达轴承有限公司")
    refresh()
    FormerName.objects.create(enterprise=firm, name="慈溪县轴承厂")
    assert refresh() == Refreshed("rows", 1)
    assert SearchEntry.objects.get().former_names == ["慈溪县轴承厂"]


def test_an_enterprise_whose_registration_is_withdrawn_leaves_the_index():
    firm = register("慈溪市宏达轴承有限公司")
    refresh()
    type(firm).objects.update(is_registered=False)
    assert refresh() == Refreshed("rows", 1)
    assert not SearchEntry.objects.exists()


def test_many_stale_rows_bring_a_full_build(monkeypatch):
    monkeypatch.setattr(search_index, "FULL_BUILD_FROM_ROWS", 2)
    for number in range(3):
        register(f"慈溪市宏达{number}号轴承厂")
    assert refresh() == Refreshed("full", 3)


def test_a_full_build_holds_the_same_rows_as_row_by_row_building():
    register("慈溪市宏达轴承有限公司", "慈溪县轴承厂", "宁波“宏达”\\轴承", legal_person="张伟明")
    register("ＡＢＣ（宁波）贸易有限公司", established_on="2001-02-03", register_no="330282000000002")
    rebuild()
    built = list(SearchEntry.objects.order_by("pk").values())
    SearchEntry.objects.all().delete()
    assert refresh() == Refreshed("rows", 2)
    assert list(SearchEntry.objects.order_by("pk").values()) == built


def test_a_full_build_leaves_the_indexes_under_their_own_names():
    register("慈溪市宏达轴承有限公司")
    with connection.cursor() as cursor:
        read = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'credit_search' ORDER BY 1"
        cursor.execute(read)
        before = cursor.fetchall()
        rebuild()
        rebuild()
        cursor.execute(read)
        assert cursor.fetchall() == before
        cursor.execute("SELECT to_regclass('credit_search_next')")
        assert cursor.fetchone() == (None,)


def as_role(role: str) -> psycopg.Connection:
    """A connection of its own to the test database, as one of the embedded server's roles."""
    if os.environ.get("DATABASE_URL"):
        pytest.skip("the roles of an outside server are its own affair")
    parts = urlsplit(Postgres(services.places()).url(role))
    return psycopg.connect(parts._replace(path="/" + connection.settings_dict["NAME"]).geturl())


@pytest.mark.django_db(transaction=True)
def test_the_application_may_replace_the_table_and_read_it_afterwards():
    with as_role(APPLICATION) as application:
        application.execute("SELECT credit_search_begin_build()")
        application.execute("SELECT credit_search_publish()")
        assert application.execute("SELECT count(*) FROM credit_search").fetchone() == (0,)
        application.rollback()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["credit_search_begin_build", "credit_search_publish"])
def test_the_reader_may_not_replace_the_table(step):
    with (
        as_role(READER) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="right to write"),
    ):
        reader.execute(f"SELECT {step}()")


def test_only_one_refresh_works_at_a_time():
    register("慈溪市宏达轴承有限公司")
    other = connections["default"].copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute(f"BEGIN; SELECT pg_advisory_xact_lock({search_index.LOCK})")
            assert refresh() == Refreshed("busy")
    finally:
        other.close()
    assert refresh() == Refreshed("rows", 1)


def test_cancelled_firms_stand_behind_active_ones_whatever_their_size():
    large = register("慈溪甲有限公司", state="cancelled", size="large", capital_yuan=10**9)
    micro = register("慈溪乙有限公司", state="active", size="micro", capital_yuan=10**4)
    refresh()
    ranks = dict(SearchEntry.objects.values_list("enterprise_id", "rank"))
    assert ranks[micro.pk] > ranks[large.pk]
