"""The second step of sign-in: code, recovery code, enrolment."""

from base64 import b32encode
from io import BytesIO

import segno
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import audit
from accounts.access import any_signed_in, sign_in_step
from accounts.forms.sign_in import CodeForm, RecoveryForm
from accounts.models import User
from accounts.services.second_factor import (
    UnableToVerifyCode,
    confirm_device,
    pending_device,
    renew_recovery_codes,
    verify_code,
    verify_recovery_code,
)
from accounts.sign_in import has_device

from .sign_in import onward


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@any_signed_in
@sign_in_step
@never_cache
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if user.is_verified() or not has_device(user):  # type: ignore[attr-defined]
        return HttpResponseRedirect(onward(request))
    recovery = "recovery" in request.GET
    form = (RecoveryForm if recovery else CodeForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        verify = verify_recovery_code if recovery else verify_code
        try:
            verify(request, user, form.cleaned_data["code"])
        except UnableToVerifyCode as error:
            form.add_error("code", str(error))
        else:
            return HttpResponseRedirect(onward(request))
    context = {"form": form, "recovery": recovery, "next": request.GET.get("next", "")}
    return render(request, "accounts/second_step.html", context)


@any_signed_in
@sign_in_step
@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Bind an authenticator to an account that has none."""
    user = _user(request)
    if has_device(user):
        return redirect("accounts:me")
    device = pending_device(user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = confirm_device(request, user, device, form.cleaned_data["code"])
        except UnableToVerifyCode as error:
            form.add_error("code", str(error))
        else:
            return render(request, "accounts/recovery_codes.html", {"codes": codes})
    return render(request, "accounts/enrol.html", {"form": form, "secret": _spelled(device.seed)})


@any_signed_in
@sign_in_step
@never_cache
@require_GET
def enrol_code(request: HttpRequest) -> HttpResponse:
    """The QR code of the authenticator being bound, as a picture of its own."""
    user = _user(request)
    if has_device(user):
        raise Http404
    picture = segno.make(pending_device(user).config_url, error="m")
    drawn = BytesIO()
    picture.save(drawn, kind="svg", scale=5, border=2, dark="#1f2a2e", light="#fff")
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@any_signed_in
@never_cache
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New codes for the day the phone is lost: this answer is the only place that shows them."""
    user = _user(request)
    if not has_device(user):
        return redirect("accounts:enrol")
    codes = renew_recovery_codes(user, origin=audit.origin_of(request))
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


def _spelled(key: bytes) -> str:
    text = b32encode(key).decode().rstrip("=")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))
