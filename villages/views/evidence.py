"""Photos and voice notes: to the one who handed them in, to those who may review them, to nobody else."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import audience
from accounts.roles import Role
from foundation import files
from villages.access import pieces_visible_to
from villages.models import Piece

READERS = (Role.VILLAGER, Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
KEPT_SECONDS = 3600
_RANGE = re.compile(r"bytes=(?P<first>\d{0,12})-(?P<last>\d{0,12})")


@audience(*READERS)
@require_GET
def piece(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture or sound itself."""
    found = _get(request, pk)
    return _answer(request, found.digest, found.mime)


@audience(*READERS)
@require_GET
def piece_small(request: HttpRequest, pk: int) -> HttpResponse:
    """A picture of at most 320 pixels."""
    found = _get(request, pk)
    return _answer(request, found.small_digest or found.digest, found.mime)


def _get(request: HttpRequest, pk: int) -> Piece:
    found = pieces_visible_to(request.user, timezone.now()).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _answer(request: HttpRequest, digest: str, mime: str) -> HttpResponse:
    try:
        with files.store().open(digest) as handle:
            content = handle.read()
    except files.UnableToReadFile as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=mime)
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is not None:
        response = _part(content, mime, asked["first"], asked["last"])
    response["Accept-Ranges"] = "bytes"
    # A phone is often shared, a desk's computer is not: pages of evidence are gone through quickly there.
    is_villager = Role.VILLAGER in request.user.roles  # type: ignore[union-attr]
    response["Cache-Control"] = "private, no-store" if is_villager else f"private, max-age={KEPT_SECONDS}"
    return response


def _part(content: bytes, mime: str, first: str, last: str) -> HttpResponse:
    """The part asked for: some browsers play no sound of which they cannot ask a part."""
    size = len(content)
    if first:
        start, end = int(first), min(int(last or size - 1), size - 1)
    else:
        start, end = max(size - int(last or 0), 0), size - 1
    if start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    head = {"Content-Range": f"bytes {start}-{end}/{size}"}
    return HttpResponse(content[start : end + 1], status=206, content_type=mime, headers=head)
