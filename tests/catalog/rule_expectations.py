"""Who gets what at the addresses of opening by rule."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.roles import Role
from tests.url_expectations import Expectation, World, allow, public, signed_in

DESK = (Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR)
GRADERS = (*DESK, Role.SECURITY_OFFICER)
STRANGERS = {Role.DATA_STEWARD: 404, Role.DATA_REVIEWER: 404}
OUTSIDERS = (Role.OUTSIDE_APPLICANT, Role.BANK_OFFICER, Role.BANK_MANAGER)
READERS = (*OUTSIDERS, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER)
APPLICANTS = (Role.OUTSIDE_APPLICANT, Role.BANK_MANAGER)
COMPETITORS = (*APPLICANTS, Role.ENTERPRISE_REP)
OTHER_OUTSIDERS = dict.fromkeys((*OUTSIDERS, Role.DATA_REVIEWER), 404)
KEEPERS = (Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR)
YEAR = 2031


def _made() -> tuple[Any, Any]:
    from catalog.models import Dataset
    from tests.catalog.openings import make_department, make_restricted

    found = Dataset.objects.filter(publisher__code="walked").first()
    if found is None:
        found = make_restricted(make_department("walked")[0])[0]
    return found, found.resources.get()


def a_desk_dataset(world: World) -> dict[str, Any]:
    return {"uid": _made()[0].uid}


def a_table(world: World) -> dict[str, Any]:
    return {"uid": _made()[1].uid}


def a_table_number(world: World) -> dict[str, Any]:
    return {"pk": _made()[1].pk}


def a_field(world: World) -> dict[str, Any]:
    return {"pk": _made()[1].fields.first().pk}


def a_proof(world: World) -> dict[str, Any]:
    from catalog.models import Release, ReleaseProof

    now, resource = timezone.now(), _made()[1]
    release, _ = Release.objects.get_or_create(resource=resource, number=1, defaults={"created_at": now})
    proof, _ = ReleaseProof.objects.get_or_create(release=release, defaults={"passed": True, "made_at": now})
    return {"pk": proof.pk}


def nobodys(world: World) -> dict[str, Any]:
    return {"pk": 1}


def a_registration(world: World) -> dict[str, Any]:
    return {"pk": _registration().pk}


def _registration() -> Any:
    from catalog.models import Registration
    from catalog.services.registrations import register
    from tests.catalog.openings import CODES, ORIGIN

    found = Registration.objects.filter(credit_code=CODES[0]).first()
    return found or register(
        credit_code=CODES[0], name="某院", contact="某人", phone="13812345678", purpose="研究", now=timezone.now(),
        origin=ORIGIN,
    )  # fmt: skip


def an_application(world: World) -> dict[str, Any]:
    from catalog.models import Application
    from tests.catalog.openings import make_applicant

    found = Application.objects.filter(number="SX-walked").first()
    if found is None:
        dataset, resource = _made()
        today = timezone.localdate()
        Application.objects.create(
            number="SX-walked", registration=_registration(), dataset=dataset, resource=resource, fields=["amount"],
            purpose="研究", scene="研究", quota=1, starts_on=today, ends_on=today + timedelta(days=9), security="三级",
            state="department_review", made_by=make_applicant(), made_at=timezone.now(), submitted_at=timezone.now(),
        )  # fmt: skip
    return {"number": "SX-walked"}


def a_grant(world: World) -> dict[str, Any]:
    from catalog.models import Grant
    from tests.catalog.openings import make_applicant

    today, resource = timezone.localdate(), _made()[1]
    found = Grant.objects.filter(resource=resource).first() or Grant.objects.create(
        agency=make_applicant().agency, resource=resource, fields=["amount"], way="both", quota=1, starts_on=today,
        ends_on=today, given_at=timezone.now(),
    )  # fmt: skip
    return {"pk": found.pk}


def a_list(world: World) -> dict[str, Any]:
    from catalog.models import KeyList

    told = {"state": "adopted", "adopted_on": timezone.localdate(), "made_at": timezone.now()}
    KeyList.objects.get_or_create(year=YEAR, defaults=told)
    return {"year": YEAR}


def a_line(world: World) -> dict[str, Any]:
    from catalog.models import KeyList, KeyListEntry

    a_list(world)
    line, _ = KeyListEntry.objects.get_or_create(
        key_list=KeyList.objects.get(year=YEAR), title="名录",
        defaults={"lane": "sannong", "publisher": _made()[0].publisher, "due_on": timezone.localdate()},
    )  # fmt: skip
    return {"pk": line.pk}


def a_competition(world: World) -> dict[str, Any]:
    from catalog.models import Competition

    today = timezone.localdate()
    told = {
        "title": "大赛",
        "stage": "registration",
        "data_from": today,
        "data_to": today,
        "created_at": timezone.now(),
    }
    Competition.objects.get_or_create(year=YEAR, defaults=told)
    return {"year": YEAR}


def in_a_competition(world: World) -> dict[str, Any]:
    a_competition(world)
    return {}


RULES: dict[str, Expectation] = {
    "catalog:desk": allow(*DESK),
    "catalog:desk_dataset": allow(*DESK, args=a_desk_dataset).but(STRANGERS),
    "catalog:desk_move": allow(*DESK, ok=405, args=a_desk_dataset),
    "catalog:desk_opening": allow(*DESK, ok=405, args=a_desk_dataset),
    "catalog:desk_assessment": allow(*DESK, args=a_desk_dataset).but(STRANGERS),
    "catalog:desk_field": allow(*DESK, args=a_field).but(STRANGERS),
    "catalog:desk_field_opening": allow(*DESK, ok=405, args=a_field),
    "catalog:desk_plan": allow(*DESK, args=a_table_number).but(STRANGERS),
    "catalog:desk_make_proof": allow(*DESK, ok=405, args=a_table_number),
    "catalog:desk_proof": allow(*DESK, args=a_proof).but(STRANGERS),
    "catalog:desk_changes": allow(*GRADERS),
    "catalog:desk_change_decide": allow(*GRADERS, ok=405, args=nobodys),
    "catalog:desk_rule_confirm": allow(*GRADERS, ok=405, args=nobodys),
    "catalog:registration": allow(Role.DATA_CENTRE_OPERATOR, args=a_registration),
    "catalog:register": public(),
    "catalog:my": allow(*OUTSIDERS),
    "catalog:apply": allow(*APPLICANTS, args=a_table),
    "catalog:applications": allow(*READERS),
    "catalog:application": allow(*READERS, args=an_application).but(OTHER_OUTSIDERS),
    "catalog:application_resubmit": allow(*APPLICANTS, ok=404, args=an_application),
    "catalog:application_act": allow(*READERS, ok=405, args=an_application),
    "catalog:application_proof": allow(*READERS, ok=404, args=an_application),
    "catalog:grant": allow(*READERS, args=a_grant).but(OTHER_OUTSIDERS | {Role.SECURITY_OFFICER: 404}),
    "catalog:grant_revoke": allow(Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR, ok=405, args=a_grant),
    "catalog:keylist": public(),
    "catalog:keylist_year": public(args=a_list),
    "catalog:keylist_export": public(args=a_list),
    "catalog:keylist_desk": allow(*KEEPERS),
    "catalog:keylist_desk_year": allow(*KEEPERS, args=a_list),
    "catalog:keylist_progress": allow(*KEEPERS, args=a_line).but({Role.DATA_STEWARD: 404}),
    "catalog:competition": public(),
    "catalog:competition_year": public(args=a_competition),
    "catalog:competition_enter": allow(*COMPETITORS, args=in_a_competition),
    "catalog:competition_entry": allow(*COMPETITORS, ok=404, args=nobodys),
    "catalog:competition_judging": signed_in(ok=404),
    "catalog:competition_desk": allow(Role.DATA_CENTRE_OPERATOR),
}
