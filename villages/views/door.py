"""The villagers' door: phone and code, binding QR, purpose and consent."""

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import open_to_all
from accounts.roles import Role
from accounts.sign_in import begin_session, end_session
from foundation.addresses import client_address
from villages.forms import CodeForm, PhoneForm
from villages.middleware import COOKIE
from villages.models import Resident, SimulatedMessage
from villages.selectors.consents import consents_of, purpose
from villages.services import sign_in as coming_in
from villages.services.consents import UnableToAgree, record_consents
from villages.services.sign_in import UnableToSignIn
from villages.services.sms import UnableToSendMessage

from .villager import ACTING_FOR, villager_step

WHO = "village_who"
WHO_SECONDS = 300
STARTS = (
    (Role.VILLAGE_ADMIN, "villages:desk"),
    (Role.TOWN_ADMIN, "villages:town"),
    (Role.SHOP_KEEPER, "villages:till"),
    (Role.VILLAGER, "villages:my"),
)


@open_to_all
@never_cache
@require_http_methods(["GET", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Signed in: the own home. Otherwise the first step of a villager's sign-in."""
    user: Any = request.user
    if user.is_authenticated:
        for role, name in STARTS:
            if role in user.roles:
                return redirect(name)
        return redirect("home")
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            coming_in.send_code(phone, address=client_address(request), now=timezone.now())
        except (UnableToSignIn, UnableToSendMessage) as refusal:
            form.add_error("phone", str(refusal))
        else:
            context = {"form": CodeForm(initial={"phone": phone}), "phone": phone, "next": _next(request)}
            return render(request, "villages/door_code.html", context | _demo())
    return render(request, "villages/door.html", {"form": form, "next": _next(request)} | _demo())


@open_to_all
@never_cache
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Second step: the code. A phone shared in a family asks who is there."""
    if request.method != "POST" or request.user.is_authenticated:
        return door(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            now = timezone.now()
            residents = coming_in.check_code(form.cleaned_data["phone"], form.cleaned_data["code"], now=now)
        except UnableToSignIn as refusal:
            form.add_error("code", str(refusal))
        else:
            if len(residents) == 1:
                return _come_in(request, residents[0])
            request.session[WHO] = {"ids": [r.pk for r in residents], "until": time.time() + WHO_SECONDS}
            return render(request, "villages/door_who.html", {"residents": residents, "next": _next(request)})
    context = {"form": form, "phone": request.POST.get("phone", ""), "next": _next(request)}
    return render(request, "villages/door_code.html", context | _demo())


@open_to_all
@require_http_methods(["GET", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """Third step on a shared phone: which of its residents."""
    if request.method != "POST":
        return door(request)
    told = request.session.get(WHO) or {"ids": [], "until": 0}
    chosen = request.POST.get("resident", "")
    if (
        request.method == "GET"
        or time.time() > told["until"]
        or not chosen.isdecimal()
        or int(chosen) not in told["ids"]
    ):
        return redirect("villages:door")
    del request.session[WHO]
    resident = (
        Resident.objects.select_related("village__agency", "user")
        .filter(pk=int(chosen), status="active")
        .first()
    )
    return _come_in(request, resident) if resident else redirect("villages:door")


@open_to_all
@never_cache
@require_http_methods(["GET", "POST"])
def bind(request: HttpRequest, token: str) -> HttpResponse:
    """A binding QR was scanned: shows whose it is, and binds on confirmation (a preview must not use it up)."""
    now = timezone.now()
    ticket = coming_in.find_ticket(token, now=now)
    if request.method == "POST" and ticket is not None:
        try:
            resident = coming_in.use_ticket(token, now=now)
        except UnableToSignIn:
            ticket = None
        else:
            if request.user.is_authenticated:
                end_session(request)
            return _come_in(request, resident)
    status = 200 if ticket else 410
    return render(request, "villages/bind.html", {"ticket": ticket}, status=status)


@villager_step
@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """What the data are for, and what the villager agrees to."""
    villager = request.villager  # type: ignore[attr-defined]
    error = ""
    if request.method == "POST":
        try:
            record_consents(
                villager.resident, request.POST.getlist("consent"), request.user, now=timezone.now(),
                origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, "已保存您的选择。")
            return redirect("villages:my")
        except UnableToAgree as refusal:
            error = str(refusal)
    context = {
        "purpose": purpose(),
        "given": consents_of(villager.resident),
        "error": error,
        "villager": villager,
    }
    return render(request, "villages/welcome.html", context)


@villager_step
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out on this phone: the device is forgotten too."""
    device = request.session.get("village_device")
    if device:
        coming_in.forget_device(request.villager.own, device, now=timezone.now())  # type: ignore[attr-defined]
    request.session.pop(ACTING_FOR, None)
    end_session(request)
    response = redirect("villages:door")
    response.delete_cookie(COOKIE)
    # A phone is often shared: what the browser kept of pages and pictures goes too.
    response["Clear-Site-Data"] = '"cache"'
    return response


@open_to_all
@never_cache
@require_GET
def demo_messages(request: HttpRequest) -> HttpResponse:
    """The demonstration's text messages, as phones would show them."""
    if not settings.PORTAL_DEMO:
        raise Http404
    found = SimulatedMessage.objects.all()[:20]
    return render(request, "villages/demo_messages.html", {"found": found})


def _come_in(request: HttpRequest, resident: Resident) -> HttpResponse:
    """Open the session, remember the device, go on to where the villager wanted to be."""
    now = timezone.now()
    onward = _next(request) or reverse("villages:my")
    user = coming_in.user_of(resident)
    begin_session(request, user, now)
    opened = coming_in.remember_device(resident, _label(request), now=now)
    request.session["village_device"] = opened.device.pk
    response = redirect(onward)
    response.set_cookie(
        COOKIE, opened.token, max_age=int(coming_in.DEVICE_LIFE.total_seconds()), httponly=True, samesite="Lax",
        secure=request.is_secure(),
    )  # fmt: skip
    return response


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else ""


def _label(request: HttpRequest) -> str:
    """A name the villager recognises in the list of devices."""
    agent = request.headers.get("User-Agent", "")
    for mark, name in (
        ("MicroMessenger", "微信"), ("iPhone", "苹果手机"), ("iPad", "苹果平板"), ("HarmonyOS", "鸿蒙手机"),
        ("Android", "安卓手机"), ("Windows", "Windows 电脑"), ("Macintosh", "苹果电脑"),
    ):  # fmt: skip
        if mark in agent:
            return name
    return "浏览器"


def _demo() -> dict[str, Any]:
    """In a demonstration the page says which phones exist and where the messages are."""
    if not settings.PORTAL_DEMO:
        return {}
    demo = Resident.objects.filter(user__username="villager").first()
    return {"demo_phone": demo.phone if demo else "", "demo_messages": True}
