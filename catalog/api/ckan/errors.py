"""CKAN's refusals: each with its word, its status and the rest of its error."""

from collections.abc import Mapping, Sequence
from typing import Any


class CkanRefusal(Exception):
    """``error`` of the answer, with the status it goes with."""

    status = 500
    word = "Internal Server Error"

    def __init__(self, message: str = "", **rest: Any) -> None:
        super().__init__(message)
        self.error: dict[str, Any] = {"__type": self.word} | ({"message": message} if message else {}) | rest


class Invalid(CkanRefusal):
    """Validation: one key a field, value a list of messages."""

    status, word = 409, "Validation Error"

    def __init__(self, errors: Mapping[str, Sequence[Any]]) -> None:
        super().__init__("", **{name: list(messages) for name, messages in errors.items()})


class NotAllowed(CkanRefusal):
    status, word = 403, "Authorization Error"

    def __init__(self, why: str = "") -> None:
        super().__init__(f"Access denied: {why}" if why else "Access denied")


class NotThere(CkanRefusal):
    status, word = 404, "Not Found Error"

    def __init__(self, what: str = "") -> None:
        super().__init__(f"Not found: {what}" if what else "Not found")


class WrongShape(CkanRefusal):
    status, word = 400, "Integrity Error"


class BadSearchQuery(CkanRefusal):
    status, word = 400, "Search Query Error"


class SearchFault(CkanRefusal):
    status, word = 409, "Search Error"


class BadRequest(Exception):
    """Unknown action, broken JSON, a write by GET: a bare JSON string."""
