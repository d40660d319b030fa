"""What a phone keeps to open without network: one page that is the same for everybody, and its worker."""

import hashlib
import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import open_to_all

# Everything the offline page loads, imports of imports included.
ASSETS = (
    "css/tokens.css", "villages/mobile.css", "img/seal.svg", "js/portal/switches.js", "villages/mobile.js",
    "villages/outbox.js", "villages/ids.js", "villages/who.js", "villages/told.js", "villages/offline.js",
    "villages/scan.js", "villages/reader.js", "villages/place.js", "vendor/jsqr-1.4.0/jsQR.min.js",
)  # fmt: skip


@open_to_all
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """The page shown for any other without network. Told without cookies, so nothing of anybody is in it."""
    return render(request, "villages/offline.html")


@open_to_all
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of the villager's pages; its text changes when anything it keeps does."""
    assets = [static(path) for path in ASSETS]
    page = render_to_string("villages/offline.html")
    version = hashlib.sha256((page + "".join(assets)).encode()).hexdigest()[:12]
    context = {
        "version": version, "offline": reverse("villages:my_offline"), "assets": json.dumps(assets),
    }  # fmt: skip
    answer = render(request, "villages/worker.js", context, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer
