"""Who gets what at every address of the app; ``tests/url_expectations.py`` says how to write a line."""

from accounts.roles import Role
from tests.url_expectations import Expectation, allow, api, public

CITY = (Role.INDEX_ANALYST, Role.LEADER, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER)
GOVERNMENT = (*CITY, Role.TOWN_ADMIN)
READERS = (*GOVERNMENT, Role.BANK_OFFICER, Role.BANK_MANAGER)
SIGNERS = (Role.INDEX_ANALYST, Role.LEADER)
ANALYST = Role.INDEX_ANALYST


def one(world: object) -> dict[str, int]:
    return {"pk": 1}


# No index is computed in the walk: pages say so, single things and the API do not exist yet.
EXPECTATIONS: dict[str, Expectation] = {
    "sme_index:board": allow(*READERS),
    "sme_index:export": allow(*READERS, ok=404, args=lambda world: {"kind": "csv"}),
    "sme_index:public": public(),
    "sme_index:method": public(),
    "sme_index:vintages": allow(*READERS),
    "sme_index:firms": allow(*GOVERNMENT, ok=404),
    "sme_index:alerts": allow(*GOVERNMENT),
    "sme_index:alert": allow(*GOVERNMENT, ok=404, args=one),
    "sme_index:alert_acknowledge": allow(ANALYST, ok=405, args=one),
    "sme_index:alert_assign": allow(ANALYST, ok=405, args=one),
    "sme_index:alert_close": allow(ANALYST, ok=405, args=one),
    "sme_index:bulletins": allow(*GOVERNMENT),
    "sme_index:bulletin_new": allow(ANALYST, ok=405),
    "sme_index:bulletin": allow(*GOVERNMENT, ok=404, args=one),
    "sme_index:bulletin_print": allow(*GOVERNMENT, ok=404, args=one),
    "sme_index:bulletin_pdf": allow(*GOVERNMENT, ok=404, args=one),
    "sme_index:bulletin_table": allow(*GOVERNMENT, ok=404, args=one),
    "sme_index:bulletin_comment": allow(ANALYST, ok=405, args=one),
    "sme_index:bulletin_sign": allow(*SIGNERS, ok=405, args=one),
    "sme_index_api:panels": api(*READERS, ok=404),
    "sme_index_api:series": api(*READERS, ok=404),
    "sme_index_api:contributions": api(*READERS, ok=404),
    "sme_index_api:metadata": api(*READERS, ok=404),
}
