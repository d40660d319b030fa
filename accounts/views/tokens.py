"""API tokens of the own agency."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

import audit
from accounts.access import audience
from accounts.forms.officers import TokenForm
from accounts.roles import Role
from accounts.selectors import tokens_of_agency
from accounts.services.tokens import (
    UnableToIssueToken,
    UnableToRevokeToken,
    issue_token,
    revoke_token,
    scopes_open_to,
)

from .common import actor


@audience(Role.BANK_MANAGER, Role.DATA_STEWARD)
@never_cache
@require_http_methods(["GET", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """The agency's tokens and the form for another one, whose secret is shown in the answer alone."""
    user, now = actor(request), timezone.now()
    form = TokenForm(request.POST or None, open_scopes=scopes_open_to(user))
    secret = issued = None
    if request.method == "POST" and form.is_valid():
        try:
            issued, secret = issue_token(user, **form.cleaned_data, now=now, origin=audit.origin_of(request))
            form = TokenForm(open_scopes=scopes_open_to(user))
        except UnableToIssueToken as error:
            form.add_error(error.field, str(error))
    tokens = [{"token": token, "live": token.is_live(now)} for token in tokens_of_agency(user)]
    context = {"form": form, "tokens": tokens, "issued": issued, "secret": secret}
    return render(request, "accounts/token_list.html", context)


@audience(Role.BANK_MANAGER, Role.DATA_STEWARD)
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor(request)
    token = get_object_or_404(tokens_of_agency(user), pk=pk)
    try:
        revoke_token(user, token, now=timezone.now(), origin=audit.origin_of(request))
    except UnableToRevokeToken as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"令牌“{token.name}”已停用。")
    return redirect("accounts:tokens")
