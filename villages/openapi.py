"""How the OpenAPI description names a remembered device."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class RememberedDevice(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "villages.api.common.DeviceAuthentication"
    name = "村民设备"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Device <令牌>"}
