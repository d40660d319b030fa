"""Agencies are kept by the system officer."""

import re

from django.db import IntegrityError, transaction

import audit
from accounts.models import Agency, User
from accounts.roles import AgencyKind, Role
from audit import Origin

CODE = re.compile(r"[a-z][a-z0-9._-]{1,39}")
TOWN = re.compile(r"\d{9}")


class UnableToKeepAgency(Exception):
    """The agency cannot be made or changed like this; the text says why, ``field`` where."""

    def __init__(self, reason: str, field: str = "code") -> None:
        super().__init__(reason)
        self.field = field


def create_agency(
    officer: User,
    *,
    code: str,
    name: str,
    kind: AgencyKind,
    parent: Agency | None = None,
    scope_code: str = "",
    origin: Origin,
) -> Agency:
    """Enter an agency. ``scope_code``: a department's code, a town's nine digits, a firm's credit code."""
    detail = {"code": code, "kind": kind.value}
    with audit.action("accounts.agency.created", origin=origin, detail=detail) as entry:
        _require_officer(officer)
        _check(code, kind, parent, scope_code)
        agency = Agency(code=code, name=name.strip(), kind=kind, parent=parent, scope_code=scope_code)
        try:
            with transaction.atomic():
                agency.save()
        except IntegrityError as error:
            raise UnableToKeepAgency(f"机构代码 {code} 已被使用。") from error
        entry.target = f"agency:{agency.pk}"
        return agency


def rename_agency(officer: User, agency: Agency, name: str, *, origin: Origin) -> None:
    """Give the agency another name; its code stays."""
    detail = {"code": agency.code, "before": agency.name, "after": name.strip()}
    with audit.action("accounts.agency.renamed", origin=origin, target=f"agency:{agency.pk}", detail=detail):
        _require_officer(officer)
        agency.name = name.strip()
        agency.save(update_fields=["name"])


def set_agency_active(officer: User, agency: Agency, active: bool, *, origin: Origin) -> None:
    """Close or open an agency. Nobody of a closed agency signs in, and its tokens answer no more."""
    code = "accounts.agency.enabled" if active else "accounts.agency.disabled"
    with audit.action(code, origin=origin, target=f"agency:{agency.pk}", detail={"code": agency.code}):
        _require_officer(officer)
        if not active and officer.agency_id == agency.pk:
            raise UnableToKeepAgency("不能停用您自己所在的机构。", "is_active")
        agency.is_active = active
        agency.save(update_fields=["is_active"])


def _require_officer(officer: User) -> None:
    if Role.SYSTEM_OFFICER not in officer.roles:
        raise UnableToKeepAgency("只有系统管理员可以管理机构。")


def _check(code: str, kind: AgencyKind, parent: Agency | None, scope_code: str) -> None:
    if not CODE.fullmatch(code):
        raise UnableToKeepAgency("机构代码为 2 至 40 位小写字母、数字、点、下划线或短横线，以字母开头。")
    if kind == AgencyKind.TOWN and not TOWN.fullmatch(scope_code):
        raise UnableToKeepAgency("镇街的管辖代码为 9 位行政区划代码。", "scope_code")
    if kind in (AgencyKind.DEPARTMENT, AgencyKind.ENTERPRISE) and not scope_code:
        raise UnableToKeepAgency("部门须填部门代码，企业须填统一社会信用代码。", "scope_code")
    if parent is not None and kind == AgencyKind.BANK and parent.kind != AgencyKind.BANK:
        raise UnableToKeepAgency("银行网点的上级机构须是银行。", "parent")
