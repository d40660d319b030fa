"""Signing in and out."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import any_signed_in, open_to_all, sign_in_step
from accounts.demo.people import demo_people
from accounts.forms.sign_in import SignInForm
from accounts.lockout import locked_out
from accounts.models import User
from accounts.sign_in import Refusal, begin_session, end_session, try_sign_in

WRONG = "用户名或密码不正确，请核对后重新输入。"


@open_to_all
@sign_in_step
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(onward(request))
    form = SignInForm(request.POST or None, initial={"username": request.GET.get("as", "")})
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        result = try_sign_in(request, form.cleaned_data["username"], form.cleaned_data["password"], now)
        if isinstance(result, User):
            begin_session(request, result, now)
            return HttpResponseRedirect(onward(request))
        if result is Refusal.LOCKED:
            return locked_out(request)
        form.add_error(None, WRONG)
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "ended": "ended" in request.GET,
        "demo_people": demo_people() if settings.PORTAL_DEMO else [],
    }
    return render(request, "accounts/sign_in.html", context)


@any_signed_in
@sign_in_step
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    end_session(request)
    return redirect(settings.LOGIN_URL)


def onward(request: HttpRequest) -> str:
    """Where to go after sign-in: the page asked for, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)
