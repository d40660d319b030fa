"""The table API: datasets, resources, and rows with filters, sort, fields and keyset pages."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import audit
from accounts.access import ANYONE
from accounts.token_scopes import Scope
from accounts.tokens import CallerThrottle
from catalog.addresses import dataset_page, file_stem, marked_name
from catalog.api import serializers, shapes
from catalog.api.ckan.view import PublicThrottle
from catalog.copy_marks import HEADER
from catalog.engine.columns import ID_COLUMN, Column, plain
from catalog.engine.cursor import read_cursor, write_cursor
from catalog.engine.row_filters import read_filters, read_sort, read_words
from catalog.engine.row_formats import MEDIA_TYPES
from catalog.engine.row_query import Group, RowQuery, UnableToUnderstandQuery, Where, condition
from catalog.models import Resource
from catalog.opening_words import Way
from catalog.row_store import UnableToAnswerInTime
from catalog.selectors.datasets import find_dataset, find_resource
from catalog.selectors.export import FORMATS, export
from catalog.selectors.reading import NothingToRead, OpenTable, marked_rows, open_table, read_page
from catalog.selectors.search import FACETS, browse
from catalog.services.statistics import note_call, note_download
from foundation import request_id

MOST_ROWS = 1000
MOST_FILTERS = 20
MOST_DATASETS = 100
NUL = "\x00"
SORTS = ["modified", "published", "title", "rows", "quality"]
FLAGS = ["true", "false"]
ERRORS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 406, 409, 429), serializers.ErrorSerializer)

FILTER_HELP = (
    "条件“字段:比较:值”，可重复；比较为 eq ne gt gte lt lte contains starts in null，in 的值用竖线分隔"
)


class QueryRefused(ValidationError):
    """The query is well formed but does not fit this table: the same status as in CKAN's interface."""

    status_code = 409


class PublicApi(APIView):
    """Open to everybody; a token adds what its agency was granted."""

    audience = ANYONE
    required_scope = Scope.CATALOG_READ
    throttle_classes = (PublicThrottle, CallerThrottle)

    def resource(self, request: Request, uid: Any) -> Resource:
        resource = find_resource(request.user, str(uid))
        if resource is None:
            raise NotFound
        return resource

    def table(self, request: Request, uid: Any, way: str | None) -> OpenTable:
        try:
            return open_table(request.user, self.resource(request, uid), timezone.now(), way=way)
        except NothingToRead as error:
            raise PermissionDenied(str(error)) from None


class DatasetsView(PublicApi):
    """查找数据集：文字、拼音与六类分面。"""

    @extend_schema(
        operation_id="catalog_datasets",
        responses={200: serializers.DatasetListSerializer, **ERRORS},
        parameters=[
            OpenApiParameter("q", str, description="查询内容，支持两个字与拼音"),
            *(OpenApiParameter(name, str, many=True, description="可重复") for name in FACETS),
            OpenApiParameter("sort", str, enum=SORTS),
            OpenApiParameter("start", {"type": "integer", "minimum": 0, "maximum": 10**6}),
            OpenApiParameter("limit", {"type": "integer", "minimum": 0, "maximum": MOST_DATASETS}),
        ],
    )  # fmt: skip
    def get(self, request: Request, version: str = "v1") -> Response:
        asked = request.query_params
        start, limit = number(asked, "start", 0, 10**6), number(asked, "limit", 20, MOST_DATASETS)
        chosen = {name: asked.getlist(name)[:50] for name in FACETS if name in asked}
        found = browse(text(asked, "q"), chosen, sort=choice(asked, "sort", SORTS), start=start, size=limit)
        absolute = request.build_absolute_uri
        return Response({
            "count": found.total, "start": start,
            "results": [shapes.dataset(d, absolute) for d in found.datasets],
            "facets": {name: [{"value": v, "label": label, "count": n} for v, label, n, _ in facet.values]
                       for name, facet in found.facets.items()},
        })  # fmt: skip


class DatasetView(PublicApi):
    """一个数据集及其资源。"""

    @extend_schema(operation_id="catalog_dataset", responses={200: serializers.DatasetSerializer, **ERRORS})
    def get(self, request: Request, name: str, version: str = "v1") -> Response:
        dataset = find_dataset(request.user, name)
        if dataset is None:
            raise NotFound
        return Response(shapes.dataset(dataset, request.build_absolute_uri))


class ResourceView(PublicApi):
    """一个资源及其字段；未向调用方开放的字段注明不可读取。"""

    @extend_schema(
        operation_id="catalog_resource", responses={200: serializers.ResourceDetailSerializer, **ERRORS}
    )
    def get(self, request: Request, uid: Any, version: str = "v1") -> Response:
        resource = self.resource(request, uid)
        try:
            table: OpenTable | None = open_table(request.user, resource, timezone.now())
        except NothingToRead:
            table = None
        return Response(shapes.resource_detail(resource, table, request.build_absolute_uri))


class RowsView(PublicApi):
    """按行读取：筛选、排序、取部分字段，用翻页标记取下一页，第一百万行与第一行同样快。"""

    @extend_schema(
        operation_id="catalog_rows",
        responses={200: serializers.RowsSerializer, **ERRORS, 503: serializers.ErrorSerializer},
        parameters=[
            OpenApiParameter("fields", str, description="字段代码，逗号分隔；缺省为全部可读字段"),
            OpenApiParameter("filter", str, many=True, description=FILTER_HELP),
            OpenApiParameter("filters", str, description="JSON 条件，可用 $and、$or"),
            OpenApiParameter("q", str, description="在全部可读字段中查找"),
            OpenApiParameter("sort", str, description="字段代码，前加 - 为降序，逗号分隔"),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
                description="每页行数，缺省 100",
            ),
            OpenApiParameter("cursor", str, description="上一页给出的翻页标记"),
            OpenApiParameter("total", str, enum=FLAGS, description="是否计算总数"),
        ],
    )
    def get(self, request: Request, uid: Any, version: str = "v1") -> Response:
        table = self.table(request, uid, Way.INTERFACE)
        asked = request.query_params
        limit = number(asked, "limit", 100, MOST_ROWS, least=1)
        try:
            query = row_query(asked, table)
            if cursor := text(asked, "cursor"):
                query = with_cursor(query, cursor)
            page = read_page(table, query, limit=limit, with_total=choice(asked, "total", FLAGS) != "false")
        except UnableToUnderstandQuery as error:
            raise QueryRefused({error.field: [str(error)]}) from None
        except UnableToAnswerInTime as error:
            return busy(str(error))
        copy = note_call(table, timezone.now(), audit.origin_of(request), request.user, rows=len(page.rows))
        more = len(page.rows) == limit
        mark = write_cursor(query.order, page.keys[-1]) if more else None
        codes = [c.code for c in query.columns]
        return Response({
            "resource": str(table.resource.uid), "release": table.release.number,
            "columns": [shapes.column(table.fields[c.code], True) for c in query.columns if c.code in table.fields],
            "rows": [dict(zip(codes, map(plain, row), strict=True)) for row in marked_rows(page, query, copy)],
            "total": page.total, "total_is_estimate": page.is_estimate, "cursor": mark,
            "next": next_address(request, mark) if mark else None,
        } | ({"mark": copy} if copy else {}), headers={HEADER: copy} if copy else None)  # fmt: skip


class ProfileView(PublicApi):
    """各列的概况：空值、取值个数、范围、最常见的值。"""

    @extend_schema(
        operation_id="catalog_profile", responses={200: serializers.ProfileSerializer(many=True), **ERRORS}
    )
    def get(self, request: Request, uid: Any, version: str = "v1") -> Response:
        table = self.table(request, uid, Way.INTERFACE)
        copy = note_call(table, timezone.now(), audit.origin_of(request), request.user, rows=0)
        told = [shapes.profile(c, table.release.profile.get(c.code, {})) for c in table.columns]
        return Response(told, headers={HEADER: copy} if copy else None)


class DumpView(PublicApi):
    """整表下载，边读边传。"""

    @extend_schema(
        operation_id="catalog_dump",
        responses={(200, media.partition(";")[0]): OpenApiTypes.BINARY for media in MEDIA_TYPES.values()} | ERRORS,
        parameters=[
            OpenApiParameter("format", str, enum=list(FORMATS)),
            OpenApiParameter("bom", str, enum=FLAGS, description="供电子表格打开的 CSV"),
            OpenApiParameter("fields", str), OpenApiParameter("filter", str, many=True, description=FILTER_HELP),
            OpenApiParameter("filters", str), OpenApiParameter("q", str), OpenApiParameter("sort", str),
        ],
    )  # fmt: skip
    def get(self, request: Request, uid: Any, version: str = "v1") -> Any:
        table = self.table(request, uid, Way.DOWNLOAD)
        asked = request.query_params
        format = choice(asked, "format", FORMATS) or "csv"
        try:
            query = row_query(asked, table)
        except UnableToUnderstandQuery as error:
            raise QueryRefused({error.field: [str(error)]}) from None
        bom = choice(asked, "bom", FLAGS) == "true"
        origin, rows = audit.origin_of(request), table.release.row_count
        mark = note_download(table, timezone.now(), origin, request.user, rows=rows)
        pieces = export(table, query, format, bom=bom, with_titles=bom, as_objects=True, mark=mark)
        response = StreamingHttpResponse(pieces, content_type=MEDIA_TYPES[format])
        name = "".join(c if c.isascii() else "_" for c in file_stem(table.resource))
        response["Content-Disposition"] = f'attachment; filename="{marked_name(name, mark, format)}"'
        if mark:
            response[HEADER] = mark
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """``format`` says which file is wanted; it is no renderer of the framework."""
        return self.get_renderers()[0], "application/json"


class SuggestView(PublicApi):
    """输入时的提示：标题与拼音。"""

    @extend_schema(
        operation_id="catalog_suggest", parameters=[OpenApiParameter("q", str)],
        responses={200: serializers.SuggestionSerializer(many=True), **ERRORS},
    )  # fmt: skip
    def get(self, request: Request, version: str = "v1") -> Response:
        words = text(request.query_params, "q").strip()
        found = browse(words, {}, size=8).datasets if words else []
        return Response([{"title": d.title, "name": d.name, "url": dataset_page(d)} for d in found])


class NothingView(PublicApi):
    """An address that is none."""

    schema = None

    def get(self, request: Request, rest: str, version: str = "v1") -> Response:
        raise NotFound


# -- parameters -----------------------------------------------------------------------------------------
def row_query(asked: Any, table: OpenTable) -> RowQuery:
    """Fields, filters, words and sort of an address. Raises :class:`UnableToUnderstandQuery`."""

    def find(code: str, where: str) -> Column:
        return table.column(code, where=where)

    codes = [code.strip() for code in text(asked, "fields").split(",") if code.strip()]
    shown = tuple(dict.fromkeys(find(code, "fields") for code in codes)) or table.columns
    told = text(asked, "filters")
    try:
        tree = orjson.loads(told) if told else None
    except orjson.JSONDecodeError:
        raise UnableToUnderstandQuery("filters 不是 JSON。", "filters") from None
    parts: list[Where] = [part for part in (read_filters(tree, find),) if part is not None]
    parts += short_filters(asked.getlist("filter"), table)
    where = parts[0] if len(parts) == 1 else Group("and", tuple(parts)) if parts else None
    words = read_words(text(asked, "q"), table.columns, find)
    return RowQuery(shown, where=where, words=words, sort=read_sort(text(asked, "sort"), find))


def short_filters(told: list[str], table: OpenTable) -> list[Where]:
    """``code:op:value``; the code may hold colons when it is one of the table's."""
    if len(told) > MOST_FILTERS:
        raise UnableToUnderstandQuery(f"条件超过 {MOST_FILTERS} 个。", "filter")
    parts: list[Where] = []
    for one in told:
        codes = [c.code for c in (*table.columns, ID_COLUMN) if one.startswith(f"{c.code}:")]
        code = max(codes, key=len, default=one.partition(":")[0])
        op, colon, value = one[len(code) + 1 :].partition(":")
        column = table.column(code, where="filter")
        if not colon:
            raise UnableToUnderstandQuery("条件应写成“字段:比较:值”。", "filter")
        parts.append(condition(column, op, value.split("|") if op == "in" else value))
    return parts


def with_cursor(query: RowQuery, cursor: str) -> RowQuery:

    return replace(query, after=read_cursor(cursor, query.order))


def text(asked: Any, name: str) -> str:
    value = asked.get(name, "")
    if NUL in value or len(value) > 8000:
        raise QueryRefused({name: ["内容过长或含有不可用的字符。"]})
    return str(value)


def choice(asked: Any, name: str, allowed: Iterable[str]) -> str:
    """One of the allowed words, '' where nothing is said. Raises ValidationError for any other."""
    value = text(asked, name)
    if name in asked and value not in allowed:
        raise ValidationError({name: [f"应为 {'、'.join(allowed)} 之一。"]})
    return value


def number(asked: Any, name: str, default: int, most: int, least: int = 0) -> int:
    """A whole number of the address. Raises ValidationError for anything else."""
    value = asked.get(name, "")
    if value == "":
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 10) or not least <= int(value) <= most:
        raise ValidationError({name: [f"应为 {least} 至 {most} 的整数。"]})
    return int(value)


def next_address(request: Request, mark: str) -> str:
    kept = {name: request.query_params.getlist(name) for name in request.query_params if name != "cursor"}
    return request.build_absolute_uri(f"{request.path}?{urlencode(kept | {'cursor': mark}, doseq=True)}")


def busy(message: str) -> Response:

    body = {"code": "too_slow", "message": message, "fields": {}, "request_id": request_id.current()}
    return Response({"error": body}, status=503)
