"""荣誉申报 at the desk: its document, who may not decide, what follows an objection."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from tests.people import client_of, make_person
from tests.villages.worlds import ORIGIN, World, make_resident, make_village, make_world
from villages.models import Honour, Opening
from villages.services import honours
from villages.services.honours import UnableToDeclareHonour
from villages.services.rules import install_starting_rules
from villages.services.ties import declare_tie

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    install_starting_rules(
        made.village.town_code, valid_from=timezone.localdate().replace(year=2020, day=1), now=timezone.now()
    )
    return made


def declared(world: World, content: bytes = b"%PDF-1.7 proof", name: str = "证书.pdf") -> Honour:
    return honours.declare(
        world.resident, rule_code="H02", level="村级", title="好邻居", issued_by="村委会",
        issued_on=timezone.localdate(), document=io.BytesIO(content), document_name=name, may_publish=False,
        origin=ORIGIN, now=timezone.now(),
    )  # fmt: skip


def test_the_desk_opens_the_document_and_the_villager_reads_that_it_did(world: World) -> None:
    honour = declared(world)
    client, url = client_of(world.admin), reverse("villages:honour_document", args=[honour.pk])
    assert url in client.get(reverse("villages:honours")).content.decode()
    answer = client.get(url)
    assert (answer["Content-Type"], answer.content) == ("application/pdf", b"%PDF-1.7 proof")
    assert answer["Content-Disposition"].startswith("inline")
    assert Opening.objects.get(resident=world.resident).what == "荣誉证明材料"


def test_what_is_no_picture_and_no_pdf_is_saved_whatever_its_name(world: World) -> None:
    honour = declared(world, b"<script>alert(1)</script>", "证书.pdf")
    answer = client_of(world.admin).get(reverse("villages:honour_document", args=[honour.pk]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_another_village_opens_no_document(world: World) -> None:
    other = make_village("330282109913", "五姓村", world.village.agency.parent)
    stranger = make_person(Role.VILLAGE_ADMIN, agency=other.agency)
    url = reverse("villages:honour_document", args=[declared(world).pk])
    assert client_of(stranger).get(url).status_code == 404


def test_nobody_checks_the_honour_of_a_declared_relative(world: World) -> None:
    declare_tie(world.admin, world.resident.pk, "relative", now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToDeclareHonour, match="关系人"):
        honours.check(world.admin, declared(world).pk, True, origin=ORIGIN, now=timezone.now())


def test_two_people_without_a_household_are_not_of_one_household(world: World) -> None:
    cadre = make_resident(world.village, "毛桂芳")
    world.resident.household = None
    world.resident.save()
    cadre.user = world.admin
    cadre.save()
    checked = honours.check(world.admin, declared(world).pk, True, origin=ORIGIN, now=timezone.now())
    assert checked.state == "notice"


@pytest.mark.parametrize(("decision", "state"), [("yes", "notice"), ("no", "refused")])
def test_after_an_objection_the_desk_decides_again(world: World, decision: str, state: str) -> None:
    honour, client = declared(world), client_of(world.admin)
    honours.check(world.admin, honour.pk, True, origin=ORIGIN, now=timezone.now())
    honours.object_to(honour.pk, "证书不是本人的", origin=ORIGIN, now=timezone.now())
    url = reverse("villages:honours")
    assert "异议不成立" in client.get(url).content.decode()
    client.post(url, {"pk": honour.pk, "decision": decision, "reason": "已核实"})
    honour.refresh_from_db()
    assert honour.state == state
