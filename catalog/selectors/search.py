"""Finding datasets: words, filters, facets. A fixed number of queries whatever is found."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Greatest, StrIndex

from accounts.models import User
from catalog.engine.search_query import Between, Joined, Node, Not, Term, UnableToUnderstandSearch
from catalog.models import Dataset, Publisher
from catalog.search import folded, words_of
from catalog.selectors.datasets import as_uid, published, visible_to, with_parts
from catalog.vocabulary import LICENCES, Cycle, Lane, Opening, State, Subject

Rows = list[tuple[Any, ...]]
FACETS = ("publisher", "lane", "subject", "opening", "formats", "cycle")
FACET_TITLES = {
    "publisher": "数源单位", "lane": "重点领域", "subject": "数据领域", "opening": "开放属性", "formats": "格式",
    "cycle": "更新周期", "tags": "标签", "licence": "使用许可",
}  # fmt: skip
_COLUMNS = {
    "publisher": "publisher__code", "lane": "lane", "subject": "subject", "tags": "tags", "formats": "formats",
    "opening": "opening", "cycle": "cycle", "licence": "licence",
}  # fmt: skip
_LISTS = frozenset({"tags", "formats"})
_CHOICES: dict[str, dict[str, str]] = {
    "lane": dict(Lane.choices), "subject": dict(Subject.choices), "opening": dict(Opening.choices),
    "cycle": dict(Cycle.choices), "licence": {code: licence.title for code, licence in LICENCES.items()},
}  # fmt: skip
SORTS: Mapping[str, tuple[str, ...]] = {
    "": (), "modified": ("-modified_at", "-pk"), "published": ("-published_at", "-pk"), "title": ("title", "pk"),
    "rows": ("-row_count", "-pk"), "quality": ("-quality", "-pk"),
}  # fmt: skip


@dataclass(frozen=True)
class Facet:
    """One facet: its values with how many datasets have them, the most frequent first."""

    name: str
    title: str
    values: tuple[tuple[str, str, int, bool], ...]  # value, label, count, chosen


@dataclass(frozen=True)
class FoundDatasets:
    """One page of datasets with their parts, how many there are, and the facets asked for."""

    datasets: list[Dataset]
    total: int
    facets: dict[str, Facet] = field(default_factory=dict)


def browse(
    query: str, chosen: Mapping[str, Sequence[str]], *, sort: str = "", start: int = 0, size: int = 20
) -> FoundDatasets:
    """The public list: words, and values chosen per facet (any of one facet, all facets together).

    Each facet counts what the other facets leave. Seven queries at most.
    """
    words = words_of(query)
    order = SORTS.get(sort) or ()
    wanted = {name: frozenset(values) for name, values in chosen.items() if values and name in _COLUMNS}
    names = list(dict.fromkeys([*FACETS, *wanted]))
    rows, places = _light(_ordered(with_words(published(), words), words, order), names)
    kept = _keep(rows, places, wanted)
    titles = publisher_titles()
    facets = {}
    for name in FACETS:
        base = (
            kept
            if name not in wanted
            else _keep(rows, places, {n: v for n, v in wanted.items() if n != name})
        )
        facets[name] = _facet(name, _count(base, places, (name,)), wanted.get(name, frozenset()), titles)
    page = [row[0] for row in kept[start : start + size]]
    return FoundDatasets(load_in_order(page), len(kept), facets)


def search_nodes(
    viewer: User | AnonymousUser,
    nodes: Iterable[Node],
    *,
    with_unpublished: bool = False,
    sort: Sequence[str] = (),
    start: int = 0,
    rows: int = 10,
    facets: Sequence[str] = (),
) -> tuple[FoundDatasets, dict[str, Counter[str]]]:
    """For clients: every tree must match. Facet counts (by CKAN field) stand beside the page.

    Raises :class:`UnableToUnderstandSearch` for a field that is not known.
    """
    found = visible_to(viewer).filter(revises__isnull=True) if with_unpublished else published()
    words: list[str] = []
    for node in nodes:
        found = found.filter(as_condition(node))
        words += _bare_words(node)
    asked = {name: CKAN_FACETS[name] for name in facets if name in CKAN_FACETS}
    needed = list(dict.fromkeys(own for names in asked.values() for own in names))
    light, places = _light(_ordered(found, words, tuple(sort)), needed)
    counts = {name: _count(light, places, own) for name, own in asked.items()}
    page = [row[0] for row in light[start : start + rows]]
    return FoundDatasets(load_in_order(page), len(light)), counts


CKAN_FACETS: Mapping[str, tuple[str, ...]] = {
    "organization": ("publisher",), "groups": ("lane", "subject"), "tags": ("tags",), "res_format": ("formats",),
    "license_id": ("licence",), "opening": ("opening",), "update_cycle": ("cycle",), "lane": ("lane",),
    "subject": ("subject",),
}  # fmt: skip


def load_in_order(keys: Sequence[int]) -> list[Dataset]:
    """Datasets with their parts in the order of their keys."""
    if not keys:
        return []
    found = {d.pk: d for d in with_parts(Dataset.objects.filter(pk__in=keys))}
    return [found[key] for key in keys if key in found]


def with_words(datasets: QuerySet[Dataset], words: Sequence[str]) -> QuerySet[Dataset]:
    """Those that hold every word in title, names, sounds, summary or column titles."""
    for word in words:
        datasets = datasets.filter(search_text__contains=word)
    return datasets


def publisher_titles() -> dict[str, str]:
    return dict(Publisher.objects.values_list("code", "name"))


def label_of(name: str, value: str, titles: Mapping[str, str]) -> str:
    """What a facet value is called."""
    if name == "publisher":
        return titles.get(value, value)
    return _CHOICES.get(name, {}).get(value, value)


def _ordered(datasets: QuerySet[Dataset], words: Sequence[str], order: tuple[Any, ...]) -> QuerySet[Dataset]:
    """By the given order, else the nearer to the front a word stands the better, else newest first."""
    if order:
        return datasets.order_by(*order)
    if not words:
        return datasets.order_by("-modified_at", "-pk")
    places: Expression | Any = Value(0)
    for word in words:
        at = StrIndex("search_text", Value(word))
        places = places + Greatest(at, Value(0))
    return datasets.alias(rank=places).order_by("rank", "-modified_at", "-pk")


def _light(datasets: QuerySet[Dataset], names: Sequence[str]) -> tuple[Rows, dict[str, int]]:
    """Keys and the named columns only, whatever the number in one query; where each column stands."""
    rows: Rows = list(datasets.values_list("pk", *(_COLUMNS[name] for name in names)))
    return rows, {name: place for place, name in enumerate(names, start=1)}


def _keep(rows: Rows, places: Mapping[str, int], wanted: Mapping[str, frozenset[str]]) -> Rows:
    for name, values in wanted.items():
        place = places[name]
        if name in _LISTS:
            rows = [row for row in rows if not values.isdisjoint(row[place])]
        else:
            rows = [row for row in rows if row[place] in values]
    return rows


def _count(rows: Rows, places: Mapping[str, int], names: Sequence[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for name in names:
        held = map(itemgetter(places[name]), rows)
        counted.update(chain.from_iterable(held) if name in _LISTS else held)
    counted.pop("", None)
    return counted


def _facet(name: str, counted: Counter[str], chosen: frozenset[str], titles: Mapping[str, str]) -> Facet:
    for value in chosen:
        counted.setdefault(value, 0)
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], label_of(name, pair[0], titles)))
    values = tuple((value, label_of(name, value, titles), n, value in chosen) for value, n in ordered)
    return Facet(name, FACET_TITLES[name], values)


# -- a tree as a condition -------------------------------------------------------------------------
def as_condition(node: Node) -> Q:
    """The tree as a condition on datasets. Raises :class:`UnableToUnderstandSearch`."""
    if isinstance(node, Joined):
        joined = Q()
        for part in node.parts:
            one = as_condition(part)
            joined = joined | one if node.word == "or" else joined & one
        return joined
    if isinstance(node, Not):
        return ~as_condition(node.part)
    if isinstance(node, Between):
        return _between(node)
    return _term(node)


def _term(term: Term) -> Q:
    text = term.text
    if "\x00" in text:
        raise UnableToUnderstandSearch("查询语句含有不可用的字符。")
    if term.field == "":
        if text == "*":
            return Q()
        plain = folded(text.rstrip("*"))
        return Q(search_text__contains=plain) if plain else Q()
    make = _FIELDS.get(term.field)
    if make is None:
        raise UnableToUnderstandSearch(f"没有可查询的字段“{term.field[:40]}”。")
    if isinstance(make, str):
        if text == "*":
            return Q()
        if text.endswith("*"):
            return Q(**{f"{make}__startswith": text[:-1]})
        return Q(**{make: text})
    condition: Q = make(text)
    return condition


def _between(node: Between) -> Q:
    column = {"metadata_modified": "modified_at", "metadata_created": "created_at"}.get(node.field)
    if column is None:
        raise UnableToUnderstandSearch(f"字段“{node.field[:40]}”不能按范围查询。")
    found = Q()
    if node.low is not None:
        found &= Q(**{f"{column}__{'gte' if node.with_low else 'gt'}": _instant(node.low)})
    if node.high is not None:
        found &= Q(**{f"{column}__{'lte' if node.with_high else 'lt'}": _instant(node.high)})
    return found


def _instant(text: str) -> dt.datetime:
    """A time as harvesters write it, ``NOW`` not among them; without a zone it is UTC."""
    try:
        stamp = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UnableToUnderstandSearch(f"时间“{text[:40]}”应写成 2026-11-22T00:00:00Z。") from None
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=dt.UTC)


def _bare_words(node: Node) -> list[str]:
    if isinstance(node, Term):
        return words_of(node.text.rstrip("*")) if node.field == "" and node.text != "*" else []
    if isinstance(node, Joined):
        return [word for part in node.parts for word in _bare_words(part)]
    return []


def _never() -> Q:
    return Q(pk__in=[])


def _groups(text: str) -> Q:
    return Q() if text == "*" else Q(lane=text) | Q(subject=text)


def _any_of(column: str) -> Any:
    return lambda text: ~Q(**{column: []}) if text == "*" else Q(**{f"{column}__contains": [text]})


def _uid(text: str) -> Q:
    uid = as_uid(text)
    return Q(uid=uid) if uid else Q(name=text)


_STATES = {"active": State.PUBLISHED, "draft": State.DRAFT, "deleted": State.WITHDRAWN}
_FIELDS: Mapping[str, Any] = {
    "id": _uid, "name": "name", "organization": "publisher__code", "owner_org": lambda t: Q(
        publisher__uid=as_uid(t)) if as_uid(t) else Q(publisher__code=t),
    "groups": _groups, "tags": _any_of("tags"),
    "res_format": lambda t: _any_of("formats")(t if t == "*" else t.upper()), "license_id": "licence",
    "title": lambda t: Q(title__icontains=t.strip("*")), "notes": lambda t: Q(notes__icontains=t.strip("*")),
    "text": lambda t: Q(search_text__contains=folded(t.strip("*"))),
    "state": lambda t: Q(state=_STATES[t]) if t in _STATES else _never(),
    "type": lambda t: Q() if t in ("dataset", "*") else _never(),
    "dataset_type": lambda t: Q() if t in ("dataset", "*") else _never(),
    "capacity": lambda t: Q() if t in ("public", "*") else _never(),
    "private": lambda t: Q() if t == "false" else _never(),
    "lane": "lane", "subject": "subject", "opening": "opening", "update_cycle": "cycle",
}  # fmt: skip
