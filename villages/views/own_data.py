"""A villager takes the own data home."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

import audit
from villages.selectors.own_data import Sheet, own_data

from .villager import villager_step

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@villager_step
@never_cache
@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """All that is kept about the signed-in villager, as XLSX. Whoever acts for somebody else gets the own data."""
    villager, now = request.villager, timezone.now()  # type: ignore[attr-defined]
    person = villager.own
    origin = audit.origin_of(request)
    audit.record("villages.own_data.exported", origin=origin, target=f"resident:{person.pk}")
    response = HttpResponse(as_workbook(own_data(person, now)), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="my-data-{timezone.localdate(now)}.xlsx"'
    return response


def as_workbook(sheets: list[Sheet]) -> bytes:
    """One worksheet a table; texts stay texts, so that nothing is read as a formula."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "bottom": 1})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title)
        page.write_row(0, 0, sheet.heads, bold)
        for number, row in enumerate(sheet.rows, 1):
            page.write_row(number, 0, [_cell(value) for value in row])
        page.set_column(0, len(sheet.heads) - 1, 16)
        page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
