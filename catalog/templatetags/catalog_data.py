"""Data blocks inside a page: JSON that browsers do not run and search engines read."""

import json
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@register.filter
def json_block(value: Any, media_type: str = "application/json") -> SafeString:
    """The value as a data block; the content policy lets it stand, for it is no script."""
    text = json.dumps(value, ensure_ascii=False, default=str).translate(_ESCAPES)
    safe = mark_safe(text)  # noqa: S308 - no character that could end the block is left
    return format_html('<script type="{}">{}</script>', media_type, safe)
