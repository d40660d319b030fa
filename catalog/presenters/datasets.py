"""Datasets as cards, heads and facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.urls import reverse

from catalog.addresses import Absolute, dataset_page, dump_url, file_stem, resource_page, resource_url
from catalog.models import Dataset, Resource, ResourceKind
from catalog.selectors.quality import freshness
from catalog.selectors.search import FACET_TITLES, FoundDatasets
from catalog.vocabulary import LICENCES, Cycle, Grade, Lane, Opening, Subject
from datahub.public import division_name

OPENING_TONES = {Opening.OPEN: "good", Opening.RESTRICTED: "warn", Opening.FORBIDDEN: "bad"}
FACET_SHOWN = 8
SORTS = (
    ("", "相关度"),
    ("modified", "最近更新"),
    ("rows", "数据量"),
    ("quality", "质量分"),
    ("title", "名称"),
)


def card(dataset: Dataset, now: datetime) -> dict[str, Any]:
    """One dataset in a list."""
    return {
        "title": dataset.title, "url": dataset_page(dataset), "notes": dataset.notes,
        "publisher": dataset.publisher.name, "lane": _label(Lane, dataset.lane),
        "subject": _label(Subject, dataset.subject), "opening": opening_tag(dataset.opening),
        "formats": dataset.formats, "rows": dataset.row_count, "cycle": Cycle(dataset.cycle).label,
        "modified_at": dataset.modified_at, "fresh": freshness(dataset, now), "quality": dataset.quality,
        "tags": dataset.tags[:5], "is_demo": dataset.is_demo,
    }  # fmt: skip


def opening_tag(opening: str) -> dict[str, str]:
    return {"label": Opening(opening).label, "tone": OPENING_TONES[Opening(opening)]}


def facet_groups(found: FoundDatasets, query: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Facets as lists of links; each link adds or takes away its value."""
    groups = []
    for name, facet in found.facets.items():
        values = [
            {"label": label, "count": n, "active": chosen, "url": _toggled(query, name, value, chosen)}
            for value, label, n, chosen in facet.values
        ]
        groups.append({
            "name": name, "title": facet.title, "values": values[:FACET_SHOWN], "more": values[FACET_SHOWN:],
            "more_open": any(v["active"] for v in values[FACET_SHOWN:]),
        })  # fmt: skip
    return groups


def chosen_chips(found: FoundDatasets, query: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """What is chosen, each with the address without it."""
    return [
        {"label": f"{FACET_TITLES[facet.name]}：{label}", "url": _toggled(query, facet.name, value, True)}
        for facet in found.facets.values()
        for value, label, _, chosen in facet.values
        if chosen
    ]


def _toggled(query: Mapping[str, Sequence[str]], name: str, value: str, chosen: bool) -> str:
    kept = {key: list(values) for key, values in query.items() if key != "page"}
    held = [v for v in kept.get(name, []) if v != value]
    kept[name] = held if chosen else [*held, value]
    return "?" + urlencode({k: v for k, v in kept.items() if v}, doseq=True)


def facts(dataset: Dataset) -> list[dict[str, Any]]:
    """The catalogue entry as label and value."""
    licence = LICENCES.get(dataset.licence, LICENCES["notspecified"])
    times = ""
    if dataset.temporal_from or dataset.temporal_to:
        times = f"{dataset.temporal_from or '起始'} 至 {dataset.temporal_to or '今'}"
    pairs = (
        ("数源单位", dataset.publisher.name), ("联系方式", dataset.contact or dataset.publisher.contact),
        ("重点领域", _label(Lane, dataset.lane)), ("数据领域", _label(Subject, dataset.subject)),
        ("更新周期", Cycle(dataset.cycle).label), ("空间范围", division_name(dataset.spatial_code)),
        ("时间范围", times), ("开放属性", Opening(dataset.opening).label), ("数据分级", Grade(dataset.grade).label),
        ("使用许可", licence.title), ("首次发布", _day(dataset.published_at)), ("数据更新", _day(dataset.data_changed_at)),
        ("修订号", str(dataset.revision)), ("目录标识", dataset.name),
    )  # fmt: skip
    return [{"label": label, "value": value} for label, value in pairs]


def resource_row(
    resource: Resource, dataset: Dataset, absolute: Absolute, *, is_readable: bool
) -> dict[str, Any]:
    """One resource of the dataset page with its downloads."""
    current = resource.current
    downloads: list[dict[str, str]] = []
    if resource.kind == ResourceKind.TABLE and current is not None and is_readable:
        downloads = download_links(resource)
    elif resource.kind != ResourceKind.TABLE:
        label = "打开链接" if resource.kind == ResourceKind.LINK else "下载文件"
        downloads = [{"label": label, "url": resource_url(resource, dataset, absolute)}]
    return {
        "name": resource.name, "description": resource.description, "format": resource.format,
        "kind": resource.get_kind_display(), "rows": current.row_count if current else None,
        "bytes": resource.file_bytes, "modified_at": resource.modified_at, "url": resource_page(resource),
        "downloads": downloads, "release": current.number if current else None, "is_readable": is_readable,
    }  # fmt: skip


def download_links(resource: Resource) -> list[dict[str, str]]:
    """The formats a table is had in."""
    stem = file_stem(resource)

    def link(ending: str, label: str, query: str = "") -> dict[str, str]:
        return {
            "label": label,
            "url": reverse("catalog:download", args=[resource.uid, f"{stem}.{ending}"]) + query,
        }

    return [
        link("csv", "CSV（电子表格）", "?bom=1"), link("xlsx", "XLSX"), link("csv", "CSV（程序）"), link("json", "JSON"),
        link("xml", "XML"),
    ]  # fmt: skip


def api_examples(resource: Resource, code: str, absolute: Absolute) -> list[dict[str, str]]:
    """Calls that can be copied as they are."""
    rows = absolute(reverse("catalog_api:rows", args=[resource.uid]))
    ckan = absolute("/api/3/action/datastore_search")
    root, told = absolute("/")[:-1], quote(code)
    return [
        {"title": "表格接口：前 100 行", "code": f"curl '{rows}?limit=100'"},
        {"title": "表格接口：按条件取部分字段并排序", "code": f"curl '{rows}?fields={told}&sort=-{told}&limit=10'"},
        {"title": "CKAN 接口", "code": f"curl '{ckan}?resource_id={resource.uid}&limit=100'"},
        {"title": "Python（ckanapi）", "code": "from ckanapi import RemoteCKAN\n"
         f"site = RemoteCKAN('{root}')\nprint(site.action.datastore_search(resource_id='{resource.uid}', limit=5))"},
        {"title": "整表下载", "code": f"curl -o data.csv '{dump_url(resource, absolute)}?format=csv&bom=true'"},
        {"title": "pandas", "code": f"import pandas\nframe = pandas.read_csv('{dump_url(resource, absolute)}')"},
    ]  # fmt: skip


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value else ""


def _day(moment: datetime | None) -> str:
    from foundation.templatetags.formatting import day

    return day(moment) if moment else ""
