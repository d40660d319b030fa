"""The town's home: its villages side by side, and what waits for the town."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import audience
from accounts.roles import Role
from foundation import charts
from villages.selectors.town import WINDOW_DAYS, read_town


@audience(Role.TOWN_ADMIN)
@require_GET
def town(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    home = read_town(request.user, now=now)
    caption = charts.ChartCaption(
        source="各村积分业务", as_of=timezone.localdate(now), version=f"近 {WINDOW_DAYS} 天"
    )
    names = [row.village.name for row in home.rows]
    taking = charts.bars(
        names, [charts.Series("参与率", [round(row.taking_pct, 1) for row in home.rows])], unit="%"
    )
    hours = [
        None if row.speed.median_hours is None else round(row.speed.median_hours, 1) for row in home.rows
    ]
    speed = charts.bars(names, [charts.Series("审核用时中位数", hours)], unit="小时")
    used = charts.bars(
        names,
        [
            charts.Series(
                "额度使用率", [None if row.used_pct is None else round(row.used_pct, 1) for row in home.rows]
            )
        ],
        unit="%",
    )
    appeals = charts.bars(
        names,
        [
            charts.Series("申诉成立", [row.appeals.upheld for row in home.rows]),
            charts.Series("维持原决定", [row.appeals.rejected for row in home.rows]),
            charts.Series("办理中", [row.appeals.waiting for row in home.rows]),
        ],
        unit="件", stacked=True,
    )  # fmt: skip
    context = {
        "home": home,
        "caption": caption,
        "taking": taking if names else None,
        "speed": speed if names else None,
        "used": used if names else None,
        "appeals": appeals if names else None,
        "days": WINDOW_DAYS,
    }
    return render(request, "villages/town.html", context)
