"""The scorecard explained, the runs and the button that starts one, the city at a glance."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

import audit
from accounts.access import any_signed_in, audience
from accounts.roles import Role
from credit.contracts import FORCE_NAMES
from credit.models import ScoreRun
from credit.selectors.city import city_view
from credit.selectors.scores import run_progress
from credit.services.releases import NoCurrentRelease, current_release, model_of
from credit.services.runs import UnableToStartRun, plan_full_run
from credit.tasks import enqueue
from datahub.public import get_item
from foundation import charts

RUNNERS = (Role.MODEL_MANAGER, Role.DATA_CENTRE_OPERATOR)


@any_signed_in
@require_GET
def scorecard_page(request: HttpRequest) -> HttpResponse:
    """评分说明: generated from the card in force, so it cannot differ from what is computed."""
    try:
        release = current_release()
    except NoCurrentRelease as error:
        raise Http404(str(error)) from error
    model = model_of(release)
    card = model.card
    forces = [
        {"force": force, "name": FORCE_NAMES[force.code],
         "leaves": [_leaf_row(card.leaves[place], force.weight) for place in card.leaves_of[force.code]]}
        for force in card.forces
    ]  # fmt: skip
    context = {
        "release": release, "card": card, "forces": forces, "leaf_count": len(card.leaves),
        "fitted_on": model.reference.fitted_on, "words": list(model.reference.words.items()),
    }  # fmt: skip
    return render(request, "credit/scorecard.html", context)


def _leaf_row(leaf: Any, force_weight: float) -> dict[str, Any]:
    codes = list(dict.fromkeys(code.split("@")[0] for code in leaf.items))
    return {
        "leaf": leaf, "effective": leaf.weight * force_weight,
        "items": "、".join(get_item(code).name for code in codes) or "登记信息",
    }  # fmt: skip


@audience(*RUNNERS)
@require_GET
def runs_page(request: HttpRequest) -> HttpResponse:
    runs = ScoreRun.objects.select_related("release", "requested_by")[:50]
    latest = runs[0] if runs else None
    context = {"runs": runs, "progress": run_progress(latest.pk) if latest else None}
    return render(request, "credit/runs.html", context)


@audience(*RUNNERS)
@require_GET
def run_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of the runs page; reloading the page goes on where the run is."""
    try:
        return render(request, "credit/_run.html", {"progress": run_progress(pk)})
    except ScoreRun.DoesNotExist as error:
        raise Http404 from error


@audience(*RUNNERS)
@require_POST
def start_run(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    try:
        plan = plan_full_run(
            as_of=timezone.localdate(now),
            origin=audit.origin_of(request),
            now=now,
            requested_by=request.user.pk,
        )
        enqueue(plan)
        messages.success(request, "全量重算已开始，进度如下，可离开本页。")
    except (UnableToStartRun, NoCurrentRelease) as refusal:
        messages.error(request, str(refusal))
    return redirect("credit:runs")


@audience(Role.LEADER, Role.INDEX_ANALYST, *RUNNERS)
@require_GET
def city_page(request: HttpRequest) -> HttpResponse:
    view = city_view()
    run = ScoreRun.objects.select_related("release").first()
    context: dict[str, Any] = {"view": view}
    if run is not None and view.total:
        context["caption"] = charts.ChartCaption("全市企业评分", run.as_of, f"评分卡 {run.release.version}")
        context["grades"] = charts.bars(
            [letter for letter, _ in view.grades],
            [charts.Series("企业", [n for _, n in view.grades])],
            unit="家",
        )
    return render(request, "credit/city.html", context)
