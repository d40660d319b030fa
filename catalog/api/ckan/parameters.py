"""Reading what a client sent: query string, JSON, form or multipart, in CKAN's loose manner."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict

from .errors import BadRequest, Invalid

_TRUE, _FALSE = (
    frozenset({"true", "t", "1", "yes", "on", "y"}),
    frozenset({"false", "f", "0", "no", "off", "n", ""}),
)


@dataclass
class Parameters:
    """Values by name, as sent; files of a multipart body beside them."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, UploadedFile] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def text(self, name: str, default: str = "") -> str:
        """One text; a repeated key's last value. Raises :class:`Invalid` for lists and objects."""
        value = self.values.get(name, default)
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            value = value[-1]
        if value is None:
            return default
        if isinstance(value, (dict, list)):
            raise Invalid({name: ["Must be a string"]})
        text = (
            value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        )
        if "\x00" in text:
            raise Invalid({name: ["Null character"]})
        return text

    def required(self, name: str) -> str:
        text = self.text(name)
        if not text:
            raise Invalid({name: ["Missing value"]})
        return text

    def number(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """A whole number, cut to ``most``. Raises :class:`Invalid` for anything else or less than ``least``."""
        text = self.text(name, "")
        if text == "":
            return default
        try:
            number = int(text) if len(text) < 19 else None
        except ValueError:
            number = None
        if number is None:
            raise Invalid({name: ["Invalid integer"]})
        if number < least:
            raise Invalid({name: ["Must be a natural number" if least == 0 else f"Must be at least {least}"]})
        return number if most is None else min(number, most)

    def flag(self, name: str, default: bool = False) -> bool:
        text = self.text(name, "").strip().casefold()
        if name not in self.values:
            return default
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise Invalid({name: ["Must be boolean"]})

    def listed(self, name: str) -> list[str]:
        """A list: repeated key, JSON list, or words joined by commas."""
        value = self.structure(name)
        if value in (None, ""):
            return []
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value):
            return [str(one) for one in value]
        raise Invalid({name: ["Must be a list of strings"]})

    def listed_texts(self, name: str) -> list[str]:
        """Like :meth:`listed`, but one text stays whole, commas and all."""
        value = self.structure(name)
        return [value] if isinstance(value, str) and value else self.listed(name)

    def structure(self, name: str) -> Any:
        """An object or list, also when sent as JSON text; other text as it is."""
        value = self.values.get(name)
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                return value
        return value


def read_parameters(request: HttpRequest, *, is_read: bool) -> Parameters:
    """Raises :class:`BadRequest` for a body that cannot be read."""
    if request.method in ("GET", "HEAD"):
        return Parameters(_flat(request.GET))
    kind = (request.content_type or "").lower()
    try:
        if kind == "multipart/form-data":
            files = {name: one for name, one in request.FILES.items() if isinstance(one, UploadedFile)}
            own = Parameters(_flat(request.POST), files)
        elif kind == "application/x-www-form-urlencoded":
            own = Parameters(_form(request))
        else:
            own = Parameters(_json(request.body))
    except RequestDataTooBig:
        raise BadRequest("Bad request - Request body too large") from None
    except (MultiPartParserError, SuspiciousOperation, UnicodeDecodeError):
        raise BadRequest("Bad request - Body could not be read") from None
    if is_read:
        own.values = _flat(request.GET) | own.values
    return own


def _form(request: HttpRequest) -> dict[str, Any]:
    """A form; a JSON object sent as if it were one (``curl -d '{…}'``) is taken as JSON."""
    body = request.body
    if body.lstrip()[:1] == b"{":
        return _json(body)
    return _flat(request.POST)


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest("Bad request - JSON Error: Error decoding JSON data.") from None
    if not isinstance(told, dict):
        raise BadRequest("Bad request - JSON Error: Request data JSON decoded to an object is required.")
    return told


def _flat(values: MultiValueDict[str, Any]) -> dict[str, Any]:
    return {
        name: found if len(found := values.getlist(name)) > 1 else found[0]
        for name in values
        if values.getlist(name)
    }
