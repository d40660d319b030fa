"""What the pages of the index share: who may enter, what stands when nothing is computed yet."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.roles import Role
from index.dashboard import Board, NothingToShow, open_board
from index.selectors.panels import Reader, reader_of
from index.selectors.standing import Standing, find_standing
from index.state import read_state

READERS = (
    Role.INDEX_ANALYST,
    Role.LEADER,
    Role.DATA_CENTRE_OPERATOR,
    Role.MODEL_MANAGER,
    Role.TOWN_ADMIN,
    Role.BANK_OFFICER,
    Role.BANK_MANAGER,
)
GOVERNMENT = (
    Role.INDEX_ANALYST,
    Role.LEADER,
    Role.DATA_CENTRE_OPERATOR,
    Role.MODEL_MANAGER,
    Role.TOWN_ADMIN,
)
WRITERS = (Role.INDEX_ANALYST,)


def nothing_yet(request: HttpRequest) -> HttpResponse:
    return render(request, "index/nothing.html")


def standing_or_none() -> Standing | None:
    return find_standing()


def get_standing() -> Standing:
    standing = find_standing()
    if standing is None:
        raise Http404("尚无指数。")
    return standing


def board_of(request: HttpRequest) -> Board:
    """The board that the address asks for. Raises Http404 before the first day, PermissionDenied without a panel."""
    standing = get_standing()
    state = read_state(request.GET, len(standing.basket.dimensions))
    try:
        return open_board(standing, reader_of(request.user), state)
    except NothingToShow as error:
        raise PermissionDenied("当前没有您可以查看的指数序列。") from error


def reader_for(request: HttpRequest) -> Reader:
    return reader_of(request.user)


def crumbs(*steps: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"label": label, "url": url} for label, url in steps]
