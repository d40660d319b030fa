"""The roof as a Django app: templates' context, rights of the database roles, start-up checks."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RoofConfig(AppConfig):
    name = "cixi_portal"
    verbose_name = "门户"

    def ready(self) -> None:
        from .database_roles import grant_rights

        post_migrate.connect(grant_rights, sender=self)
