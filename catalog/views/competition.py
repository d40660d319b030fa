"""The competition as pages: announcement and results, teams, entries, judging, and its desk."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

import audit
from accounts.access import any_signed_in, audience, open_to_all
from accounts.models import User
from accounts.roles import Role
from catalog.forms_rules import EntryForm, TeamForm
from catalog.models import Competition, Entry, Interest, ScoreSheet, Team
from catalog.opening_words import Stage
from catalog.services import competition as services

COMPETITORS = (Role.OUTSIDE_APPLICANT, Role.BANK_MANAGER, Role.ENTERPRISE_REP)


@open_to_all
@require_GET
def public_page(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """Tracks, stage, data, and once decided the ranking."""
    competition = _competition(year)
    if competition is None:
        if year is not None:
            raise Http404
        return render(request, "catalog/competition/none.html")
    user = _me(request)
    closed = competition.stage == Stage.CLOSED
    own = (
        competition.teams.filter(agency=user.agency_id).select_related("track").prefetch_related("datasets")
        if user.is_authenticated and user.agency_id
        else ()
    )
    entries = Entry.objects.filter(team__competition=competition).select_related(
        "team__track", "team__agency"
    )
    context = {
        "competition": competition, "tracks": competition.tracks.all(), "closed": closed,
        "entries": entries.prefetch_related("datasets") if closed else (), "own_teams": own,
        "stages": [{"label": s.label, "now": s.value == competition.stage} for s in Stage if s != Stage.PREPARING],
        "may_enter": user.is_authenticated and competition.stage == Stage.REGISTRATION
        and bool(user.roles & frozenset(COMPETITORS)),
        "is_judge": user.is_authenticated and competition.judges.filter(pk=user.pk).exists(),
        "years": _years(), "team_count": competition.teams.filter(accepted_at__isnull=False).count(),
    }  # fmt: skip
    return render(request, "catalog/competition/public.html", context)


@audience(*COMPETITORS)
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a team."""
    competition = _competition(None)
    if competition is None:
        raise Http404
    form = TeamForm(request.POST or None, competition=competition)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            services.enter_team(
                _me(request), told["track"], name=told["name"], members=told["members"], datasets=told["datasets"],
                now=timezone.now(), origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, "报名已提交，待组委会确认。")
            return redirect("catalog:competition")
        except services.UnableToCompete as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {"competition": competition, "form": form, "title": "报名参赛", "button": "提交报名"}
    return render(request, "catalog/competition/form.html", context, status=400 if form.errors else 200)


@audience(*COMPETITORS)
@require_http_methods(["GET", "POST"])
def entry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in a team's entry."""
    user = _me(request)
    team = Team.objects.select_related("competition").filter(pk=pk, agency=user.agency_id).first()
    if team is None:
        raise Http404
    entry = Entry.objects.filter(team=team).first()
    initial = (
        {"title": entry.title, "about": entry.about, "url": entry.url, "products": "\n".join(entry.products),
         "datasets": entry.datasets.all()}
        if entry
        else {"datasets": team.datasets.all()}
    )  # fmt: skip
    form = EntryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            services.submit_entry(
                user, team, title=told["title"], about=told["about"], url=told["url"],
                products=told["products"].splitlines(), datasets=told["datasets"], now=timezone.now(),
                origin=audit.origin_of(request),
            )  # fmt: skip
            messages.success(request, "作品已提交，评审前可修改。")
            return redirect("catalog:competition")
        except services.UnableToCompete as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {
        "competition": team.competition,
        "form": form,
        "title": f"提交作品：{team.name}",
        "button": "提交作品",
    }
    return render(request, "catalog/competition/form.html", context, status=400 if form.errors else 200)


@any_signed_in
@require_http_methods(["GET", "POST"])
def judging(request: HttpRequest) -> HttpResponse:
    """A judge's entries: first the declaration, then the sheet. Only the named judges come in."""
    user = _me(request)
    competition = _judged_by(user)
    if competition is None:
        raise Http404
    if request.method == "POST":
        _judge(request, competition)
        return redirect("catalog:competition_judging")
    entries = Entry.objects.filter(team__competition=competition).select_related(
        "team__track", "team__agency"
    )
    interests = {i.entry_id: i for i in Interest.objects.filter(judge=user, entry__in=entries)}
    sheets = {s.entry_id: s for s in ScoreSheet.objects.filter(judge=user, entry__in=entries)}
    rows = [
        {
            "entry": e, "interest": interests.get(e.pk), "sheet": sheets.get(e.pk),
            "criteria": [
                {**c, "given": sheets[e.pk].points.get(c["code"], "") if e.pk in sheets else ""}
                for c in competition.criteria
            ],
        }
        for e in entries.prefetch_related("datasets")
    ]  # fmt: skip
    context = {"competition": competition, "rows": rows, "judging": competition.stage == Stage.JUDGING}
    return render(request, "catalog/competition/judging.html", context)


def _judge(request: HttpRequest, competition: Competition) -> None:
    entry = Entry.objects.filter(team__competition=competition, pk=request.POST.get("entry") or 0).first()
    if entry is None:
        raise Http404
    told: dict[str, Any] = {"now": timezone.now(), "origin": audit.origin_of(request)}
    user = _me(request)
    try:
        if request.POST.get("action") == "declare":
            has_interest = request.POST.get("has_interest") == "1"
            services.declare_interest(
                user, entry, has_interest=has_interest, text=request.POST.get("text", ""), **told
            )
        else:
            services.score(user, entry, request.POST, request.POST.get("remark", ""), **told)
        messages.success(request, "已保存。")
    except services.UnableToCompete as refusal:
        messages.error(request, str(refusal))


@audience(Role.DATA_CENTRE_OPERATOR)
@require_http_methods(["GET", "POST"])
def desk_page(request: HttpRequest) -> HttpResponse:
    """The organisers' page: next stage, teams to accept, judges to name."""
    competition = _competition(None, everything=True)
    if request.method == "POST":
        _organise(request, competition)
        return redirect("catalog:competition_desk")
    context: dict[str, Any] = {"competition": competition, "year": timezone.localdate().year}
    if competition is not None:
        after = services.NEXT.get(Stage(competition.stage))
        context |= {
            "teams": competition.teams.select_related("track", "agency", "leader").prefetch_related("datasets"),
            "judges": competition.judges.select_related("agency"), "after": after.label if after else "",
            "entries": Entry.objects.filter(team__competition=competition).select_related("team__track")
            .annotate(sheet_count=Count("sheets", distinct=True)),
            "fewest": services.FEWEST_SHEETS,
        }  # fmt: skip
    return render(request, "catalog/competition/desk.html", context)


def _organise(request: HttpRequest, competition: Competition | None) -> None:
    told: dict[str, Any] = {"now": timezone.now(), "origin": audit.origin_of(request)}
    user = _me(request)
    action = request.POST.get("action", "")
    try:
        if action == "start":
            _start(request, user, told)
        elif competition is None:
            raise Http404
        elif action == "advance":
            services.advance(user, competition, **told)
        elif action == "accept":
            team = competition.teams.filter(pk=request.POST.get("team") or 0).first()
            if team is None:
                raise Http404
            services.accept_team(user, team, **told)
        elif action == "judge":
            judge = User.objects.filter(username=request.POST.get("username", ""), is_active=True).first()
            if judge is None:
                raise services.UnableToCompete("没有这个用户名。")
            services.name_judge(user, competition, judge, origin=told["origin"])
        else:
            raise Http404
        messages.success(request, "已保存。")
    except services.UnableToCompete as refusal:
        messages.error(request, str(refusal))


def _start(request: HttpRequest, user: Any, told: dict[str, Any]) -> None:
    """One track a line: code, name and description separated by blanks."""
    from django.utils.dateparse import parse_date

    lines = [line.split(None, 2) for line in request.POST.get("tracks", "").splitlines() if line.strip()]
    tracks = [(p[0], p[1], p[2] if len(p) > 2 else "") for p in lines if len(p) > 1]
    begins, ends = (parse_date(request.POST.get(name, "")) for name in ("data_from", "data_to"))
    if begins is None or ends is None or not request.POST.get("year", "").isdigit():
        raise services.UnableToCompete("请填写年度与数据开放期间。")
    services.start_competition(
        user, year=int(request.POST["year"]), title=request.POST.get("title", ""), about=request.POST.get("about", ""),
        tracks=tracks, data_from=begins, data_to=ends, **told,
    )  # fmt: skip


def _competition(year: int | None, *, everything: bool = False) -> Competition | None:
    found = Competition.objects.all() if everything else Competition.objects.exclude(stage=Stage.PREPARING)
    return found.filter(year=year).first() if year is not None else found.first()


def _judged_by(user: Any) -> Competition | None:
    """The competition that waits for a judge's scores, else the newest they judged."""
    named = list(Competition.objects.filter(judges=user.pk))
    return next((c for c in named if c.stage == Stage.JUDGING), named[0] if named else None)


def _years() -> list[int]:
    return list(Competition.objects.exclude(stage=Stage.PREPARING).values_list("year", flat=True))


def _me(request: HttpRequest) -> Any:
    """Who asks; the services say what they may."""
    return request.user
