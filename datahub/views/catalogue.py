"""What is collected from whom: departments and items, freshness and quality, gaps and late items."""

import csv
import io

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import audience
from accounts.roles import Role
from datahub import catalogue, presenters
from datahub.contracts import ItemDefinition, Supply
from datahub.engine.definitions import get_item, list_departments, list_items
from datahub.selectors import freshness, gaps, quality
from datahub.selectors.batches import answers_for
from datahub.views.batches import AT_THE_DESK
from datahub.views.deliver import DELIVERERS
from datahub.views.downloads import attachment

READERS = (
    Role.INDEX_ANALYST, Role.LEADER, Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR,
    Role.MODEL_MANAGER, Role.TOWN_ADMIN, Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER, Role.AUDITOR,
)  # fmt: skip


@audience(*READERS)
@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """All departments with their items, or one department's."""
    code = request.GET.get("department", "")
    supply = request.GET.get("supply", "")
    departments = [d for d in list_departments() if code in ("", d.code)]
    shown = [i for i in list_items() if code in ("", i.department_code) and supply in ("", i.supply.value)]
    states = freshness.list_freshness(shown, timezone.localdate())
    qualities = quality.quality_of_items(shown)
    context = {
        "departments": catalogue.departments(departments, states, qualities),
        "unfolded": bool(code or supply),
        "summary": catalogue.summary(states),
        "supply_chips": catalogue.supply_chips(supply),
        "department_chips": catalogue.department_chips(code),
        "crumbs": [{"label": "数据目录"}],
    }
    return render(request, "datahub/items.html", context)


@audience(*READERS)
@require_safe
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item: its definition as reviewed, how fresh it is, how good its deliveries are."""
    found = item_or_404(code)
    state = freshness.list_freshness([found], timezone.localdate())[0]
    known = quality.quality_of_items([found]).get(code, quality.NOTHING)
    roles = request.user.roles  # type: ignore[union-attr]
    mine = bool(roles & frozenset(AT_THE_DESK)) and answers_for(request.user, found.department_code)
    context = {
        "item": found,
        "facts": catalogue.item_facts(found),
        "fields": catalogue.field_rows(found),
        "checks": [check.message for check in found.checks],
        "gap": found.gap if found.supply is Supply.NONE else None,
        "fresh": presenters.freshness_row(state),
        "parts": catalogue.part_rows(known.parts),
        "score": known.score,
        "trend": catalogue.trend(found, known),
        "deliveries": catalogue.delivery_rows(known, with_links=mine),
        "mine": mine,
        "may_deliver": mine and bool(roles & frozenset(DELIVERERS)),
        "crumbs": [{"label": "数据目录", "url": reverse("datahub:items")}, {"label": found.name}],
    }
    return render(request, "datahub/item.html", context)


@audience(*READERS)
@require_safe
def item_template(request: HttpRequest, code: str) -> FileResponse:
    """The header row as CSV, in UTF-8 with the mark that spreadsheets look for."""
    found = item_or_404(code)
    text = io.StringIO()
    csv.writer(text).writerow([catalogue.header_of(field) for field in found.fields])
    return attachment(io.BytesIO(text.getvalue().encode("utf-8-sig")), f"{found.name}-表头模板.csv")


@audience(*READERS)
@require_safe
def gap_list(request: HttpRequest) -> HttpResponse:
    found = gaps.list_gaps()
    context = {
        "gaps": found,
        "crumbs": [{"label": "数据目录", "url": reverse("datahub:items")}, {"label": "数据缺口"}],
    }
    return render(request, "datahub/gaps.html", context)


@audience(*READERS)
@require_safe
def late(request: HttpRequest) -> HttpResponse:
    """Every late item of the city, the longest first."""
    rows = freshness.list_late(None, timezone.localdate())
    context = {
        "rows": [presenters.freshness_row(one) for one in rows],
        "crumbs": [{"label": "数据目录", "url": reverse("datahub:items")}, {"label": "逾期未报"}],
    }
    return render(request, "datahub/late.html", context)


def item_or_404(code: str) -> ItemDefinition:
    try:
        return get_item(code)
    except KeyError:
        raise Http404 from None
