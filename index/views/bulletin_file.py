"""A bulletin as a PDF file."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

import audit
from accounts.access import audience
from index.bulletin_pdf import Sheet, write_pdf
from index.models import Bulletin, BulletinState
from index.selectors.standing import Standing
from index.state import State
from index.views.bulletins import BY_NAMES, find_bulletin, largest_parts, last_year, told
from index.views.common import GOVERNMENT, get_standing


@audience(*GOVERNMENT)
@require_GET
def bulletin_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The A4 file; who took it away is logged."""
    standing = get_standing()
    one = find_bulletin(pk, standing, request)
    body = write_pdf(sheet_of(one, standing, request))
    with audit.action(
        "index.series.exported",
        origin=audit.origin_of(request),
        target=f"bulletin:{one.pk}",
        detail={"kind": "pdf"},
    ):
        pass
    response = HttpResponse(body, content_type="application/pdf")
    name = f"bulletin_{one.pk}_{one.until.isoformat()}"
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def sheet_of(one: Bulletin, standing: Standing, request: HttpRequest) -> Sheet:
    """What the file says, from the figures that were kept when the bulletin was written."""
    board = State(panel=one.panel_code, since=one.since, until=one.until)
    parts: dict[str, Any] = one.facts.get("parts", {})
    return Sheet(
        number=one.pk,
        title=one.title,
        since=one.since,
        until=one.until,
        paragraphs=one.text.split("\n"),
        comment=one.comment,
        facts=one.facts,
        dimensions=told(one, "dimension"),
        line=last_year(one, standing),
        movers=[(BY_NAMES.get(by, by), largest_parts(told(one, by))) for by in parts if by != "dimension"],
        drafted=_by_whom(one.author, one.created_at),
        signed=_by_whom(one.signed_by, one.signed_at) if one.signed_by else "待签发",
        is_signed=one.state == BulletinState.SIGNED,
        known_at=_minute(one.run.realtime),
        permalink=request.build_absolute_uri(reverse("sme_index:bulletin", args=[one.pk])),
        board_link=request.build_absolute_uri(reverse("sme_index:board") + board.query()),
    )


def _by_whom(user: Any, at: Any) -> str:
    return f"{user.full_name or user.username}（{_minute(at)}）"


def _minute(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
