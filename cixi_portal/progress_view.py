"""How far a long piece of work is, for the script of ``components/progress.html``."""

from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone

from accounts.access import any_signed_in
from foundation import progress


@any_signed_in
def progress_state(request: HttpRequest, key: str) -> JsonResponse:
    """JSON of the work's state; 404 for everyone but its owner, unless it is shared."""
    work = progress.find_visible(key, request.user.pk)
    if work is None:
        raise Http404
    answer = JsonResponse(progress.as_dict(work, timezone.now()))
    answer["Cache-Control"] = "no-store"
    return answer
