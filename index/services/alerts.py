"""Alerts: signals of the latest days become episodes with their evidence; people acknowledge, assign and close.

A season is fitted on days before the quarter only, so no finding depends on later days, and a repetition on the
same values finds the same episodes.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

import audit
from accounts import inbox
from accounts.models import User
from accounts.roles import Role
from index.contracts import PanelKind
from index.engine.alerts import AlertState as EngineState
from index.engine.episodes import Episode, Signal, episodes_of, signals_of
from index.models import Alert, AlertEvent, AlertState
from index.registry import MAIN
from index.selectors.cube import decompose
from index.selectors.panels import PanelCard, Panels
from index.selectors.series import SeriesData, load_series
from index.selectors.standing import Standing
from index.services.freshness import PERIODIC
from index.transforms import on_days

PARTS_WATCHED = ("risk",)
WATCHED = (PanelKind.UNIVERSE, PanelKind.TOWN, PanelKind.SECTION, PanelKind.SIZE)
LOOK_BACK = 60
EVIDENCE_DAYS = 35
TOP_PARTS = 5
STATES = {
    EngineState.NORMAL: AlertState.CLOSED, EngineState.PENDING: AlertState.PENDING,
    EngineState.ALERTING: AlertState.ALERTING, EngineState.RECOVERING: AlertState.RECOVERING,
    EngineState.NO_DATA: AlertState.NO_DATA,
}  # fmt: skip
AUTOMATIC = "指标回到常态，自动关闭"


class UnableToChangeAlert(ValueError):
    """The alert's state does not allow it; the text says why."""


def evaluate_alerts(standing: Standing, *, now: datetime, whole_history: bool = False) -> int:
    """Bring alerts to the state of the last day; returns how many episodes are new.

    ``whole_history`` also notes past episodes, closed, so that charts can mark what caused them.
    """
    panels = Panels(standing)
    cards = [card for card in panels.of_kind(*WATCHED) if card.is_shown]
    data = load_series(standing, cards)
    late = _late_days(standing)
    made = 0
    with transaction.atomic():
        for card in cards:
            if card.code not in data:
                continue
            city = data.get(MAIN) if card.kind is not PanelKind.UNIVERSE else None
            for dimension in _watched(card, standing):
                made += _judge(standing, data[card.code], city, dimension, late, now, whole_history)
    return made


def _watched(card: PanelCard, standing: Standing) -> list[int]:
    """Total and every dimension of the city, total and risk of a town, the total of the others."""
    if card.kind is PanelKind.UNIVERSE:
        return list(range(1 + len(standing.basket.dimensions)))
    if card.kind is not PanelKind.TOWN:
        return [0]
    return [0] + [n + 1 for n, d in enumerate(standing.basket.dimensions) if d.code in PARTS_WATCHED]


def judged_values(series: SeriesData, city: SeriesData | None, dimension: int) -> NDArray[np.float64]:
    """What is judged: a part against the city (season and city-wide moves drop out), the city by itself."""
    own = series.values[:, dimension]
    if city is None:
        return own
    whole = on_days(city.days, city.values[:, dimension], series.days)
    return own / whole * 100


def _late_days(standing: Standing) -> set[date]:
    from index.models import CubeDay

    periodic = {one.code for one in standing.basket.indicators if one.rule.kind in PERIODIC}
    rows = CubeDay.objects.filter(method=standing.method, realtime_end=None).exclude(freshness={})
    return {day for day, late in rows.values_list("day", "freshness") if periodic & set(late)}


def _judge(
    standing: Standing, series: SeriesData, city: SeriesData | None, dimension: int, late: set[date],
    now: datetime, whole: bool,
) -> int:  # fmt: skip
    values = judged_values(series, city, dimension)
    first = 0 if whole else max(len(series.days) - LOOK_BACK, 0)
    signal = signals_of(series.days, values, lambda day: day in late, first, firms=series.entities)
    made = 0
    for episode in episodes_of(signal, first):
        day = series.days[episode.opened]
        if not whole and episode.opened == first:
            continue  # it began before the days looked at
        known = Alert.objects.filter(
            method=standing.method,
            panel_id=series.panel.number,
            dimension=dimension,
            kind="change",
            opened_on=day,
        ).first()
        if known is None:
            open_one = (
                Alert.objects.filter(
                    method=standing.method, panel_id=series.panel.number, dimension=dimension, kind="change"
                )
                .exclude(state=AlertState.CLOSED)
                .first()
            )
            if open_one is not None and STATES[episode.state] != AlertState.CLOSED:
                _follow(open_one, series, episode, now)
                continue
            _open(standing, series, dimension, signal, episode, now)
            made += 1
        else:
            _follow(known, series, episode, now)
    return made


def _open(
    standing: Standing, series: SeriesData, dimension: int, signal: Signal, episode: Episode, now: datetime
) -> None:
    card, opened = series.panel, series.days[episode.opened]
    last = series.days[episode.last if episode.last >= 0 else episode.opened]
    state = STATES[episode.state]
    alert = Alert.objects.create(
        method=standing.method, panel_id=card.number, dimension=dimension, kind="change", state=state,
        direction=1 if episode.peak > 0 else -1, opened_on=opened, last_on=last, size=abs(float(episode.peak)),
        closed_on=last if state == AlertState.CLOSED else None, run=standing.run, created_at=now,
        close_reason=AUTOMATIC if state == AlertState.CLOSED else "",
        evidence=_evidence(standing, series, dimension, signal, episode),
    )  # fmt: skip
    AlertEvent.objects.create(alert=alert, at=now, day=opened, what="opened")
    if episode.fired >= 0 and state != AlertState.CLOSED:
        AlertEvent.objects.create(alert=alert, at=now, day=series.days[episode.fired], what="alerting")
        _tell(alert, card, now)


def _follow(alert: Alert, series: SeriesData, episode: Episode, now: datetime) -> None:
    """Move a known alert to the episode's state; what a person closed stays closed."""
    state = STATES[episode.state]
    if alert.state in (AlertState.CLOSED, state):
        return
    before, alert.state = alert.state, state
    alert.last_on = series.days[episode.last] if episode.last >= 0 else alert.last_on
    if state == AlertState.CLOSED:
        alert.closed_on, alert.close_reason = series.days[-1], AUTOMATIC
        inbox.close_tasks(task_key(alert), now)
    alert.save(update_fields=["state", "last_on", "closed_on", "close_reason"])
    AlertEvent.objects.create(
        alert=alert,
        at=now,
        day=series.days[-1],
        what=str(state),
        note=f"由“{AlertState(before).label}”转入"[:300],
    )
    if state == AlertState.ALERTING:
        _tell(alert, series.panel, now)


def _evidence(
    standing: Standing, series: SeriesData, dimension: int, signal: Signal, episode: Episode
) -> dict[str, Any]:
    """The points that caused it, what moved them, and the vintage they came from."""
    shown = range(max(episode.opened - EVIDENCE_DAYS, 0), max(episode.last, episode.opened) + 1)
    until = series.days[max(episode.last, episode.opened)]
    since = series.days[max(episode.opened - 1, 0)]
    parts = _causes(standing, series.panel, dimension, since, until)
    return {
        "points": [
            [series.days[n].isoformat(), round(float(series.values[n, dimension]), 4), bool(signal.fires[n])]
            for n in shown
        ],
        "residual": round(float(episode.peak), 2),
        "gap": round(float(signal.gap[max(episode.last, episode.opened)]), 4),
        "window": [since.isoformat(), until.isoformat()],
        "parts": parts,
        "vintage": {
            "run": standing.run.pk, "data_version": standing.run.data_version,
            "known_at": standing.run.known_at.isoformat(),
        },
    }  # fmt: skip


def _causes(
    standing: Standing, card: PanelCard, dimension: int, since: date, until: date
) -> dict[str, list[list[Any]]]:
    """Largest contributions to the total's change; of a dimension only its own indicators, which made its move."""
    if dimension:
        code = standing.basket.dimensions[dimension - 1].code
        own = {one.code for one in standing.basket.indicators if one.dimension == code}
        told = decompose(standing, card, since, until, "indicator").parts
        return {"indicator": _top({name: points for name, points in told.items() if name in own})}
    return {
        by: _top(decompose(standing, card, since, until, by).parts)
        for by in ("dimension", "indicator", *_open_divisions(card))
    }


def _open_divisions(card: PanelCard) -> tuple[str, ...]:
    """Divisions whose parts are panels of their own; only their shown parts are ever presented."""
    return tuple(by for by in ("town", "section") if not getattr(card, by) and not card.size)


def _top(parts: dict[str, float]) -> list[list[Any]]:
    ordered = sorted(parts.items(), key=lambda pair: -abs(pair[1]))
    return [[name, round(points, 4)] for name, points in ordered[:TOP_PARTS] if name]


def task_key(alert: Alert) -> str:
    return f"index.alert:{alert.pk}"


def _tell(alert: Alert, card: PanelCard, now: datetime) -> None:
    """A task for the analysts, and for a town's staff where it is about their town."""
    people: list[User] = list(inbox.holders(Role.INDEX_ANALYST))
    if card.town:
        people += list(inbox.holders(Role.TOWN_ADMIN, scope_code=card.town))
    from django.urls import reverse

    inbox.open_task(
        people, task_key(alert), f"指数预警：{card.name}", url=reverse("sme_index:alert", args=[alert.pk]),
        due_on=alert.last_on + timedelta(days=2), now=now,
    )  # fmt: skip


def acknowledge(alert_id: int, user: User, *, origin: audit.Origin, now: datetime) -> Alert:
    """Say that somebody has seen it. Raises :class:`UnableToChangeAlert` for a closed or acknowledged one."""
    with audit.action("index.alert.acknowledged", origin=origin, target=f"alert:{alert_id}"):
        alert = _locked(alert_id)
        if alert.acknowledged_at is not None:
            raise UnableToChangeAlert("该预警已有人确认。")
        alert.acknowledged_at, alert.acknowledged_by = now, user
        alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
        _note(alert, "acknowledged", user, now)
    return alert


def assign(alert_id: int, assignee: User, user: User, *, origin: audit.Origin, now: datetime) -> Alert:
    """Give it to an analyst. Raises :class:`UnableToChangeAlert` for a closed one or somebody without the role."""
    with audit.action(
        "index.alert.assigned", origin=origin, target=f"alert:{alert_id}", detail={"user": assignee.username}
    ):
        alert = _locked(alert_id)
        if Role.INDEX_ANALYST not in assignee.roles:
            raise UnableToChangeAlert("只能指派给指数分析员。")
        alert.assignee = assignee
        alert.save(update_fields=["assignee"])
        _note(alert, "assigned", user, now, assignee.get_full_name() or assignee.username)
        from django.urls import reverse

        inbox.notify(
            [assignee], "您被指派处理一条指数预警", url=reverse("sme_index:alert", args=[alert.pk]), now=now
        )
    return alert


def close(alert_id: int, reason: str, user: User, *, origin: audit.Origin, now: datetime) -> Alert:
    """Close it with a reason. Raises :class:`UnableToChangeAlert` without one, or if it is closed."""
    with audit.action(
        "index.alert.closed", origin=origin, target=f"alert:{alert_id}", detail={"reason": reason[:100]}
    ):
        alert = _locked(alert_id)
        if not reason.strip():
            raise UnableToChangeAlert("请填写关闭原因。")
        alert.state, alert.closed_by, alert.close_reason = AlertState.CLOSED, user, reason.strip()[:300]
        alert.closed_on = now.date()
        alert.save(update_fields=["state", "closed_by", "close_reason", "closed_on"])
        _note(alert, "closed", user, now, alert.close_reason)
        inbox.close_tasks(task_key(alert), now)
    return alert


def _locked(alert_id: int) -> Alert:
    alert = Alert.objects.select_for_update(of=("self",)).select_related("panel").get(pk=alert_id)
    if alert.state == AlertState.CLOSED:
        raise UnableToChangeAlert("该预警已经关闭。")
    return alert


def _note(alert: Alert, what: str, user: User, now: datetime, note: str = "") -> None:
    AlertEvent.objects.create(alert=alert, at=now, day=alert.last_on, what=what, actor=user, note=note[:300])


def open_alerts(cards: Iterable[PanelCard], standing: Standing) -> list[Alert]:
    """Alerts of these panels that are not closed, the latest first."""
    numbers = [card.number for card in cards]
    rows = Alert.objects.filter(method=standing.method, panel_id__in=numbers).exclude(state=AlertState.CLOSED)
    return list(rows.select_related("panel", "assignee"))
