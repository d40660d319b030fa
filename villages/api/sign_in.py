"""Sign-in of a mini-programme: code, token of the device."""

from django.core import signing
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import audit
from accounts.access import ANYONE
from accounts.trail import origin_of_arrival
from foundation.addresses import client_address
from villages.models import Resident
from villages.services import sign_in
from villages.services.sign_in import UnableToSignIn
from villages.services.sms import UnableToSendMessage

from .common import Refused

SALT = "villages.api.who"
TICKET_SECONDS = 300


class PhoneSerializer(serializers.Serializer):
    phone = serializers.CharField(max_length=20)


class CodeSerializer(serializers.Serializer):
    phone = serializers.CharField(max_length=20)
    code = serializers.CharField(max_length=10)
    device = serializers.CharField(max_length=60, required=False, allow_blank=True)


class WhoSerializer(serializers.Serializer):
    ticket = serializers.CharField(max_length=500)
    resident = serializers.IntegerField()
    device = serializers.CharField(max_length=60, required=False, allow_blank=True)


class OpenedSerializer(serializers.Serializer):
    token = serializers.CharField(
        allow_blank=True, help_text="请求头 Authorization: Device <token>；多人共用手机号时为空"
    )
    resident = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    ticket = serializers.CharField(allow_blank=True, help_text="多人共用手机号时，用它和所选的人再请求一次")
    people = serializers.ListField(child=serializers.DictField())


class SendCode(APIView):
    """``POST /api/v1/villages/sign-in/code/``."""

    audience = ANYONE
    authentication_classes: list[type] = []

    @extend_schema(request=PhoneSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        told = PhoneSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        try:
            sign_in.send_code(
                told.validated_data["phone"], address=client_address(request._request), now=timezone.now()
            )
        except (UnableToSignIn, UnableToSendMessage) as refusal:
            raise Refused(str(refusal), "sign_in_refused", 422) from refusal
        return Response(status=204)


class Enter(APIView):
    """``POST /api/v1/villages/sign-in/``."""

    audience = ANYONE
    authentication_classes: list[type] = []

    @extend_schema(request=CodeSerializer, responses=OpenedSerializer)
    def post(self, request: Request) -> Response:
        told = CodeSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        try:
            residents = sign_in.check_code(values["phone"], values["code"], now=timezone.now())
        except UnableToSignIn as refusal:
            raise Refused(str(refusal), "sign_in_refused", 422) from refusal
        if len(residents) == 1:
            return _opened(request, residents[0], values.get("device", ""))
        people = [{"id": r.pk, "name": r.name, "village": r.village.name} for r in residents]
        ticket = signing.dumps([r.pk for r in residents], salt=SALT)
        return Response({"token": "", "resident": None, "name": "", "ticket": ticket, "people": people})


class Who(APIView):
    """``POST /api/v1/villages/sign-in/who/``."""

    audience = ANYONE
    authentication_classes: list[type] = []

    @extend_schema(request=WhoSerializer, responses=OpenedSerializer)
    def post(self, request: Request) -> Response:
        told = WhoSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        try:
            ids = signing.loads(values["ticket"], salt=SALT, max_age=TICKET_SECONDS)
        except signing.BadSignature as refusal:
            raise Refused("选择已超时，请重新获取验证码。", "sign_in_refused", 422) from refusal
        wanted = Resident.objects.select_related("village__agency", "user").filter(status="active")
        resident = wanted.filter(pk=values["resident"]).first() if values["resident"] in ids else None
        if resident is None:
            raise Refused("没有找到所选的人，请重新登录。", "sign_in_refused", 422)
        return _opened(request, resident, values.get("device", ""))


def _opened(request: Request, resident: Resident, label: str) -> Response:
    user = sign_in.user_of(resident)
    opened = sign_in.remember_device(resident, label or "小程序", now=timezone.now())
    audit.record(
        "villages.device.opened",
        origin=origin_of_arrival(request._request, user),
        target=f"resident:{resident.pk}",
    )
    return Response(
        {"token": opened.token, "resident": resident.pk, "name": resident.name, "ticket": "", "people": []}
    )
