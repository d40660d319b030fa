"""One home page per audience."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import open_to_all


@open_to_all
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "home/public.html")
    return render(request, "home/signed_in.html")
