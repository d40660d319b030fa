"""Demo agencies and sign-ins: one for every role, as often as one likes, only in a demo."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.demo.people import PEOPLE
from accounts.models import Agency, Authenticator, RoleGrant, User
from accounts.roles import CARDS, AgencyKind, Role
from cixi_portal.management.commands.demo_accounts import _width, departments

pytestmark = pytest.mark.django_db
DEMO_PASSWORD = "shown-at-start-1"


@pytest.fixture(autouse=True)
def demo(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.PORTAL_DEMO = True
    monkeypatch.setattr("cixi_portal.management.commands.demo_accounts.var_folder", lambda: tmp_path)
    monkeypatch.setenv("PORTAL_DEMO_PASSWORD", DEMO_PASSWORD)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("demo_accounts", *arguments, stdout=out)
    return out.getvalue()


def test_every_role_has_a_sign_in_of_a_fitting_agency() -> None:
    run()
    for user in User.objects.filter(is_demo=True).select_related("agency"):
        (role,) = user.roles
        assert AgencyKind(user.agency.kind) in CARDS[role].agencies
    assert {Role(code) for code in RoleGrant.objects.values_list("role", flat=True)} == set(Role)


def test_the_agencies_are_the_citys() -> None:
    run()
    kinds = list(Agency.objects.values_list("kind", flat=True))
    assert (kinds.count("department"), kinds.count("town"), kinds.count("data_centre")) == (28, 19, 1)
    banks = Agency.objects.filter(kind="bank", parent=None)
    assert banks.count() == 3
    assert all(bank.branches.exists() for bank in banks)
    codes = Agency.objects.filter(kind="department").values_list("scope_code", flat=True)
    assert set(codes) == {department.code for department in departments()}


def test_a_second_run_changes_nothing(django_assert_max_num_queries: Any) -> None:
    run()
    before = list(User.objects.values()), list(Agency.objects.values()), list(Authenticator.objects.values())
    with django_assert_max_num_queries(10):
        run()
    after = list(User.objects.values()), list(Agency.objects.values()), list(Authenticator.objects.values())
    assert after == before


def test_a_changed_demo_sign_in_is_mended() -> None:
    run()
    user = User.objects.get(username="bank1")
    user.set_password("something else")
    user.is_active = False
    user.save()
    run()
    user.refresh_from_db()
    assert user.check_password(DEMO_PASSWORD) and user.is_active


def test_the_table_is_aligned_and_names_everybody() -> None:
    lines = run().splitlines()
    table = lines[: len(PEOPLE) + 1]
    starts = {_width(line[: line.index(cell)]) for line, cell in zip(table, roles_column(), strict=True)}
    assert len(starts) == 1
    assert sum(DEMO_PASSWORD in line for line in lines) == 1


def roles_column() -> list[str]:
    return ["角色"] + [CARDS[person.role].label for person in PEOPLE]


def test_those_marked_with_a_star_need_a_code_and_get_one(client: Client) -> None:
    starred = {line.split()[0] for line in run().splitlines() if " *  " in line}
    assert starred == {person.username for person in PEOPLE if CARDS[person.role].second_factor}
    out = StringIO()
    call_command("demo_code", "auditor", stdout=out)
    client.post("/accounts/sign-in/", {"username": "auditor", "password": DEMO_PASSWORD})
    client.post("/accounts/second-step/", {"code": out.getvalue()[:6]})
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.parametrize("username", ["bank1", "nobody"])
def test_who_needs_no_code_has_none(username: str) -> None:
    run()
    with pytest.raises(CommandError):
        call_command("demo_code", username)


def test_a_real_account_never_gives_its_code() -> None:
    run()
    User.objects.filter(username="auditor").update(is_demo=False)
    with pytest.raises(CommandError):
        call_command("demo_code", "auditor")


def test_a_real_account_of_the_same_name_is_not_overwritten() -> None:
    User.objects.create_user("bank1", password="real")
    with pytest.raises(CommandError, match="bank1"):
        run()
    assert User.objects.get(username="bank1").check_password("real")


def test_without_demo_there_are_no_demo_accounts(settings: Any) -> None:
    settings.PORTAL_DEMO = False
    with pytest.raises(CommandError, match="未启用演示模式"):
        run()
    assert not User.objects.exists()


def test_the_firm_of_the_enterprise_representative_can_be_chosen() -> None:
    run("--enterprise", "91330282MA2CODE000")
    assert User.objects.get(username="firm").agency.scope_code == "91330282MA2CODE000"


def test_without_a_choice_the_representative_speaks_for_the_firm_with_frozen_shares(tmp_path: Path) -> None:
    firms = [
        {"role": "exporter", "code": "91330282MA2CODE001", "name": "甲"},
        {"role": "frozen", "code": "91330282MA2CODE002", "name": "慈溪示例轴承有限公司"},
    ]
    (tmp_path / "demo" / "files").mkdir(parents=True)
    (tmp_path / "demo" / "files" / "notable.json").write_text(json.dumps(firms), encoding="utf-8")
    run()
    agency = User.objects.get(username="firm").agency
    assert (agency.scope_code, agency.name) == ("91330282MA2CODE002", "慈溪示例轴承有限公司")
