"""The register of one demonstration village: households, residents, consents, the demo sign-ins' places in it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from villages.models import BoardConsent, Consent, Helper, Household, Resident, Tie, Village
from villages.selectors.consents import purpose
from villages.services import budget, ledger
from villages.services.residents import pinyin_of

from .people import Person, make_people

CHUNK = 2000
POINTS_A_HEAD = 420
DEMO_PHONE = "13800000001"


@transaction.atomic
def fill_register(village: Village, number: int, count: int, seed: int, cadre: User, begun: datetime) -> None:
    """Enter everybody once; a village that has residents is left as it is."""
    if Resident.objects.filter(village=village).exists():
        return
    people = make_people(number, count, seed, begun.year + 1)
    numbers = sorted({person.household for person in people})
    houses = Household.objects.bulk_create(
        [
            Household(village=village, number=f"{_shown(n):03d}", address=f"{n % 9 + 1} 组 {n} 号")
            for n in numbers
        ],
        batch_size=CHUNK,
    )
    by_number = dict(zip(numbers, houses, strict=True))
    residents = [_resident(village, person, by_number[person.household], begun) for person in people]
    Resident.objects.bulk_create(residents, batch_size=CHUNK)
    version = purpose().version
    Consent.objects.bulk_create(
        [
            Consent(resident=r, kind=kind, version=version, is_given=True, at=begun, by_user=cadre)
            for r, person in zip(residents, people, strict=True) if person.agrees
            for kind in (("use", "board") if r.pk % 3 else ("use",))
        ],
        batch_size=CHUNK,
    )  # fmt: skip
    BoardConsent.objects.bulk_create(
        [
            BoardConsent(resident=r, show_name=True, given_at=begun)
            for r, person in zip(residents, people, strict=True) if person.agrees and r.pk % 3
        ],
        batch_size=CHUNK,
    )  # fmt: skip
    budget.fund_pool(
        ledger.new_key(begun),
        village.pk,
        count * POINTS_A_HEAD,
        now=begun,
        actor_id=None,
        memo="年度积分额度",
    )
    _place_sign_ins(village, cadre, begun)


def _shown(number: int) -> int:
    """Houses 900 and 901 are those of the demo sign-ins."""
    return number if number < 900 else number + 2


def _resident(village: Village, person: Person, house: Household, begun: datetime) -> Resident:
    resident = Resident(
        village=village, household=house, name=person.name, pinyin=pinyin_of(person.name), gender=person.gender,
        birth_year=person.birth_year, is_head=person.is_head, is_party_member=person.is_party_member,
        joined_on=begun.date(),
    )  # fmt: skip
    resident.put_phone(person.phone)
    return resident


def _place_sign_ins(village: Village, cadre: User, begun: datetime) -> None:
    """The demo villager and the demo administrator are residents of the first village, in households of their own."""
    villager = User.objects.filter(username="villager", is_demo=True, agency=village.agency).first()
    if villager is None:
        return
    home = Household.objects.create(village=village, number="900", address="1 组 8 号")
    told: dict[str, Any] = {"village": village, "household": home, "joined_on": begun.date()}
    own = _enter(
        "余阿根",
        told
        | {"birth_year": 1954, "gender": "m", "is_head": True, "is_party_member": True, "user": villager},
    )
    own.put_phone(DEMO_PHONE)
    own.save()
    mother = _enter("胡彩娟", told | {"birth_year": 1932, "gender": "f"})
    for resident in (own, mother):
        _agree(resident, cadre, begun)
    Helper.objects.create(
        resident=mother,
        helper=own,
        kind=Helper.Kind.FAMILY,
        reason="年事已高，不用手机",
        agreed_at=begun,
        agreed_by=cadre,
    )
    office = Household.objects.create(village=village, number="901", address="3 组 12 号")
    admin = _enter(
        cadre.full_name,
        {
            "village": village,
            "household": office,
            "joined_on": begun.date(),
            "birth_year": 1978,
            "gender": "f",
        },
    )
    spouse = _enter(
        "岑海波",
        {
            "village": village,
            "household": office,
            "joined_on": begun.date(),
            "birth_year": 1976,
            "gender": "m",
        },
    )
    for resident in (admin, spouse):
        _agree(resident, cadre, begun)
    Tie.objects.create(user=cadre, resident=admin, relation=Tie.Relation.SELF, declared_at=begun)


def _enter(name: str, values: dict[str, Any]) -> Resident:
    return Resident.objects.create(name=name, pinyin=pinyin_of(name), **values)


def _agree(resident: Resident, cadre: User, at: datetime) -> None:
    for kind in ("use", "board"):
        Consent.objects.create(
            resident=resident, kind=kind, version=purpose().version, is_given=True, at=at, by_user=cadre
        )
    BoardConsent.objects.create(resident=resident, show_name=True, given_at=at)
