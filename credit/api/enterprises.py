"""``GET /api/v1/enterprises/{code}``: identity, score, forces, reasons, permitted facts."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import audit
from accounts.roles import Role
from credit.models import ViewPurpose
from credit.selectors.profile import NotForThisReader, Profile, ReasonLine, read_profile
from credit.services.viewing import declare_purpose, must_declare, open_profile
from datahub.public import Fact, UnknownEnterprise


class IdentitySerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    former_names = serializers.ListField(child=serializers.CharField())
    kind = serializers.CharField()
    state = serializers.CharField()
    town_code = serializers.CharField()
    town = serializers.CharField()
    industry_section = serializers.CharField()
    industry_code = serializers.CharField()
    size = serializers.CharField()
    legal_person = serializers.CharField()
    established_on = serializers.DateField(allow_null=True)
    capital_yuan = serializers.FloatField(allow_null=True)


class ForceSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    value = serializers.FloatField(help_text="0 至 100")
    peer = serializers.FloatField(help_text="同业中位数，0 至 100")
    coverage = serializers.FloatField(help_text="信息覆盖，0 至 1")


class ReasonSerializer(serializers.Serializer):
    code = serializers.CharField(allow_blank=True, help_text="须企业授权时为空")
    force = serializers.CharField(allow_blank=True)
    direction = serializers.ChoiceField(choices=[-1, 1])
    points = serializers.FloatField(allow_null=True, help_text="须企业授权时为空")
    text = serializers.CharField(allow_blank=True)
    locked = serializers.BooleanField(help_text="须企业授权")
    record_ids = serializers.ListField(child=serializers.IntegerField())


class ScoreSerializer(serializers.Serializer):
    total = serializers.FloatField()
    grade = serializers.CharField()
    word = serializers.CharField()
    is_capped = serializers.BooleanField()
    cap = serializers.FloatField(allow_null=True, help_text="须企业授权时为空")
    coverage = serializers.FloatField()
    confidence = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    as_of = serializers.DateField()
    run_id = serializers.IntegerField()
    version = serializers.CharField()
    model_hash = serializers.CharField()
    forces = ForceSerializer(many=True)
    adverse = ReasonSerializer(many=True)
    favourable = ReasonSerializer(many=True)


class FactSerializer(serializers.Serializer):
    record_id = serializers.IntegerField()
    item = serializers.CharField()
    item_name = serializers.CharField()
    department = serializers.CharField()
    document_no = serializers.CharField(allow_blank=True)
    in_force = serializers.BooleanField(allow_null=True, help_text="须企业授权时为空")
    event_date = serializers.DateField(allow_null=True)
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    released_on = serializers.DateField(allow_null=True)
    received_at = serializers.DateTimeField()
    batch = serializers.IntegerField()
    line = serializers.IntegerField()
    fields = serializers.DictField(help_text="可读字段")  # type: ignore[assignment]
    locked_fields = serializers.ListField(child=serializers.CharField(), help_text="须企业授权的字段")


class EnterpriseSerializer(serializers.Serializer):
    identity = IdentitySerializer()
    score = ScoreSerializer(allow_null=True)
    facts = FactSerializer(many=True)


class EnterpriseView(APIView):
    """企业信用信息。银行须说明查询目的（purpose），每次调用均留痕；敏感数据须企业授权。"""

    audience = (Role.BANK_OFFICER, Role.BANK_MANAGER, Role.DATA_CENTRE_OPERATOR, Role.ENTERPRISE_REP)
    required_scope = "enterprises.read"

    @extend_schema(
        operation_id="enterprise",
        responses=EnterpriseSerializer,
        parameters=[
            OpenApiParameter(
                "purpose",
                str,
                enum=ViewPurpose.values,
                description="查询目的：贷前 before、贷中 during、贷后 after",
            )
        ],
    )
    def get(self, request: Request, code: str, version: str = "v1") -> Response:
        now, origin = timezone.now(), audit.origin_of(request)
        try:
            profile = read_profile(code, request.user, now=now)
        except UnknownEnterprise as error:
            raise NotFound("没有登记该统一社会信用代码的企业。") from error
        except NotForThisReader as error:
            raise PermissionDenied(str(error)) from error
        if must_declare(request.user):
            purpose = request.query_params.get("purpose", "")
            if purpose not in ViewPurpose.values:
                raise ValidationError({"purpose": ["请说明查询目的：before、during 或 after。"]})
            declare_purpose(request.user, profile.enterprise, ViewPurpose(purpose), origin=origin, now=now)
        open_profile(request.user, profile.enterprise, origin=origin, now=now, way="api")
        return Response(EnterpriseSerializer(as_document(profile)).data)


def as_document(profile: Profile) -> dict[str, Any]:
    """The profile as plain values: what is locked on the page is absent here."""
    score = profile.score
    return {
        "identity": profile.enterprise,
        "score": score
        and {
            **{name: getattr(score, name) for name in (
                "total", "grade", "word", "coverage", "confidence", "note", "as_of",
                "run_id", "version", "model_hash", "forces")},
            "is_capped": profile.cap is not None,
            "cap": None if profile.cap is None or profile.cap.locked else score.cap,
            "adverse": [_reason(line) for line in profile.adverse],
            "favourable": [_reason(line) for line in profile.favourable],
        },
        "facts": [_fact(fact) for fact in profile.facts],
    }  # fmt: skip


def _reason(line: ReasonLine) -> dict[str, Any]:
    return {
        "code": line.code, "force": line.force, "direction": line.direction, "points": line.points,
        "text": line.text, "locked": line.locked, "record_ids": list(line.record_ids),
    }  # fmt: skip


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "record_id": fact.record_id, "item": fact.item.code, "item_name": fact.item.name,
        "department": fact.department, "document_no": fact.document_no, "in_force": fact.in_force,
        "event_date": fact.event_date, "valid_from": fact.valid_from, "valid_to": fact.valid_to,
        "released_on": fact.released_on, "received_at": fact.received_at, "batch": fact.batch_id,
        "line": fact.line, "fields": {f.code: f.value for f in fact.fields if not f.locked and f.value is not None},
        "locked_fields": [f.code for f in fact.fields if f.locked],
    }  # fmt: skip
