"""Village points as a Django app."""

from django.apps import AppConfig


class VillagesConfig(AppConfig):
    name = "villages"
    label = "villages"
    verbose_name = "桥头分"

    def ready(self) -> None:
        from . import openapi  # noqa: F401 - registers itself with the schema generator
