"""One's own account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django_otp.plugins.otp_static.models import StaticToken

from accounts.access import any_signed_in
from accounts.models import User
from accounts.sign_in import has_device


@any_signed_in
@never_cache
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    left = StaticToken.objects.filter(device__user=user).count()
    context = {"person": user, "enrolled": has_device(user), "recovery_codes_left": left}
    return render(request, "accounts/me.html", context)
