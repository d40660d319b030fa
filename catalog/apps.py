"""Open-data catalogue as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "catalog"
    label = "catalog"
    verbose_name = "公共数据开放"

    def ready(self) -> None:
        from .row_rights import grant_row_rights

        post_migrate.connect(grant_row_rights, sender=self)
