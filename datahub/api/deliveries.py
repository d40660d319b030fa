"""``/api/v1/deliveries/``: a department's program hands in files and asks what became of them."""

from typing import Any

from django.http import FileResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import audit
from accounts.roles import Role
from accounts.token_scopes import Scope
from datahub import tasks
from datahub.api.parsers import SHEET_TYPE, CsvParser, RawBody, RawFileParser, SheetParser
from datahub.api.serializers import (
    DeliveryRequest,
    DeliverySerializer,
    MultipartDelivery,
    RejectionSerializer,
)
from datahub.engine.definitions import get_item
from datahub.models import Batch, Channel
from datahub.selectors import batches as selectors
from datahub.services import following
from datahub.services.deliveries import UnableToReceive, receive_delivery
from datahub.services.reports import UnableToWriteReport, reject_report
from datahub.uploads import (
    declares_too_much,
    limit_text,
    limit_upload,
    refusal_of_name,
    shown_name,
    too_large,
)
from datahub.views.downloads import attachment

DELIVERERS = (Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR)
READERS = (Role.DATA_STEWARD, Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR)
TAG = ["数据报送"]
NO_NAME = "接口报送"


class DeliveryTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "delivery_too_large"

    def __init__(self) -> None:
        super().__init__(f"文件超过 {limit_text()} 的上限，未保存。请拆分为多个文件，或改用 CSV 格式。")


class OtherDepartment(PermissionDenied):
    default_code = "other_department"
    default_detail = "只能报送本部门的数据项，请核对数据项代码。"


class NoReport(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "no_report"


class _Scoped:
    """Writing needs another scope than reading."""

    request: Any

    @property
    def required_scope(self) -> str:
        writes = self.request is not None and self.request.method == "POST"
        return Scope.DELIVERIES_WRITE if writes else Scope.DELIVERIES_READ


class DeliveriesView(_Scoped, generics.ListAPIView[Batch]):
    """Hand in a file; list the deliveries of the own department."""

    audience = DELIVERERS
    serializer_class = DeliverySerializer
    parser_classes = (MultiPartParser, RawFileParser, CsvParser, SheetParser)
    queryset = Batch.objects.none()

    def get_queryset(self) -> Any:
        return selectors.visible_to(self.request.user)

    @extend_schema(operation_id="deliveries_list", summary="本部门的报送批次，新的在前", tags=TAG)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        limit_upload(request)  # before anything reads the body
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="deliveries_create",
        summary="报送文件",
        description="multipart/form-data，或以文件为请求体并把各参数写在地址中。相同文件、数据项与所属期只入库一次。",
        tags=TAG,
        parameters=[DeliveryRequest],
        request={
            "multipart/form-data": MultipartDelivery,
            "application/octet-stream": OpenApiTypes.BINARY,
            "text/csv": OpenApiTypes.BINARY,
            SHEET_TYPE: OpenApiTypes.BINARY,
        },
        responses={
            201: OpenApiResponse(DeliverySerializer, description="新批次，已进入核验队列"),
            200: OpenApiResponse(DeliverySerializer, description="已报送过的同一文件，返回原批次"),
        },
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if declares_too_much(request._request):
            raise DeliveryTooLarge
        body: Any = request.data
        raw = isinstance(body, RawBody)
        told = DeliveryRequest(data=request.query_params if raw else body)
        upload = None if raw else request.FILES.get("file")
        if too_large(request._request):
            raise DeliveryTooLarge
        told.is_valid(raise_exception=True)
        values = told.validated_data
        if not selectors.answers_for(request.user, get_item(values["item"]).department_code):
            raise OtherDepartment
        if not raw and upload is None:
            raise ValidationError({"file": ["请以 file 字段附上要报送的文件。"]})
        name = upload.name if upload is not None else values.get("file_name", "")
        if name and (refusal := refusal_of_name(name)):
            raise ValidationError({"file": [refusal]})
        batch, is_new = _receive(request, values, body.stream if raw else upload, name)
        made = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        where = {"Location": reverse("datahub_api:delivery", args=[batch.pk])}
        return Response(DeliverySerializer(batch).data, status=made, headers=where)


def _receive(request: Request, told: dict[str, Any], stream: Any, name: str) -> tuple[Batch, bool]:
    origin = audit.origin_of(request)
    try:
        received = receive_delivery(
            get_item(told["item"]), stream, file_name=shown_name(name) if name else NO_NAME,
            period=told["period"], file_date=told["file_date"], channel=Channel.API, origin=origin,
            now=timezone.now(),
        )  # fmt: skip
    except UnableToReceive as error:
        raise ValidationError({"file": [str(error)]}) from error
    if received.is_new:
        url = reverse("datahub:batch", args=[received.batch_id])
        following.announce(received.batch_id, "正在核验文件", owner_id=origin.actor_id, next_url=url)
        tasks.process_batch.delay(received.batch_id, origin.as_dict())
    return Batch.objects.get(pk=received.batch_id), received.is_new


def _batch_or_404(request: Request, pk: int) -> Batch:
    try:
        return selectors.get_batch(request.user, pk)
    except Batch.DoesNotExist:
        raise NotFound from None


class DeliveryView(APIView):
    """State and counts of one delivery."""

    audience = READERS
    required_scope = Scope.DELIVERIES_READ

    @extend_schema(operation_id="delivery", summary="批次状态与行数", tags=TAG, responses=DeliverySerializer)
    def get(self, request: Request, pk: int, *args: Any, **kwargs: Any) -> Response:
        return Response(DeliverySerializer(_batch_or_404(request, pk)).data)


class RejectionsView(generics.ListAPIView[Any]):
    """Why rows were rejected, in order of line."""

    audience = READERS
    required_scope = Scope.DELIVERIES_READ
    serializer_class = RejectionSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return selectors.list_rejections(Batch())
        return selectors.list_rejections(_batch_or_404(self.request, self.kwargs["pk"]))

    @extend_schema(
        operation_id="delivery_rejections",
        summary="退回的行及原因",
        tags=TAG,
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH, description="批次编号")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ReportView(APIView):
    """The rejected rows as XLSX, with the reasons beside them."""

    audience = READERS
    required_scope = Scope.DELIVERIES_READ

    @extend_schema(
        operation_id="delivery_report",
        summary="下载退回报告",
        tags=TAG,
        responses={(200, SHEET_TYPE): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int, *args: Any, **kwargs: Any) -> FileResponse:
        batch = _batch_or_404(request, pk)
        try:
            written = reject_report(batch, origin=audit.origin_of(request))
        except UnableToWriteReport as error:
            raise NoReport(str(error)) from error
        return attachment(written, f"退回报告-批次{batch.pk}.xlsx")
