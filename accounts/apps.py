"""Accounts as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "账户与权限"

    def ready(self) -> None:
        from . import openapi  # noqa: F401 - registers itself with the schema generator
