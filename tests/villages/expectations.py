"""Who gets what at every address of the app; ``tests/url_expectations.py`` says how to write a line."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.roles import Role
from tests.url_expectations import Expectation, World, allow, api, public
from tests.villages.ledger_expectations import LEDGER

VILLAGER, ADMIN, TOWN = Role.VILLAGER, Role.VILLAGE_ADMIN, Role.TOWN_ADMIN


def a_village(world: World) -> dict[str, Any]:
    """The walking administrator's village, with the walking villager as a resident who has agreed."""
    from villages.models import Consent, Resident, Village
    from villages.selectors.consents import purpose

    agency = world.agency(ADMIN)
    village, _ = Village.objects.get_or_create(
        agency=agency, defaults={"code": "330282109955", "name": "走村", "town_code": "330282109"}
    )
    user = world.people[VILLAGER]
    resident, is_new = Resident.objects.get_or_create(
        user=user, defaults={"village": village, "name": "走访村民", "pinyin": "zoufangcunmin|zfcm"}
    )
    if is_new:
        Consent.objects.create(
            resident=resident,
            kind="use",
            version=purpose().version,
            is_given=True,
            at=timezone.now(),
            by_user=user,
        )
    return {}


def an_activity(world: World) -> dict[str, Any]:
    from tests.villages.worlds import make_activity
    from villages.models import Village

    a_village(world)
    return {"pk": make_activity(Village.objects.get(agency=world.agency(ADMIN))).pk}


def a_vote(world: World) -> dict[str, Any]:
    from villages.models import Activity

    told = an_activity(world)
    Activity.objects.filter(pk=told["pk"]).update(mode="vote")
    return told


def a_tap(world: World) -> dict[str, Any]:
    from villages.models import Activity, Resident, Tap

    activity = Activity.objects.get(pk=an_activity(world)["pk"])
    now = timezone.now()
    tap = Tap.objects.create(
        id=uuid.uuid4(), activity=activity, village=activity.village, resident=Resident.objects.get(name="走访村民"),
        body_digest="0" * 64, occasion="once", occurred_at=now, received_at=now, state="waiting",
    )  # fmt: skip
    return {"pk": tap.pk}


def a_piece(world: World) -> dict[str, Any]:
    import io

    from foundation import files
    from villages.models import Piece, Tap

    tap = Tap.objects.get(pk=a_tap(world)["pk"])
    kept = files.store().put(io.BytesIO(b"picture"), limit_bytes=100)
    piece = Piece.objects.create(
        tap=tap, village=tap.village, kind="photo", digest=kept.digest, mime="image/jpeg", size=7,
        received_at=timezone.now(),
    )  # fmt: skip
    return {"pk": piece.pk}


def _village(world: World) -> Any:
    from villages.models import Village

    a_village(world)
    return Village.objects.get(agency=world.agency(ADMIN))


def a_resident(world: World) -> dict[str, Any]:
    from villages.models import Resident

    return {"pk": Resident.objects.create(village=_village(world), name="余阿根", pinyin="yuagen|yag").pk}


def a_helped_resident(world: World) -> dict[str, Any]:
    from villages.models import Helper

    told, admin = a_resident(world), world.people[ADMIN]
    Helper.objects.create(
        resident_id=told["pk"], kind="grid", helper_user=admin, reason="独居", agreed_at=timezone.now(),
        agreed_by=admin,
    )  # fmt: skip
    return told


def a_place(world: World) -> dict[str, Any]:
    from tests.villages.worlds import ORIGIN
    from villages.engine.geofence import Position
    from villages.services.activities import add_place_code

    place = add_place_code(
        _village(world), "文化礼堂", Position(30.3, 121.4), 150, now=timezone.now(), origin=ORIGIN
    )
    return {"pk": place.pk}


def an_import(world: World) -> dict[str, Any]:
    from villages.models import ResidentImport

    batch = ResidentImport.objects.create(
        village=_village(world), file_name="名单.xlsx", file_digest="0" * 64, rows=[], by_user=world.people[ADMIN],
        at=timezone.now(),
    )  # fmt: skip
    return {"pk": batch.pk}


def a_bulk_award(world: World) -> dict[str, Any]:
    from villages.models import BulkAward

    today = timezone.localdate()
    award = BulkAward.objects.create(
        village=_village(world), reason="清理河道", points=5, on_date=today, resident_ids=[],
        proposed_by=world.people[ADMIN], proposed_at=timezone.now(), due_on=today,
    )  # fmt: skip
    return {"pk": award.pk}


def a_notice(world: World) -> dict[str, Any]:
    from villages.models import MonthlyNotice

    notice = MonthlyNotice.objects.create(
        village=_village(world), month="2026-10-01", rows=[], digest="0" * 64, issued_at=timezone.now(),
        totals={"people": 0, "earned": 0, "spent": 0, "corrected": 0}, issued_by=world.people[ADMIN],
    )  # fmt: skip
    return {"pk": notice.pk}


def a_ticket(world: World) -> dict[str, Any]:
    return {"token": "no-such-ticket"}


PEOPLE: dict[str, Expectation] = {
    "villages:door": Expectation(visitor=200, others=302, args=a_village),
    "villages:enter": Expectation(visitor=200, others=302, args=a_village),
    "villages:who": Expectation(visitor=200, others=302, args=a_village),
    "villages:bind": public(ok=410, args=a_ticket),
    "villages:demo_messages": public(ok=404),
    "villages:welcome": allow(VILLAGER, args=a_village),
    "villages:leave": allow(VILLAGER, ok=405, args=a_village),
    "villages:my": allow(VILLAGER, args=a_village),
    "villages:my_scan": allow(VILLAGER, args=a_village),
    "villages:my_activity": allow(VILLAGER, args=an_activity),
    "villages:my_records": allow(VILLAGER, args=a_village),
    "villages:my_record": allow(VILLAGER, args=a_tap),
    "villages:my_ask_again": allow(VILLAGER, ok=405, args=a_tap),
    "villages:my_self": allow(VILLAGER, args=a_village),
    "villages:my_act_for": allow(VILLAGER, ok=405, args=a_village),
    "villages:my_worker": public(),
    "villages:my_offline": public(),
    "villages:piece": allow(VILLAGER, ADMIN, args=a_piece).but({TOWN: 404}),
    "villages:piece_small": allow(VILLAGER, ADMIN, args=a_piece).but({TOWN: 404}),
    "villages_api:send_code": public(ok=405),
    "villages_api:enter": public(ok=405),
    "villages_api:who": public(ok=405),
    "villages_api:me": api(VILLAGER, args=a_village),
    "villages_api:activities": api(VILLAGER, args=a_village),
    "villages_api:activity": api(VILLAGER, args=an_activity),
    "villages_api:challenge": api(VILLAGER, ok=405, args=an_activity),
    "villages_api:beat": api(VILLAGER, ok=405, args=an_activity),
    "villages_api:taps": api(VILLAGER, args=a_village),
}
OFFICE: dict[str, Expectation] = {
    "villages:desk": allow(ADMIN, args=a_village),
    "villages:ties": allow(ADMIN, TOWN, args=a_village),
    "villages:activities": allow(ADMIN, args=a_village),
    "villages:activity_templates": allow(ADMIN, args=a_village),
    "villages:activity_new": allow(ADMIN, args=lambda world: a_village(world) | {"code": "clean_up"}),
    "villages:activity": allow(ADMIN, args=an_activity),
    "villages:activity_close": allow(ADMIN, ok=405, args=an_activity),
    "villages:activity_sheet": allow(ADMIN, args=an_activity),
    "villages:activity_grid": allow(ADMIN, args=an_activity),
    "villages:activity_ballots": allow(ADMIN, args=a_vote).but({TOWN: 404}),
    "villages:activity_screen": allow(ADMIN, args=an_activity),
    "villages:activity_screen_code": allow(ADMIN, args=lambda world: an_activity(world) | {"moment": "in"}),
    "villages:helping": allow(ADMIN, args=a_village),
    "villages:helping_one": allow(ADMIN, args=a_helped_resident),
    "villages:places": allow(ADMIN, args=a_village),
    "villages:poster": allow(ADMIN, args=a_village),
    "villages:place_print": allow(ADMIN, args=a_place),
    "villages:review": allow(ADMIN, TOWN, args=a_village),
    "villages:review_one": allow(ADMIN, args=a_tap).but({TOWN: 404}),
    "villages:review_decide": allow(ADMIN, TOWN, ok=405, args=a_tap),
    "villages:residents": allow(ADMIN, args=a_village),
    "villages:resident_new": allow(ADMIN, args=a_village),
    "villages:resident": allow(ADMIN, args=a_resident).but({TOWN: 404}),
    "villages:resident_correct": allow(ADMIN, args=a_resident),
    "villages:resident_change": allow(ADMIN, ok=405, args=a_resident),
    "villages:resident_binding": allow(ADMIN, ok=405, args=a_resident),
    "villages:resident_statement": allow(ADMIN, args=a_resident).but({TOWN: 404}),
    "villages:import_new": allow(ADMIN, args=a_village),
    "villages:import_blank": allow(ADMIN),
    "villages:import_one": allow(ADMIN, args=an_import),
    "villages:bulk": allow(ADMIN, TOWN, args=a_village),
    "villages:bulk_new": allow(ADMIN, args=a_village),
    "villages:bulk_one": allow(ADMIN, args=a_bulk_award).but({TOWN: 404}),
    "villages:notices": allow(ADMIN, args=a_village),
    "villages:notice": allow(ADMIN, VILLAGER, args=a_notice).but({TOWN: 404}),
    "villages:notice_sheet": allow(ADMIN, args=a_notice).but({TOWN: 404}),
    "villages:town": allow(TOWN),
    "villages:check": allow(TOWN),
}
EXPECTATIONS: dict[str, Expectation] = {**LEDGER, **PEOPLE, **OFFICE}
