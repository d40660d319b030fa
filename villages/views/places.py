"""What is printed and put up: codes of places, and the poster that tells villagers where to come in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.access import villages_administered_by
from villages.engine.geofence import Datum, Position
from villages.forms import PlaceForm
from villages.models import PlaceCode
from villages.services.activities import add_place_code, place_text
from villages.services.posters import note_posters

from .activities import svg_of
from .desk import own_village


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def places(request: HttpRequest) -> HttpResponse:
    """The village's places with their printed codes."""
    village = own_village(request)
    form = PlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        position = Position(told["latitude"], told["longitude"], Datum(told["datum"]))
        add_place_code(
            village,
            told["name"],
            position,
            told["radius_m"],
            now=timezone.now(),
            origin=audit.origin_of(request),
        )
        messages.success(request, "地点已登记，可以打印地点码。")
        return redirect("villages:places")
    context = {"village": village, "form": form, "found": village.place_codes.filter(is_active=True)}
    return render(request, "villages/places.html", context, status=400 if form.errors else 200)


@audience(Role.VILLAGE_ADMIN)
@require_GET
def place_print(request: HttpRequest, pk: int) -> HttpResponse:
    """A place's code on a sheet of paper."""
    place = PlaceCode.objects.filter(pk=pk, village__in=villages_administered_by(request.user)).first()
    if place is None:
        raise Http404
    return render(
        request,
        "villages/place_print.html",
        {"place": place, "village": place.village, "svg": svg_of(place_text(place))},
    )


@audience(Role.VILLAGE_ADMIN)
@require_http_methods(["GET", "POST"])
def poster(request: HttpRequest) -> HttpResponse:
    """A sheet for the wall: the address as a QR, how to come in, whom to ask; then a note that it is up."""
    village = own_village(request)
    if request.method == "POST":
        note_posters(village, request.user, now=timezone.now(), origin=audit.origin_of(request))
        messages.success(request, "已登记海报张贴。")
        return redirect("villages:desk")
    url = request.build_absolute_uri(reverse("villages:door"))
    context = {"village": village, "url": url, "svg": svg_of(url)}
    return render(request, "villages/poster.html", context)
