"""Changing one's own password."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

import audit
from accounts.access import any_signed_in, sign_in_step
from accounts.forms.sign_in import PasswordChangeForm
from accounts.models import User
from accounts.services.passwords import UnableToChangePassword, change_password
from accounts.sign_in import Step, end_session, is_password_due, pending_step

WRONG_CURRENT = "wrong_current_passwords"


@any_signed_in
@sign_in_step
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    user, now = request.user, timezone.now()
    assert isinstance(user, User)
    if pending_step(request, now) is Step.SECOND_FACTOR:
        return redirect("accounts:second_step")
    form = PasswordChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            current, new = form.cleaned_data["current"], form.cleaned_data["new"]
            change_password(user, current, new, now=now, origin=audit.origin_of(request))
        except UnableToChangePassword as error:
            if error.field == "current" and _guessed_too_often(request):
                end_session(request)
                return redirect("accounts:sign_in")
            for reason in error.reasons:
                form.add_error(error.field, reason)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "密码已修改，您在其他设备上的登录已全部退出。")
            return redirect("home")
    context = {"form": form, "rules": password_validators_help_texts(), "due": is_password_due(user, now)}
    return render(request, "accounts/password_change.html", context)


def _guessed_too_often(request: HttpRequest) -> bool:
    """Count wrong current passwords: a session left open is no place to guess the password."""
    request.session[WRONG_CURRENT] = request.session.get(WRONG_CURRENT, 0) + 1
    return bool(request.session[WRONG_CURRENT] >= settings.AXES_FAILURE_LIMIT)
