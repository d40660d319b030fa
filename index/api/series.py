"""``/api/v1/index/…``: panels, series with vintages, contributions, metadata. The same filters as the pages."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from index.dashboard import Board, NothingToShow, divisions_of, named_parts, open_board
from index.exports import metadata
from index.selectors.panels import reader_of
from index.selectors.series import list_vintages
from index.selectors.standing import find_standing
from index.state import read_state
from index.transforms import transformed
from index.views.common import READERS

SCOPE = "index.read"
FILTERS = [
    OpenApiParameter("panel", str, description="序列范围代码，见 /index/panels/；缺省为本人首页范围"),
    OpenApiParameter("dim", int, description="0 总指数，1 至 5 为各维度"),
    OpenApiParameter("since", date, description="起始日"),
    OpenApiParameter("until", date, description="截止日"),
]
REALTIME = [
    OpenApiParameter("realtime_start", str, description="所知时段起；给出时返回该时段内有效的每一次发布"),
    OpenApiParameter("realtime_end", str, description="所知时段止；仅给出此项时，返回截至当时所知的数值"),
]


class PanelSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class PointSerializer(serializers.Serializer):
    day = serializers.DateField()
    value = serializers.FloatField(allow_null=True)
    level = serializers.FloatField(allow_null=True)
    entities = serializers.IntegerField(required=False)
    coverage = serializers.FloatField(required=False)
    provisional = serializers.BooleanField()
    realtime_start = serializers.DateTimeField(required=False)
    realtime_end = serializers.DateTimeField(required=False, allow_null=True)
    data_version = serializers.CharField(required=False)
    code_hash = serializers.CharField(required=False)


class SeriesSerializer(serializers.Serializer):
    panel = serializers.CharField()
    name = serializers.CharField()
    rolled_up_from = serializers.CharField(allow_blank=True, help_text="所求范围不可展示时，说明已并入上级")
    dimension = serializers.CharField()
    method_version = serializers.CharField()
    data_version = serializers.CharField()
    points = PointSerializer(many=True)


class PartSerializer(serializers.Serializer):
    name = serializers.CharField()
    points = serializers.FloatField(help_text="拉动点数，相加即总变动")


class ContributionSerializer(serializers.Serializer):
    panel = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    by = serializers.CharField()
    change = serializers.FloatField()
    parts = PartSerializer(many=True)


class _IndexView(APIView):
    audience = READERS
    required_scope = SCOPE

    def board(self, request: Request) -> Board:
        standing = find_standing()
        if standing is None:
            raise NotFound("尚无指数。")
        state = read_state(request.query_params, len(standing.basket.dimensions))
        if state.panel and not any(state.panel == card for card in _codes(standing)):
            raise NotFound("没有该范围代码。")
        try:
            return open_board(standing, reader_of(request.user), state)
        except NothingToShow as error:
            raise PermissionDenied("当前没有您可以查看的指数序列。") from error


def _codes(standing: Any) -> list[str]:
    from index.selectors.panels import Panels

    return list(Panels(standing).by_code)


class PanelsView(_IndexView):
    """可查询的序列范围：全市、镇街、行业、规模及其交叉；不可展示的不列出。"""

    @extend_schema(operation_id="index_panels", responses=PanelSerializer(many=True))
    def get(self, request: Request, version: str = "v1") -> Response:
        board = self.board(request)
        rows = [
            {"code": card.code, "name": card.name, "kind": str(card.kind)}
            for card in board.panels.by_code.values()
            if board.reader.may_see(card)
        ]
        return Response(PanelSerializer(rows, many=True).data)


class SeriesView(_IndexView):
    """每日序列；给出 realtime_start、realtime_end 时按当时所知返回，或列出该时段内的各次发布。"""

    @extend_schema(
        operation_id="index_series",
        responses=SeriesSerializer,
        parameters=[
            *FILTERS,
            OpenApiParameter("how", str, enum=["level", "change", "pct", "year"], description="变换"),
            *REALTIME,
        ],
    )
    def get(self, request: Request, version: str = "v1") -> Response:
        board = self.board(request)
        start, end = (_instant(request, name) for name in ("realtime_start", "realtime_end"))
        points = _as_known(board, end) if start is None else _vintage_points(board, start, end)
        told = {
            "panel": board.card.code,
            "name": board.card.name,
            "dimension": board.dimension_name,
            "rolled_up_from": board.rolled_from.name if board.rolled_from else "",
            "method_version": board.standing.method.code,
            "data_version": board.standing.run.data_version,
            "points": points,
        }
        return Response(SeriesSerializer(told).data)


def _as_known(board: Board, at: datetime | None) -> list[dict[str, Any]]:
    from index.selectors.series import find_series

    series = board.series if at is None else find_series(board.standing, board.card, at)
    if series is None:
        return []
    n = board.state.dimension
    values = transformed(series.days, series.values[:, n], board.state.how)
    first, last = board.state.since or series.days[0], board.state.until or series.days[-1]
    return [
        {
            "day": day,
            "value": _plain(values[place]),
            "level": _plain(series.level[place, n]),
            "entities": series.entities[place],
            "coverage": series.coverage[place],
            "provisional": series.provisional[place],
        }
        for place, day in enumerate(series.days)
        if first <= day <= last
    ]


def _vintage_points(board: Board, start: datetime, end: datetime | None) -> list[dict[str, Any]]:
    first = board.state.since or board.series.days[0]
    last = board.state.until or board.series.days[-1]
    found = list_vintages(board.standing, board.card, board.state.dimension, first, last, (start, end))
    return [
        {
            "day": one.day,
            "value": _plain(one.value),
            "level": _plain(one.level),
            "provisional": one.provisional,
            "realtime_start": one.realtime_start,
            "realtime_end": one.realtime_end,
            "data_version": one.data_version,
            "code_hash": one.code_hash,
        }
        for one in found
    ]


def _plain(value: Any) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None


def _instant(request: Request, name: str) -> datetime | None:
    """A date (its end for realtime_end, its beginning for realtime_start) or a moment."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None:
            raise ValidationError({name: ["请使用日期（2026-11-22）或带时区的时间。"]}) from None
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    begins = timezone.make_aware(datetime.combine(day, time.min))
    return begins + timedelta(days=1, microseconds=-1) if name == "realtime_end" else begins


class ContributionsView(_IndexView):
    """一段时间内总指数变动的分解，各部分之和即总变动；不可展示的部分合并列示。"""

    @extend_schema(
        operation_id="index_contributions",
        responses=ContributionSerializer,
        parameters=[
            *FILTERS,
            OpenApiParameter(
                "by", str, enum=["dimension", "indicator", "town", "section", "size"], description="分解方式"
            ),
        ],
    )
    def get(self, request: Request, version: str = "v1") -> Response:
        board = self.board(request)
        by = request.query_params.get("by", "dimension")
        if by not in divisions_of(board):
            raise ValidationError({"by": ["该范围不能按此方式分解。"]})
        parts = named_parts(board, by)
        told = {
            "panel": board.card.code,
            "since": board.since,
            "until": board.until,
            "by": by,
            "change": sum(points for _, points in parts),
            "parts": [{"name": n, "points": p} for n, p in parts],
        }
        return Response(ContributionSerializer(told).data)


class MetadataView(_IndexView):
    """序列的元数据：编制定义、数据版本、修订政策、引用格式。"""

    @extend_schema(operation_id="index_metadata", responses=OpenApiTypes.OBJECT, parameters=FILTERS)
    def get(self, request: Request, version: str = "v1") -> Response:
        return Response(json.loads(metadata(self.board(request))))
