"""API tokens."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``."""

    def authenticate(self, request: Request) -> None:
        return None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
