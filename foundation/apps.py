"""Foundation as a Django app (template tags)."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "foundation"
    verbose_name = "基础"
