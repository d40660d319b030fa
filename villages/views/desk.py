"""The village administrator's home and what a cadre declares about himself."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.access import get_own_village, villages_administered_by
from villages.models import Resident, Tie, Village
from villages.selectors.desk import read_desk
from villages.services.ties import UnableToDeclare, declare_tie, withdraw_tie

CHOSEN = "village_code"


def own_village(request: HttpRequest) -> Village:
    """The village the administrator works for now; ``?village=`` changes it for the session."""
    asked = request.GET.get("village", "")
    village = get_own_village(request.user, asked or request.session.get(CHOSEN, ""))
    if asked and village.code == asked:
        request.session[CHOSEN] = asked
    return village


@audience(Role.VILLAGE_ADMIN)
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, in one screen."""
    village = own_village(request)
    context: dict[str, Any] = {
        "village": village, "desk": read_desk(village, request.user, now=timezone.now()),
        "villages": villages_administered_by(request.user),
    }  # fmt: skip
    return render(request, "villages/desk.html", context)


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@require_http_methods(["GET", "POST"])
def ties(request: HttpRequest) -> HttpResponse:
    """Self and relatives: whose matters this cadre may not decide."""
    user: Any = request.user
    village = own_village(request) if Role.VILLAGE_ADMIN in user.roles else None
    found = Resident.objects.none()
    words = request.GET.get("q", "").strip()
    if village is not None and words:
        from villages.selectors.residents import find_residents

        found = find_residents(village, words)[:10]
    if request.method == "POST":
        now, origin = timezone.now(), audit.origin_of(request)
        try:
            told = request.POST
            if tie := told.get("withdraw", ""):
                withdraw_tie(user, int(tie) if tie.isdecimal() else 0, now=now, origin=origin)
            else:
                chosen = told.get("resident", "")
                wanted = int(chosen) if chosen.isdecimal() else 0
                declare_tie(user, wanted, told.get("relation", ""), now=now, origin=origin)
            messages.success(request, "已保存申报。")
        except UnableToDeclare as refusal:
            messages.error(request, str(refusal))
        return redirect("villages:ties")
    context = {
        "village": village, "ties": user.village_ties.select_related("resident__village"), "found": found, "words": words,
        "relations": Tie.Relation.choices,
    }  # fmt: skip
    return render(request, "villages/ties.html", context)
