"""Reading the catalogue: packages, resources, organizations, groups, tags, licences."""

import re
from collections import Counter
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from catalog.engine.search_query import Node, UnableToUnderstandSearch, parse_search
from catalog.models import Dataset, Publisher, Resource
from catalog.selectors.datasets import (
    as_uid,
    find_dataset,
    find_publisher,
    find_resource,
    published,
    with_parts,
)
from catalog.selectors.search import CKAN_FACETS, label_of, publisher_titles, search_nodes
from catalog.vocabulary import LICENCES

from . import shapes
from .errors import BadSearchQuery, Invalid, NotThere
from .registry import ACTIONS, Call, reads

MOST_ROWS = 1000
SORTS = {
    "id": "uid", "name": "name", "title": "title", "title_string": "title", "metadata_modified": "modified_at",
    "metadata_created": "created_at", "views_recent": "modified_at",
}  # fmt: skip


@reads
def site_read(call: Call) -> Any:
    """Whether the site may be read: always true."""
    return True


@reads
def status_show(call: Call) -> Any:
    """Version, title and address of the site."""
    return {
        "ckan_version": shapes.CKAN_VERSION, "site_title": f"{settings.PORTAL_NAME}·数据开放",
        "site_description": "慈溪市公共数据开放目录", "site_url": call.absolute("/").rstrip("/"),
        "locale_default": "zh_Hans_CN", "error_emails_to": None, "extensions": ["datastore"],
    }  # fmt: skip


@reads
def help_show(call: Call) -> Any:
    """What an action does. name: the action."""
    action = ACTIONS.get(call.parameters.required("name"))
    if action is None:
        raise NotThere("Action name not known")
    return action.help


@reads
def package_list(call: Call) -> Any:
    """Names of all datasets. limit, offset."""
    names = published().order_by("name").values_list("name", flat=True)
    return list(_cut(call, names))


@reads
def current_package_list_with_resources(call: Call) -> Any:
    """Full datasets, newest first. limit, offset."""
    limit = call.parameters.number("limit", MOST_ROWS, most=MOST_ROWS)
    start = call.parameters.number("offset", 0)
    found = with_parts(published().order_by("-modified_at", "-pk"))[start : start + limit]
    return [shapes.dataset_shape(d, call.absolute) for d in found]


@reads
def package_show(call: Call) -> Any:
    """One dataset. id: its id or name."""
    return shapes.dataset_shape(the_dataset(call), call.absolute)


@reads
def package_search(call: Call) -> Any:
    """Find datasets. q, fq, fq_list, sort, rows, start, facet, facet.field, facet.limit, facet.mincount."""
    asked = call.parameters
    rows = asked.number("rows", 10, most=MOST_ROWS)
    start = asked.number("start", 0)
    names = asked.listed("facet.field") if asked.flag("facet", True) else []
    with_unpublished = asked.flag("include_private") or asked.flag("include_drafts")
    sort = _sort(asked.text("sort"))
    try:
        nodes: list[Node] = [parse_search(asked.text("q") or "*:*"), parse_search(asked.text("fq"))]
        nodes += [parse_search(one) for one in asked.listed_texts("fq_list")]
        found, counts = search_nodes(
            call.viewer,
            nodes,
            with_unpublished=with_unpublished,
            sort=sort,
            start=start,
            rows=rows,
            facets=names,
        )
    except UnableToUnderstandSearch as error:
        raise BadSearchQuery(f"Search Query is invalid: {error}") from None
    limit, least = asked.number("facet.limit", 50, least=-1), asked.number("facet.mincount", 1)
    facets, titled = _facets(names, counts, limit, least)
    return {
        "count": found.total, "results": [shapes.dataset_shape(d, call.absolute) for d in found.datasets],
        "facets": facets, "search_facets": titled, "sort": asked.text("sort") or "score desc, metadata_modified desc",
    }  # fmt: skip


@reads
def resource_show(call: Call) -> Any:
    """One resource. id."""
    resource = the_resource(call, "id")
    return shapes.resource_shape(resource, resource.dataset, call.absolute)


@reads
def resource_search(call: Call) -> Any:
    """Find resources. query: ``name:word``, ``format:CSV``, ``description:word``; limit, offset."""
    asked = call.parameters
    queries = asked.listed("query")
    if not queries:
        raise Invalid({"query": ["Missing value"]})
    condition = Q()
    for one in queries:
        name, colon, word = one.partition(":")
        if not colon or name not in ("name", "format", "description", "url", "id"):
            raise Invalid({"query": [f"Must be <field>:<value> pair(s): {one[:60]}"]})
        condition &= Q(format__iexact=word) if name == "format" else (
            Q(name__icontains=word) if name == "name" else Q(description__icontains=word) if name == "description"
            else Q(url__icontains=word) if name == "url" else Q(uid__in=_uids(word)))  # fmt: skip
    found = Resource.objects.filter(condition, dataset__in=published()).select_related(
        "dataset__publisher", "current"
    )
    limit, start = asked.number("limit", 100, most=MOST_ROWS), asked.number("offset", 0)
    page = found.order_by("pk")[start : start + limit]
    return {
        "count": found.count(),
        "results": [shapes.resource_shape(r, r.dataset, call.absolute) for r in page],
    }


@reads
def resource_view_list(call: Call) -> Any:
    """Views of a resource: none are kept."""
    the_resource(call, "id")
    return []


@reads
def organization_list(call: Call) -> Any:
    """Publishers. all_fields, limit, offset, sort."""
    found = Publisher.objects.annotate(n=Count("datasets", filter=Q(datasets__in=published()))).order_by(
        "code"
    )
    if wanted := call.parameters.listed("organizations"):
        found = found.filter(code__in=wanted)
    full = call.parameters.flag("all_fields")
    page = list(_cut(call, found, MOST_ROWS if not full else 25))
    return [shapes.organization_shape(p, p.n) for p in page] if full else [p.code for p in page]


@reads
def organization_show(call: Call) -> Any:
    """One publisher. id: its id or name; include_datasets."""
    publisher = find_publisher(call.parameters.required("id"))
    if publisher is None:
        raise NotThere("Organization was not found.")
    own = published().filter(publisher=publisher)
    told = shapes.organization_shape(publisher, own.count())
    if call.parameters.flag("include_datasets"):
        told["packages"] = [shapes.dataset_shape(d, call.absolute) for d in with_parts(own)[:MOST_ROWS]]
    return told


@reads
def group_list(call: Call) -> Any:
    """Lanes and subjects. all_fields, limit, offset."""
    full = call.parameters.flag("all_fields")
    names = sorted(shapes.GROUPS)
    if wanted := call.parameters.listed("groups"):
        names = [name for name in names if name in wanted]
    start = call.parameters.number("offset", 0)
    limit = call.parameters.number("limit", 25 if full else MOST_ROWS, most=MOST_ROWS)
    page = names[start : start + limit]
    if not full:
        return page
    counts = _group_counts()
    return [shapes.group_shape(name, counts[name]) for name in page]


@reads
def group_show(call: Call) -> Any:
    """One lane or subject. id: its id or name; include_datasets."""
    name = _the_group(call)
    told = shapes.group_shape(name, _group_counts()[name])
    if call.parameters.flag("include_datasets"):
        own = published().filter(Q(lane=name) | Q(subject=name))
        told["packages"] = [shapes.dataset_shape(d, call.absolute) for d in with_parts(own)[:MOST_ROWS]]
    return told


@reads
def group_package_show(call: Call) -> Any:
    """Datasets of a group. id, limit."""
    name = _the_group(call)
    limit = call.parameters.number("limit", MOST_ROWS, most=MOST_ROWS)
    own = with_parts(published().filter(Q(lane=name) | Q(subject=name)))[:limit]
    return [shapes.dataset_shape(d, call.absolute) for d in own]


@reads
def tag_list(call: Call) -> Any:
    """Tags in use. query, all_fields."""
    tags = sorted({tag for tags in published().values_list("tags", flat=True) for tag in tags})
    if word := call.parameters.text("query"):
        tags = [tag for tag in tags if word.casefold() in tag.casefold()]
    return [shapes.tag_shape(tag) for tag in tags] if call.parameters.flag("all_fields") else tags


@reads
def tag_show(call: Call) -> Any:
    """One tag. id: its name or id; include_datasets."""
    wanted = call.parameters.required("id")
    tags = {tag for tags in published().values_list("tags", flat=True) for tag in tags}
    tag = next((t for t in tags if wanted in (t, shapes.known_id("tag", t))), None)
    if tag is None:
        raise NotThere("Tag not found")
    told = shapes.tag_shape(tag)
    if call.parameters.flag("include_datasets"):
        own = with_parts(published().filter(tags__contains=[tag]))
        told["packages"] = [shapes.dataset_shape(d, call.absolute) for d in own[:MOST_ROWS]]
    return told


@reads
def license_list(call: Call) -> Any:
    """Licences in use."""
    return [
        {"id": one.code, "title": one.title, "url": call.absolute(one.url) if one.url.startswith("/") else one.url,
         "is_okd_compliant": one.is_open, "od_conformance": "approved" if one.is_open else "not reviewed",
         "osd_conformance": "not reviewed", "status": "active", "family": "", "maintainer": "",
         "domain_content": "False", "domain_data": "True", "domain_software": "False", "is_generic": "False"}
        for one in LICENCES.values()
    ]  # fmt: skip


@reads
def user_list(call: Call) -> Any:
    """Users are not told."""
    return []


@reads
def user_show(call: Call) -> Any:
    """Users are not told."""
    raise NotThere("User not found")


@reads
def organization_list_for_user(call: Call) -> Any:
    """Publishers the token's holder may write for."""
    from .write_actions import publishers_of

    return [shapes.organization_shape(p, 0) | {"capacity": "editor"} for p in publishers_of(call.viewer)]


# -- parts ---------------------------------------------------------------------------------------------
def the_dataset(call: Call, name: str = "id") -> Dataset:
    """The dataset a parameter names. Raises :class:`NotThere`, also for another department's draft."""
    key = call.parameters.text(name) or (call.parameters.text("name_or_id") if name == "id" else "")
    if not key:
        raise Invalid({name: ["Missing value"]})
    dataset = find_dataset(call.viewer, key)
    if dataset is None:
        raise NotThere("Dataset not found")
    return dataset


def the_resource(call: Call, *names: str) -> Resource:
    """The resource that the first of these parameters names."""
    key = next((text for name in names if (text := call.parameters.text(name))), "")
    if not key:
        raise Invalid({names[0]: ["Missing value"]})
    resource = find_resource(call.viewer, key)
    if resource is None:
        raise NotThere("Resource was not found.")
    return resource


def _cut(call: Call, found: Any, default: int | None = None) -> Any:
    start = call.parameters.number("offset", 0)
    limit = call.parameters.number("limit", default or 10**6)
    return found[start : start + limit]


def _sort(text: str) -> tuple[str, ...]:
    """``id asc, metadata_modified desc`` as columns; relevance first is the order without a sort."""
    order: list[str] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        match = re.fullmatch(r"(\w+)(?:\s+(asc|desc))?", part, re.IGNORECASE)
        name = match.group(1).casefold() if match else ""
        if match is None or (name != "score" and name not in SORTS):
            raise BadSearchQuery(f"Search Query is invalid: sort {part[:60]}")
        if name == "score":
            if not order:
                return ()
            continue
        order.append(("-" if (match.group(2) or "asc").casefold() == "desc" else "") + SORTS[name])
    return (*order, "pk") if order else ()


def _facets(names: list[str], counts: dict[str, Counter[str]], limit: int, least: int) -> Any:
    titles = publisher_titles() if "organization" in names else {}
    facets: dict[str, dict[str, int]] = {}
    titled: dict[str, Any] = {}
    for name in names:
        counted = [(v, n) for v, n in counts.get(name, Counter()).most_common() if n >= least]
        cut = counted if limit < 0 else counted[:limit]
        facets[name] = dict(cut)
        items = [{"name": v, "display_name": _shown(name, v, titles), "count": n} for v, n in cut]
        titled[name] = {"title": name, "items": items}
    return facets, titled


def _shown(name: str, value: str, titles: dict[str, str]) -> str:
    if name == "groups":
        return shapes.GROUPS.get(value, value)
    own = CKAN_FACETS.get(name, ("",))
    return label_of(own[0], value, titles)


def _group_counts() -> Counter[str]:
    counted: Counter[str] = Counter()
    for lane, subject in published().values_list("lane", "subject"):
        counted.update({name for name in (lane, subject) if name})
    return counted


def _the_group(call: Call) -> str:
    wanted = call.parameters.required("id")
    name = next((n for n in shapes.GROUPS if wanted in (n, shapes.known_id("group", n))), None)
    if name is None:
        raise NotThere("Group was not found.")
    return name


def _uids(text: str) -> list[str]:
    return [str(uid)] if (uid := as_uid(text)) else []
