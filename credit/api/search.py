"""``GET /api/v1/enterprises/?q=``: finding enterprises, as on the page."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.token_scopes import Scope
from credit.search.filters import NAMES, SORTS
from credit.selectors.search import PAGE_SIZE, Found, Hit, find_enterprises
from credit.views.search import SEARCHERS, asked_for, page_number

LARGEST_PAGE = 100


class MatchSerializer(serializers.Serializer):
    kind = serializers.CharField(help_text="匹配方式")
    label = serializers.CharField(help_text="匹配说明")  # type: ignore[assignment]
    text = serializers.CharField(help_text="所匹配的内容")


class HitSerializer(serializers.Serializer):
    code = serializers.CharField()
    register_no = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    former_names = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField()
    kind = serializers.CharField()
    town_code = serializers.CharField(allow_blank=True)
    industry_section = serializers.CharField(allow_blank=True)
    size = serializers.CharField(allow_blank=True)
    legal_person = serializers.CharField(allow_blank=True)
    established_on = serializers.DateField(allow_null=True)
    grade = serializers.CharField(allow_blank=True, help_text="信用等级，尚无评分时为空")
    word = serializers.CharField(allow_blank=True)
    thin = serializers.BooleanField(help_text="信息不足，仅供参考")
    matches = MatchSerializer(many=True)


FIELDS = [str(name) for name in HitSerializer().fields if name != "matches"]


class FoundSerializer(serializers.Serializer):
    count = serializers.IntegerField(help_text="最多计至 1000")
    is_capped = serializers.BooleanField(help_text="实际多于 count")
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = HitSerializer(many=True)
    near = HitSerializer(many=True, help_text="名称相近的企业，仅在没有结果时给出")


class EnterpriseSearchView(APIView):
    """查找企业：代码、注册号、名称中的字、曾用名、拼音首字母、法定代表人。只返回登记信息与信用等级。"""

    audience = SEARCHERS
    required_scope = Scope.ENTERPRISES_READ

    @extend_schema(
        operation_id="enterprises",
        responses=FoundSerializer,
        parameters=[
            OpenApiParameter("q", str, description="查询内容"),
            *(OpenApiParameter(name, str, many=True) for name in NAMES),
            OpenApiParameter("sort", str, enum=[value for value in SORTS if value]),
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int, description=f"每页条数，最多 {LARGEST_PAGE}"),
        ],
    )
    def get(self, request: Request, version: str = "v1") -> Response:
        query, filters = asked_for(request.query_params)
        size = _page_size(request.query_params.get("page_size", ""))
        found = find_enterprises(query, filters, page=page_number(request.query_params), size=size)
        return Response(FoundSerializer(_document(found, request)).data)


def _page_size(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else PAGE_SIZE
    return max(1, min(number, LARGEST_PAGE))


def _document(found: Found, request: Request) -> dict[str, Any]:
    return {
        "count": found.count, "is_capped": found.is_capped, "page": found.page, "pages": found.pages,
        "next": _address(request, found.page + 1) if found.page < found.pages else None,
        "previous": _address(request, found.page - 1) if found.page > 1 else None,
        "results": [_hit(hit) for hit in found.hits], "near": [_hit(hit) for hit in found.near],
    }  # fmt: skip


def _address(request: Request, page: int) -> str:
    parameters = {name: request.query_params.getlist(name) for name in request.query_params}
    return request.build_absolute_uri(f"{request.path}?{urlencode(parameters | {'page': page}, doseq=True)}")


def _hit(hit: Hit) -> dict[str, Any]:
    return {**{name: getattr(hit, name) for name in FIELDS}, "matches": hit.reasons}
