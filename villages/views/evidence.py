"""Photos and voice notes: to the one who handed them in, to those who may review them, to nobody else."""

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import audience
from accounts.roles import Role
from foundation import files
from villages.access import residents_visible_to, taps_reviewable_by
from villages.models import Piece

READERS = (Role.VILLAGER, Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
KEPT_SECONDS = 3600


@audience(*READERS)
@require_GET
def piece(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture or sound itself."""
    found = _get(request, pk)
    return _answer(found.digest, found.mime)


@audience(*READERS)
@require_GET
def piece_small(request: HttpRequest, pk: int) -> HttpResponse:
    """A picture of at most 320 pixels."""
    found = _get(request, pk)
    return _answer(found.small_digest or found.digest, found.mime)


def _get(request: HttpRequest, pk: int) -> Piece:
    visible = Q(tap__in=taps_reviewable_by(request.user)) | Q(
        tap__resident__in=residents_visible_to(request.user, timezone.now())
    )
    found = Piece.objects.filter(visible, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _answer(digest: str, mime: str) -> HttpResponse:
    try:
        with files.store().open(digest) as handle:
            response = HttpResponse(handle.read(), content_type=mime)
    except files.UnableToReadFile as error:
        raise Http404 from error
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return response
