"""Who gets what at every address: one line for each URL name.

``tests/test_every_url.py`` asks for every address of the project (GET) as every role and as a visitor and
compares the status with this table. A new address fails until its line stands here:

    "credit:search": allow(Role.BANK_OFFICER, Role.BANK_MANAGER),          # others 403, visitors 302
    "credit:profile": allow(Role.BANK_OFFICER, args=a_firm),               # /firms/<code>/: see below
    "datahub:withdraw": allow(Role.DATA_CENTRE_OPERATOR, ok=405, args=a_batch),   # POST only
    "credit:api_enterprise": api(Role.BANK_OFFICER, args=a_firm),          # others 403, visitors 401
    "credit:consent": allow(Role.ENTERPRISE_REP, others=404, args=...),    # existence is secret

``args`` is a function from the :class:`World` to the pattern's arguments; it may make rows, which the
test rolls back. Rows of one agency only: ``.but({Role.BANK_MANAGER: 404})`` corrects single roles.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

import audit
from accounts.models import Agency, ApiToken, InboxItem, User
from accounts.roles import Role
from audit.models import AuditEntry


@dataclass(frozen=True)
class World:
    """What the walk has: one user for each role, each in an agency of a fitting kind."""

    people: Mapping[Role, User]

    def agency(self, role: Role) -> Agency:
        agency = self.people[role].agency
        assert agency is not None
        return agency


Arguments = Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Expectation:
    """Status for a visitor, for the roles named, and for all others."""

    visitor: int
    others: int
    roles: Mapping[Role, int] = field(default_factory=dict)
    args: Arguments | None = None
    query: str = ""

    def status_for(self, role: Role | None) -> int:
        return self.visitor if role is None else self.roles.get(role, self.others)

    def but(self, corrections: Mapping[Role, int]) -> "Expectation":
        return replace(self, roles={**self.roles, **corrections})


def allow(
    *roles: Role, ok: int = 200, others: int = 403, args: Arguments | None = None, query: str = ""
) -> Expectation:
    """A page for ``roles``; visitors are sent to the sign-in."""
    return Expectation(302, others, dict.fromkeys(roles, ok), args, query)


def signed_in(ok: int = 200, args: Arguments | None = None, query: str = "") -> Expectation:
    """A page for everyone who is signed in."""
    return Expectation(302, ok, {}, args, query)


def public(ok: int = 200, args: Arguments | None = None, query: str = "") -> Expectation:
    """A page for everybody."""
    return Expectation(ok, ok, {}, args, query)


def api(
    *roles: Role, ok: int = 200, others: int = 403, args: Arguments | None = None, query: str = ""
) -> Expectation:
    """An endpoint for ``roles``; visitors get 401."""
    return Expectation(401, others, dict.fromkeys(roles, ok), args, query)


def api_signed_in(ok: int = 200, args: Arguments | None = None, query: str = "") -> Expectation:
    """An endpoint for everyone who is signed in."""
    return Expectation(401, ok, {}, args, query)


# -- arguments ---------------------------------------------------------------------------------------
def a_person(world: World) -> dict[str, Any]:
    return {"pk": world.people[Role.VILLAGER].pk}


def an_agency(world: World) -> dict[str, Any]:
    return {"pk": world.agency(Role.SHOP_KEEPER).pk}


def a_bank_officers_message(world: World) -> dict[str, Any]:
    item = InboxItem.objects.create(
        user=world.people[Role.BANK_OFFICER], kind="message", title="消息", created_at=timezone.now()
    )
    return {"pk": item.pk}


def a_bank_managers_token(world: World) -> dict[str, Any]:
    user, now = world.people[Role.BANK_MANAGER], timezone.now()
    token = ApiToken.objects.create(
        agency=user.agency, user=user, name="信贷系统", prefix="cxp_test", digest="0" * 64,
        scopes=[], created_at=now, expires_at=now,
    )  # fmt: skip
    return {"pk": token.pk}


def a_firm(world: World) -> dict[str, Any]:
    from datahub.models import Enterprise

    code = "91330282PDY999994P"
    Enterprise.objects.get_or_create(
        code=code, defaults={"name": "慈溪示范有限公司", "kind": "company", "state": "active", "changed_at": timezone.now()}
    )  # fmt: skip
    return {"code": code}


def a_fact_nobody_stated(world: World) -> dict[str, Any]:
    return a_firm(world) | {"record_id": 1}


def no_worker(world: World) -> dict[str, Any]:
    from django.core.cache import cache

    from cixi_portal.tasks import WORKER_KEY

    cache.delete(WORKER_KEY)
    return {}


def a_bank_officers_progress(world: World) -> dict[str, Any]:
    from foundation import progress

    return {"key": progress.register("核验", owner_id=world.people[Role.BANK_OFFICER].pk, total=1)}


def an_entry(world: World) -> dict[str, Any]:
    audit.record("audit.viewed", origin=audit.Origin.system("test"))
    return {"seq": AuditEntry.objects.latest("seq").seq}


def a_market_batch(world: World) -> dict[str, Any]:
    from datahub.models import Batch

    batch = Batch.objects.create(
        item_code="market.penalty", item_number=113, department="market", period="2026-11", file_bytes=1,
        file_date=timezone.localdate(), channel="page", file_digest="0" * 64, file_name="处罚.csv",
        received_at=timezone.now(),
    )  # fmt: skip
    return {"pk": batch.pk}


def a_running_batch(world: World) -> dict[str, Any]:
    from datahub.services import following

    args = a_market_batch(world)
    following.announce(args["pk"], "正在核验文件", owner_id=None, next_url="/data/")
    return args


def a_waiting_row(world: World) -> dict[str, Any]:
    return a_market_batch(world) | {"row": 1}


def an_item(world: World) -> dict[str, Any]:
    return {"code": "court.equity_freeze"}


# -- the table ---------------------------------------------------------------------------------------
BANKS = (Role.BANK_OFFICER, Role.BANK_MANAGER)
INSIDE = (Role.LEADER, Role.INDEX_ANALYST, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER)
SYSTEM, SECURITY = Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER
SECOND_FACTOR_HOLDERS = (
    Role.BANK_MANAGER, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER, SYSTEM, SECURITY, Role.AUDITOR,
)  # fmt: skip

STEWARD, REVIEWER, OPERATOR = Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR
AT_THE_DESK = (STEWARD, REVIEWER, OPERATOR)
GOVERNMENT = (
    Role.INDEX_ANALYST, Role.LEADER, *AT_THE_DESK, Role.MODEL_MANAGER, Role.TOWN_ADMIN, SYSTEM, SECURITY,
    Role.AUDITOR,
)  # fmt: skip
# The walking stewards belong to no department that delivered: its batches do not exist for them.
STRANGERS = {STEWARD: 404, REVIEWER: 404}

TABLE: dict[str, Expectation] = {
    # the roof
    "home": public().but(
        dict.fromkeys(
            (
                Role.LEADER,
                Role.INDEX_ANALYST,
                Role.MODEL_MANAGER,
                Role.AUDITOR,
                SYSTEM,
                SECURITY,
                Role.ENTERPRISE_REP,
                Role.VILLAGE_ADMIN,
                Role.TOWN_ADMIN,
                Role.VILLAGER,
                Role.OUTSIDE_APPLICANT,
                Role.SHOP_KEEPER,
                *AT_THE_DESK,
            ),
            302,
        )
    ),
    "ui": allow(SYSTEM, Role.DATA_CENTRE_OPERATOR, Role.MODEL_MANAGER),
    "healthz": public(),
    "readyz": public(ok=503, args=no_worker),
    "progress": allow(Role.BANK_OFFICER, others=404, args=a_bank_officers_progress),
    # accounts: sign-in and the own account
    "accounts:sign_in": Expectation(visitor=200, others=302),
    "accounts:sign_out": signed_in(ok=405),
    "accounts:second_step": signed_in(ok=302),
    "accounts:enrol": signed_in().but(dict.fromkeys(SECOND_FACTOR_HOLDERS, 302)),
    "accounts:enrol_code": signed_in().but(dict.fromkeys(SECOND_FACTOR_HOLDERS, 404)),
    "accounts:recovery_codes": signed_in(ok=405),
    "accounts:password_change": signed_in(),
    "accounts:me": signed_in(),
    # accounts: officers
    "accounts:agencies": allow(SYSTEM),
    "accounts:agency_new": allow(SYSTEM),
    "accounts:agency": allow(SYSTEM, args=an_agency),
    "accounts:agency_activity": allow(SYSTEM, ok=405, args=an_agency),
    "accounts:people": allow(SYSTEM),
    "accounts:person_new": allow(SYSTEM),
    "accounts:person": allow(SYSTEM, args=a_person),
    "accounts:person_disable": allow(SYSTEM, ok=405, args=a_person),
    "accounts:person_enable": allow(SYSTEM, ok=405, args=a_person),
    "accounts:person_password": allow(SYSTEM, ok=405, args=a_person),
    "accounts:rights": allow(SECURITY),
    "accounts:rights_of": allow(SECURITY, args=a_person),
    "accounts:role_grant": allow(SECURITY, ok=405, args=a_person),
    "accounts:role_revoke": allow(SECURITY, ok=405, args=a_person),
    "accounts:scope_change": allow(SECURITY, ok=405, args=a_person),
    "accounts:second_factor_reset": allow(SECURITY, ok=405, args=a_person),
    # accounts: tokens, inbox, API
    "accounts:tokens": allow(Role.BANK_MANAGER, Role.DATA_STEWARD),
    "accounts:token_revoke": allow(Role.BANK_MANAGER, Role.DATA_STEWARD, ok=405, args=a_bank_managers_token),
    "accounts:inbox": signed_in(),
    "accounts:inbox_open": allow(Role.BANK_OFFICER, ok=302, others=404, args=a_bank_officers_message),
    "accounts:inbox_read": signed_in(ok=405),
    "accounts:api_me": api_signed_in(),
    "accounts:api_schema": api_signed_in(),
    # datahub
    "datahub:desk": allow(*AT_THE_DESK),
    "datahub:deliver": allow(STEWARD, OPERATOR),
    "datahub:batches": allow(*AT_THE_DESK),
    "datahub:batch": allow(OPERATOR, args=a_market_batch).but(STRANGERS),
    "datahub:batch_progress": allow(OPERATOR, args=a_running_batch).but(STRANGERS),
    "datahub:batch_report": allow(OPERATOR, ok=302, args=a_market_batch).but(STRANGERS),
    "datahub:batch_confirm": allow(REVIEWER, OPERATOR, ok=405, args=a_market_batch),
    "datahub:batch_withdraw": allow(REVIEWER, OPERATOR, ok=405, args=a_market_batch),
    "datahub:batch_retry": allow(*AT_THE_DESK, ok=405, args=a_market_batch),
    "datahub:waiting_settle": allow(*AT_THE_DESK, ok=405, args=a_waiting_row),
    "datahub:items": allow(*GOVERNMENT),
    "datahub:item": allow(*GOVERNMENT, args=an_item),
    "datahub:item_template": allow(*GOVERNMENT, args=an_item),
    "datahub:gaps": allow(*GOVERNMENT),
    "datahub:late": allow(*GOVERNMENT),
    "datahub_api:deliveries": api(STEWARD, OPERATOR),
    "datahub_api:delivery": api(OPERATOR, args=a_market_batch).but(STRANGERS),
    "datahub_api:rejections": api(OPERATOR, args=a_market_batch).but(STRANGERS),
    "datahub_api:report": api(OPERATOR, ok=409, args=a_market_batch).but(STRANGERS),
    # audit
    "audit:list": allow(Role.AUDITOR),
    "audit:detail": allow(Role.AUDITOR, args=an_entry),
    "audit:export": allow(Role.AUDITOR),
    "audit:verify": allow(Role.AUDITOR, ok=405),
    # credit: a bank says first why it looks; an enterprise reads its own file only
    "credit:profile": allow(*INSIDE, args=a_firm).but(dict.fromkeys(BANKS, 302)),
    "credit:profile_live": allow(*INSIDE, args=a_firm),
    "credit:profile_print": allow(*INSIDE, args=a_firm).but(dict.fromkeys(BANKS, 302)),
    "credit:purpose": allow(*INSIDE, *BANKS, Role.ENTERPRISE_REP, args=a_firm),
    "credit_api:enterprise": api(Role.DATA_CENTRE_OPERATOR, args=a_firm, others=403).but(
        dict.fromkeys(BANKS, 400)
    ),
    "credit:search": allow(*INSIDE, *BANKS),
    "credit:search_export": allow(*INSIDE, *BANKS),
    "credit_api:enterprises": api(*INSIDE, *BANKS),
    "credit:watch": allow(*BANKS, ok=405, args=a_firm),
    "credit:own": allow(Role.ENTERPRISE_REP, ok=403),  # this one represents no registered firm
    "credit:revoke": allow(Role.ENTERPRISE_REP, ok=405, args=lambda world: {"pk": 1}),
    "credit:bank_authorisations": allow(Role.BANK_MANAGER),
    "credit:city": allow(*INSIDE),
    "credit:scorecard": signed_in(ok=404),  # nothing is released in this test
    "credit:runs": allow(Role.MODEL_MANAGER, Role.DATA_CENTRE_OPERATOR),
    "credit:run_state": allow(
        Role.MODEL_MANAGER, Role.DATA_CENTRE_OPERATOR, ok=404, args=lambda world: {"pk": 1}
    ),
    "credit:start_run": allow(Role.MODEL_MANAGER, Role.DATA_CENTRE_OPERATOR, ok=405),
    "credit:fact": allow(*INSIDE, *BANKS, ok=404, args=a_fact_nobody_stated),
}
