"""Pages that explain: interfaces, terms, statistics; and the data package of a dataset."""

from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import open_to_all
from catalog.presenters.data_package import data_package
from catalog.selectors.datasets import find_dataset, published
from catalog.selectors.reading import tables_of
from catalog.selectors.statistics import misses, most_used, use_by_day
from foundation.chart_lines import history_line
from foundation.chart_parts import Series
from foundation.charts import ChartCaption

DAYS = 30


@open_to_all
@require_safe
def developers(request: HttpRequest) -> HttpResponse:
    """How to call the interfaces."""
    return render(
        request,
        "catalog/developers.html",
        {"root": request.build_absolute_uri("/")[:-1], "crumbs": _crumbs("接口说明")},
    )


@open_to_all
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The two licences of the portal."""
    return render(request, "catalog/terms.html", {"crumbs": _crumbs("使用许可")})


@open_to_all
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """How the open data is used, and what people looked for in vain."""
    today = timezone.localdate()
    days = use_by_day(today, DAYS)
    totals = {
        "views": sum(d[1] for d in days),
        "downloads": sum(d[2] for d in days),
        "calls": sum(d[3] for d in days),
    }
    context = {
        "totals": totals, "most": most_used(today), "misses": misses(), "datasets": published().count(),
        "figure": _figure(days), "caption": ChartCaption("数据开放目录访问记录", today, "每日汇总"),
        "crumbs": _crumbs("使用统计"),
    }  # fmt: skip
    return render(request, "catalog/statistics.html", context)


@open_to_all
@require_safe
def datapackage(request: HttpRequest, name: str) -> HttpResponse:
    """``datapackage.json``: the tables of a dataset with their schemas (Frictionless Data Package)."""
    dataset = find_dataset(request.user, name)
    if dataset is None:
        raise Http404
    resources = list(dataset.resources.all())
    for resource in resources:
        resource.dataset = dataset
    tables = tables_of(request.user, resources, timezone.now())
    told = data_package(dataset, resources, tables, request.build_absolute_uri)
    return HttpResponse(
        orjson.dumps(told, option=orjson.OPT_INDENT_2), content_type="application/json; charset=utf-8"
    )


def _figure(days: list[Any]) -> dict[str, Any]:
    names = ("浏览", "下载", "接口调用")
    series = [Series(name, [float(day[place]) for day in days]) for place, name in enumerate(names, start=1)]
    return history_line([day[0] for day in days], series, unit="次")


def _crumbs(label: str) -> list[dict[str, str]]:
    return [{"label": "数据开放", "url": reverse("catalog:list")}, {"label": label, "url": ""}]
