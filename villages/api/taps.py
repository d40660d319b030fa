"""``/api/v1/villages/taps/``: every act of a villager comes in here, once."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.roles import Role
from villages.outcomes import steps_of
from villages.selectors.consents import has_agreed
from villages.selectors.mobile import taps_of
from villages.services import scans
from villages.services.lessons import FailedQuiz
from villages.services.posting import UnableToPost
from villages.services.taps import TapOrder, UnableToTap, Upload, record_tap

from .common import AUTHENTICATION, Refused, data_of, device_id_of, villager_of

SHOWN = 50
FILE_NAMES = ("photo1", "photo2", "photo3", "before", "after", "voice")


class TapSerializer(serializers.Serializer):
    """A tap as it is sent: multipart when it carries files, ``body`` then being JSON in a field."""

    id = serializers.UUIDField(help_text="手机在点击时生成的 UUIDv7；重发不会重复计分")
    activity = serializers.CharField(allow_blank=True, help_text="活动编号；扫地点码时为空")
    at = serializers.DateTimeField(help_text="点击时刻，带时区")
    resident = serializers.CharField(required=False, allow_blank=True, help_text="为谁办理，默认本人")
    body = serializers.JSONField(
        required=False, help_text="choice、answers、agree、code、position、text、seconds、challenge"
    )


class StepSerializer(serializers.Serializer):
    when = serializers.CharField()
    text = serializers.CharField()
    is_past = serializers.BooleanField()


class AnswerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.CharField()
    headline = serializers.CharField()
    message = serializers.CharField()
    points = serializers.IntegerField()
    url = serializers.CharField()
    repeat = serializers.BooleanField()
    steps = StepSerializer(many=True, help_text="已发生和接下来的每一步，各带时间")


class RecordSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    activity = serializers.CharField(source="activity.title")
    state = serializers.CharField()
    state_label = serializers.CharField(source="get_state_display")
    occurred_at = serializers.DateTimeField()
    points_asked = serializers.IntegerField()
    points_granted = serializers.IntegerField()
    reason = serializers.CharField(source="reason_text")


class Taps(APIView):
    """Send a tap; read the own ones."""

    audience = (Role.VILLAGER,)
    authentication_classes = AUTHENTICATION
    parser_classes = [MultiPartParser, FormParser, JSONParser]

    @extend_schema(responses=RecordSerializer(many=True))
    def get(self, request: Request) -> Response:
        villager = villager_of(request)
        return Response(RecordSerializer(taps_of(villager.resident)[:SHOWN], many=True).data)

    @extend_schema(request=TapSerializer, responses=AnswerSerializer)
    def post(self, request: Request) -> Response:
        villager = villager_of(request)
        if not has_agreed(villager.resident):
            raise Refused("请先阅读并同意使用告知书。", "consent_missing", 403)
        body = _body(request)
        activity_id = _activity_id(request, body)
        if activity_id is None:
            return self._place(villager, body)
        order = TapOrder(
            id=_uuid(request), activity_id=activity_id, resident=villager.resident, at=_time(request), body=body,
            files=_files(request), by_resident=villager.own if villager.by_proxy else None,
            device_id=device_id_of(request),
        )  # fmt: skip
        try:
            answer = record_tap(order, now=timezone.now())
        except UnableToTap as refusal:
            if isinstance(refusal, FailedQuiz):
                refusal.note()
            raise Refused(str(refusal), refusal.code, refusal.status) from refusal
        except UnableToPost as refusal:
            raise Refused(str(refusal), "ledger_refused", refusal.status) from refusal
        tap = answer.tap
        return Response({
            "id": tap.pk, "state": tap.state, "headline": answer.headline, "message": answer.message,
            "points": tap.points_granted, "url": reverse("villages:my_record", args=[tap.pk]), "repeat": answer.is_repeat,
            "steps": StepSerializer(steps_of(tap, now=timezone.now()), many=True).data,
        })  # fmt: skip

    def _place(self, villager: Any, body: Mapping[str, Any]) -> Response:
        """A printed code only says where one is: it leads on and earns nothing."""
        try:
            place = scans.check_place(str(body.get("code", "")), villager.resident, dict(body))
        except UnableToTap as refusal:
            raise Refused(str(refusal), refusal.code, refusal.status) from refusal
        return Response({
            "id": None, "state": "place", "headline": f"您在{place.name}", "points": 0, "repeat": False,
            "message": "地点码只说明您在哪里，不直接计分。请选择这里的活动。", "url": reverse("villages:my"),
            "steps": [],
        })  # fmt: skip


def _body(request: Request) -> dict[str, Any]:
    told = data_of(request).get("body", {})
    if isinstance(told, str):
        try:
            told = json.loads(told or "{}")
        except ValueError as error:
            raise Refused("提交的内容格式有误。", "malformed", 400) from error
    if not isinstance(told, dict):
        raise Refused("提交的内容格式有误。", "malformed", 400)
    return told


def _activity_id(request: Request, body: Mapping[str, Any]) -> int | None:
    told = str(data_of(request).get("activity", "") or "")
    if told.isdecimal():
        return int(told)
    return scans.find_activity(str(body.get("code", "")))


def _uuid(request: Request) -> UUID:
    try:
        found = UUID(str(data_of(request).get("id", "")))
    except ValueError as error:
        raise Refused("缺少提交编号。", "malformed", 400) from error
    if found.version != 7:
        raise Refused("提交编号应为 UUIDv7。", "malformed", 400)
    return found


def _time(request: Request) -> Any:
    try:
        found = parse_datetime(str(data_of(request).get("at", "")))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused("缺少带时区的发生时间。", "malformed", 400)
    return found


def _files(request: Request) -> tuple[Upload, ...]:
    found = []
    for name in FILE_NAMES:
        file = request.FILES.get(name)
        if file is not None:
            found.append(Upload(name, file.content_type or "", file.read()))
    return tuple(found)
