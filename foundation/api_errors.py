"""The one shape of an API error: ``{"error": {"code", "message", "fields", "request_id"}}``."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from . import request_id

MESSAGES = {
    "not_authenticated": "未提供访问令牌，请在请求头 Authorization 中携带“Bearer 令牌”。",
    "authentication_failed": "访问令牌无效、已过期或已停用，请重新申请。",
    "permission_denied": "当前身份无权进行此操作。",
    "not_found": "未找到所请求的内容。",
    "method_not_allowed": "该地址不支持此请求方法。",
    "throttled": "请求过于频繁，请稍后再试。",
    "parse_error": "请求内容格式有误，请检查 JSON 语法。",
    "invalid": "提交的内容有误，请按字段提示修改后重试。",
    "unsupported_media_type": "不支持的内容类型，请使用 application/json。",
    "not_acceptable": "不支持所要求的返回格式，请使用 application/json。",
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give DRF's answer the portal's shape; unknown exceptions go on to the 500 page."""
    response = rest_exception_handler(error, context)
    if response is None:
        return None
    code = _code(error, response.status_code)
    body: dict[str, Any] = {
        "code": code,
        "message": MESSAGES.get(code) or str(getattr(error, "detail", "")) or "请求未能完成。",
        "fields": response.data if isinstance(error, ValidationError) else {},
        "request_id": request_id.current(),
    }
    wait = getattr(error, "wait", None) if isinstance(error, Throttled) else None
    if wait is not None:
        body["retry_after_seconds"] = int(wait) + 1
    response.data = {"error": body}
    return response


def _code(error: Exception, status_code: int) -> str:
    if isinstance(error, ValidationError):
        return "invalid"
    detail = getattr(error, "detail", None)
    if isinstance(error, APIException) and isinstance(detail, ErrorDetail):
        return str(detail.code)
    names = {status.HTTP_404_NOT_FOUND: "not_found", status.HTTP_403_FORBIDDEN: "permission_denied"}
    return names.get(status_code, "error")
