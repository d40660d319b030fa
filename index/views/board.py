"""The dashboard, its exports, the public page."""

import io
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

import audit
from accounts.access import audience, open_to_all
from index import dashboard
from index.dashboard import Board, NothingToShow, open_board
from index.exports import citation, metadata, rows_of, write_csv
from index.selectors.panels import PUBLIC
from index.services.alerts import open_alerts
from index.state import State
from index.views.common import READERS, board_of, crumbs, nothing_yet, standing_or_none


@audience(*READERS)
@require_GET
def board_page(request: HttpRequest) -> HttpResponse:
    """One page for all readers; what it shows follows from who reads."""
    if standing_or_none() is None:
        return nothing_yet(request)
    board = board_of(request)
    return render(request, "index/board.html", board_context(board))


def board_context(board: Board) -> dict[str, Any]:
    """Every block of the dashboard."""
    state, home = board.state, reverse("sme_index:board")
    context = dashboard.headline_block(board) | dashboard.main_chart(board) | dashboard.chip_blocks(board)
    context |= dashboard.waterfall_block(board) | dashboard.town_blocks(board)
    context |= {
        "board": board,
        "card": board.card,
        "reader": board.reader,
        "state": state,
        "heat": dashboard.heat_block(board),
        "drill": dashboard.drill_block(board),
        "since": board.since,
        "until": board.until,
        "notes": dashboard.annotations_of(board),
        "permalink": home + state.query(panel=board.card.code),
        "query": state.query(panel=board.card.code),
        "citation": citation(board),
        "may_list": board.reader.may_list(board.card.town) and board.card.universe == "sme",
        "firms_query": _firms_query(board),
        "crumbs": _crumbs(board),
        "alerts": _alerts(board),
        "composition": float(board.series.composition[-1]),
    }
    return context


def _alerts(board: Board) -> list[Any]:
    if not board.reader.alerts:
        return []
    shown = [card for card in board.panels.by_code.values() if board.reader.may_see(card)]
    names = {card.number: card.name for card in shown}
    found = open_alerts(shown, board.standing)[:5]
    for alert in found:
        alert.panel_name = names[alert.panel_id]  # type: ignore[attr-defined]
        alert.dimension_name = board.dimension_names[alert.dimension]  # type: ignore[attr-defined]
    return found


def _firms_query(board: Board) -> str:
    parts = [
        f"{name}={value}" for name in ("town", "section", "size") if (value := getattr(board.card, name))
    ]
    return "?" + "&".join(parts) if parts else ""


def _crumbs(board: Board) -> list[dict[str, Any]]:
    home, card, state = reverse("sme_index:board"), board.card, State(dimension=board.state.dimension)
    steps = [("金融指数", home)]
    if card.town and (card.section or card.size):
        above = [f"{card.universe}/town={card.town}"]
        if card.section and card.size:
            above.append(f"{above[0]}/section={card.section}")
        for code in above:
            wider = board.panels.find(code)
            if wider is not None and board.reader.may_see(wider):
                steps.append((wider.name, home + state.query(panel=wider.code)))
    return crumbs(*steps, (card.name, ""))


@audience(*READERS)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Everything the main chart shows, without a limit: csv, xlsx, or its metadata as JSON."""
    board = board_of(request)
    with audit.action(
        "index.series.exported",
        origin=audit.origin_of(request),
        target=f"panel:{board.card.code}",
        detail={"kind": kind},
    ):
        pass
    return exported(board, kind)


def exported(board: Board, kind: str) -> HttpResponse:
    name = f"{board.card.code.replace('/', '_').replace('=', '-')}_{board.until.isoformat()}"
    if kind == "json":
        response = HttpResponse(metadata(board), content_type="application/json; charset=utf-8")
    elif kind == "xlsx":
        response = HttpResponse(
            _workbook(board), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
    else:
        response = HttpResponse(write_csv(board), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _workbook(board: Board) -> bytes:
    heads, rows = rows_of(board)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("序列")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 12)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
        for place, row in enumerate(rows, 1):
            sheet.write_datetime(place, 0, row[0], day)
            for column, value in enumerate(row[1:], 1):
                if isinstance(value, str):
                    sheet.write_string(place, column, value)
                elif value is not None:
                    sheet.write_number(place, column, value)
        notes = book.add_worksheet("说明")
        notes.set_column(0, 0, 90)
        for place, line in enumerate(citation(board).splitlines()):
            notes.write_string(place, 0, line)
    return buffer.getvalue()


@open_to_all
@require_GET
def public_page(request: HttpRequest) -> HttpResponse:
    """The reduced page for everybody: total and dimensions of the city, values only."""
    standing = standing_or_none()
    if standing is None:
        return nothing_yet(request)
    state = State(
        panel="sme",
        dimension=min(int(request.GET.get("dim", "0")), 5) if request.GET.get("dim", "0").isdigit() else 0,
    )
    try:
        board = open_board(standing, PUBLIC, state)
    except NothingToShow:
        return nothing_yet(request)
    context = dashboard.headline_block(board) | dashboard.main_chart(board) | dashboard.chip_blocks(board)
    return render(
        request,
        "index/public.html",
        context | {"board": board, "card": board.card, "citation": citation(board)},
    )
