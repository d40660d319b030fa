"""The API's own pages: who am I, what is there."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .access import SIGNED_IN
from .models import ApiToken, User


class AgencyOfCaller(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="机构代码")
    name = serializers.CharField(help_text="机构名称")
    kind = serializers.CharField(help_text="机构类别")


class TokenOfCaller(serializers.Serializer[Any]):
    prefix = serializers.CharField(help_text="令牌前缀")
    name = serializers.CharField(help_text="用途")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="权限范围")
    expires_at = serializers.DateTimeField(help_text="失效时间")


class Caller(serializers.Serializer[Any]):
    username = serializers.CharField(help_text="用户名")
    roles = serializers.ListField(child=serializers.CharField(), help_text="角色代码")
    agency = AgencyOfCaller(allow_null=True)
    token = TokenOfCaller(allow_null=True, help_text="以令牌调用时给出")


class MeView(APIView):
    """Who the portal takes the caller for."""

    audience = SIGNED_IN
    required_scope = ""

    @extend_schema(operation_id="me", summary="当前调用者", tags=["账户"], responses=Caller)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        user = request.user
        assert isinstance(user, User)
        told = {
            "username": user.username,
            "roles": sorted(user.roles),
            "agency": user.agency,
            "token": request.auth if isinstance(request.auth, ApiToken) else None,
        }
        return Response(Caller(told).data)


class SchemaView(SpectacularAPIView):
    """OpenAPI description, for signed-in people and tokens only."""

    audience = SIGNED_IN
    required_scope = ""
