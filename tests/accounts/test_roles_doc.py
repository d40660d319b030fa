"""The document of roles says what the source says."""

from pathlib import Path

from django.conf import settings

from accounts.roles import CARDS, THREE_OFFICERS, AgencyKind, Role
from accounts.roles_doc import roles_document
from accounts.url_map import addresses


def test_the_document_is_what_the_source_gives() -> None:
    written = (Path(settings.BASE_DIR) / "docs" / "roles.md").read_text(encoding="utf-8")
    assert written == roles_document(), "docs/roles.md is out of date: run manage.py write_roles_doc"


def test_every_role_has_a_card_and_somewhere_to_be_held() -> None:
    assert set(CARDS) == set(Role)
    assert all(card.agencies and card.label and card.purpose for card in CARDS.values())
    assert {kind for card in CARDS.values() for kind in card.agencies} == set(AgencyKind)


def test_officers_operators_and_managers_need_a_second_factor() -> None:
    needing = {role for role, card in CARDS.items() if card.second_factor}
    managers = {Role.BANK_MANAGER, Role.MODEL_MANAGER, Role.DATA_CENTRE_OPERATOR}
    assert needing >= THREE_OFFICERS | managers


def test_every_address_declares_its_audience() -> None:
    silent = [address.name or address.route for address in addresses() if address.audience is None]
    assert silent == []
