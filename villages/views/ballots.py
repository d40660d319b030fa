"""The ballot box of a vote: entered by one who counted, confirmed by the other."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

import audit
from accounts.access import audience
from accounts.roles import Role
from villages.access import villages_administered_by, villages_supervised_by
from villages.models import Activity, PaperCount, Resident, Tap
from villages.selectors.residents import list_people
from villages.services import paper_ballots
from villages.services.paper_ballots import UnableToEnterBallots

from .activities import people_of


@audience(Role.VILLAGE_ADMIN, Role.TOWN_ADMIN)
@require_http_methods(["GET", "POST"])
def ballots(request: HttpRequest, pk: int) -> HttpResponse:
    """What the box holds and who signed for a ballot; the second counter agrees or sends it back."""
    activity, box = _get(request, pk)
    if request.method == "POST" and "find" not in request.POST:
        try:
            _act(request, activity, box)
            return redirect("villages:activity_ballots", pk=pk)
        except UnableToEnterBallots as refusal:
            messages.error(request, str(refusal))
    may_enter = box is None and villages_administered_by(request.user).filter(pk=activity.village_id).exists()
    context: dict[str, Any] = {
        "village": activity.village, "activity": activity, "box": box, "may_enter": may_enter,
        "is_over": paper_ballots.is_over(activity, timezone.now()), "told": request.POST,
        "is_second": box is not None and box.second_id == request.user.pk,
    }  # fmt: skip
    if box is not None:
        counts = box.counts
        context["lines"] = [(c.text, counts.get(str(c.number), 0)) for c in activity.choices.all()]
        voters = Resident.objects.filter(pk__in=box.voter_ids).select_related("household")
        context["voters"] = voters.order_by("household__number", "pinyin")
    elif may_enter:
        done = Tap.objects.filter(activity=activity).exclude(state__in=("refused", "revoked"))
        chosen = {int(v) for v in request.POST.getlist("voter") if v.isdecimal()}
        context |= {
            "listed": list_people(people_of(activity), request.POST.get("q", "").strip(), chosen),
            "done": set(done.values_list("resident_id", flat=True)), "chosen": chosen,
            "choices": [(c, request.POST.get(f"choice_{c.number}", "")) for c in activity.choices.all()],
            "counters": paper_ballots.counters_for(activity, request.user),
            "returned": activity.paper_counts.filter(state=PaperCount.State.RETURNED).first(),
        }  # fmt: skip
    return render(request, "villages/ballots.html", context)


def _act(request: HttpRequest, activity: Activity, box: PaperCount | None) -> None:
    told = request.POST
    how: dict[str, Any] = {"now": timezone.now(), "origin": audit.origin_of(request)}
    if box is None:
        counts = {
            choice.number: _number(told.get(f"choice_{choice.number}", ""))
            for choice in activity.choices.all()
        }
        voters = {int(pk) for pk in told.getlist("voter") if pk.isdecimal()}
        paper_ballots.enter_count(
            activity, counts, _number(told.get("spoilt", "") or "0"), voters, _number(told.get("second", "")),
            request.user, **how,
        )  # fmt: skip
        messages.success(request, "已登记，待第二计票人确认后计入结果。")
    elif "confirm" in told:
        done = paper_ballots.confirm_count(box.pk, request.user, **how)
        messages.success(request, f"已计入 {done.votes} 票，{len(done.voter_ids)} 人的参加记录已登记。")
    else:
        paper_ballots.return_count(box.pk, request.user, told.get("note", ""), **how)
        messages.success(request, "已退回，请重新计票后登记。")


def _get(request: HttpRequest, pk: int) -> tuple[Activity, PaperCount | None]:
    """A vote of an own village, or for the town one whose box waits for the user. Raises Http404."""
    for_second = Q(village__in=villages_supervised_by(request.user), paper_counts__second=request.user.pk)
    found = (
        Activity.objects.select_related("village__agency")
        .filter(Q(village__in=villages_administered_by(request.user)) | for_second, pk=pk, mode="vote")
        .distinct()
        .first()
    )
    if found is None:
        raise Http404
    boxes = found.paper_counts.exclude(state=PaperCount.State.RETURNED)
    return found, boxes.select_related("entered_by", "second").first()


def _number(typed: str) -> int:
    """A count as typed; -1, which no check lets pass, for anything else."""
    return int(typed) if typed.strip().isdecimal() and len(typed) < 8 else -1
