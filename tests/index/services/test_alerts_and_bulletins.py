"""The planted shock is found and decomposed; an alert lives from signal to reason; a bulletin is signed by another."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.models import InboxItem
from accounts.roles import Role
from index.engine.bulletin import check_bulletin
from index.engine.season import in_festival_shadow
from index.models import Alert, AlertState, Bulletin, BulletinState
from index.selectors.standing import find_standing
from index.services import alerts
from index.services.bulletins import _as_table as as_table
from index.services.bulletins import table_rows
from tests.firms import NOW
from tests.index.small_city import HIT
from tests.people import client_of, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_city")]


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    """The small city has less than a year behind it: half a year is enough here."""
    monkeypatch.setattr(alerts, "signals_of", _with_short_history(alerts.signals_of))
    standing = find_standing()
    assert standing is not None
    alerts.evaluate_alerts(standing, now=NOW, whole_history=True)
    return list(Alert.objects.select_related("panel"))


def _with_short_history(real: Any) -> Any:
    return lambda days, values, late, first, **more: real(days, values, late, first, 150, **more)


def test_the_town_that_was_hit_raises_an_alert_with_its_evidence(raised: list[Alert]) -> None:
    found = [one for one in raised if one.panel.town == HIT and one.dimension == 0 and one.direction < 0]
    assert found
    one = found[0]
    assert one.opened_on.isoformat() == "2026-05-10"
    assert one.evidence["parts"]["indicator"][0][0] == "O_POWER"
    assert one.evidence["vintage"]["data_version"]
    fired = [day for day, _, signal in one.evidence["points"] if signal]
    assert fired[0] == "2026-05-10"


def test_an_alert_of_a_dimension_names_only_indicators_that_make_it(raised: list[Alert]) -> None:
    standing = find_standing()
    assert standing is not None
    of_dimension = {one.code: one.dimension for one in standing.basket.indicators}
    found = [one for one in raised if one.dimension]
    assert found
    for one in found:
        assert set(one.evidence["parts"]) == {"indicator"}
        own = standing.basket.dimensions[one.dimension - 1].code
        assert {of_dimension[name] for name, _ in one.evidence["parts"]["indicator"]} == {own}


def test_the_dip_after_spring_festival_is_no_alert_of_the_city(raised: list[Alert]) -> None:
    assert in_festival_shadow(date(2026, 3, 15))
    assert not in_festival_shadow(date(2026, 5, 10))
    in_shadow = [one for one in raised if in_festival_shadow(one.opened_on) and one.panel.kind == "universe"]
    assert in_shadow == []


def test_a_repetition_raises_nothing_anew(raised: list[Alert]) -> None:
    standing = find_standing()
    assert standing is not None
    assert alerts.evaluate_alerts(standing, now=NOW, whole_history=True) == 0
    assert Alert.objects.count() == len(raised)


@pytest.fixture
def open_alert(raised: list[Alert]) -> Alert:
    one = next(one for one in raised if one.panel.town == HIT)
    one.state, one.closed_on = AlertState.ALERTING, None
    one.save()
    return one


def test_an_alert_is_acknowledged_assigned_and_closed_with_a_reason(open_alert: Alert) -> None:
    analyst, other = make_person(Role.INDEX_ANALYST), make_person(Role.INDEX_ANALYST)
    client, url = client_of(analyst), f"/index/alerts/{open_alert.pk}/"
    assert client.get(url).status_code == 200
    client.post(f"{url}acknowledge/")
    client.post(f"{url}assign/", {"assignee": other.pk})
    assert InboxItem.objects.filter(user=other, title__contains="指派").exists()
    client.post(f"{url}close/", {"reason": "  "})
    open_alert.refresh_from_db()
    assert open_alert.state == AlertState.ALERTING
    client.post(f"{url}close/", {"reason": "大客户破产，已会同镇里走访"})
    open_alert.refresh_from_db()
    assert (open_alert.state, open_alert.closed_by, open_alert.assignee) == (
        AlertState.CLOSED,
        analyst,
        other,
    )
    assert list(open_alert.events.values_list("what", flat=True))[-3:] == [
        "acknowledged",
        "assigned",
        "closed",
    ]


def test_a_leader_reads_an_alert_but_does_not_close_it(open_alert: Alert) -> None:
    client = client_of(make_person(Role.LEADER))
    assert client.get(f"/index/alerts/{open_alert.pk}/").status_code == 200
    assert client.post(f"/index/alerts/{open_alert.pk}/close/", {"reason": "x"}).status_code == 403


def test_the_history_of_an_alert_cannot_be_altered(open_alert: Alert) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        open_alert.events.update(note="anders")


def test_a_bulletin_is_written_commented_and_signed_by_another(small_city: object) -> None:
    author, signer = make_person(Role.INDEX_ANALYST), make_person(Role.LEADER)
    client = client_of(author)
    client.post(f"/index/bulletins/new/?panel=sme/town={HIT}&since=2026-05-01&until=2026-05-31")
    one = Bulletin.objects.get()
    assert "附海镇" in one.title
    assert "经营" in one.text
    assert check_bulletin(as_table(table_rows(one.facts))).findings == ()
    client.post(f"/index/bulletins/{one.pk}/comment/", {"comment": "制造业用电骤降。"})
    client.post(f"/index/bulletins/{one.pk}/sign/")
    one.refresh_from_db()
    assert one.state == BulletinState.DRAFT
    client_of(signer).post(f"/index/bulletins/{one.pk}/sign/")
    one.refresh_from_db()
    assert (one.state, one.signed_by) == (BulletinState.SIGNED, signer)
    assert client.get(f"/index/bulletins/{one.pk}/print/").status_code == 200
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Bulletin.objects.filter(pk=one.pk).update(comment="x")


def test_a_draft_is_hidden_from_those_who_neither_write_nor_sign(small_city: object) -> None:
    client_of(make_person(Role.INDEX_ANALYST)).post("/index/bulletins/new/?since=2026-05-01&until=2026-05-31")
    one = Bulletin.objects.get()
    assert (
        client_of(make_person(Role.DATA_CENTRE_OPERATOR)).get(f"/index/bulletins/{one.pk}/").status_code
        == 404
    )
