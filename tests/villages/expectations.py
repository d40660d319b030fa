"""Who gets what at every address of the app; ``tests/url_expectations.py`` says how to write a line."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.roles import Role
from tests.url_expectations import Expectation, World, allow, api, public

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


def a_ticket(world: World) -> dict[str, Any]:
    return {"token": "no-such-ticket"}


PEOPLE: dict[str, Expectation] = {
    "villages:door": Expectation(visitor=200, others=302, args=a_village),
    "villages:enter": public(ok=302),
    "villages:who": public(ok=302),
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
EXPECTATIONS: dict[str, Expectation] = {**PEOPLE}
