"""The roof as a Django app: templates' context, rights of the database roles, start-up checks."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class RoofConfig(AppConfig):
    name = "cixi_portal"
    verbose_name = "门户"

    def ready(self) -> None:
        from .database_roles import grant_rights
        from .static_storage import leave_out_unused

        leave_out_unused()
        # Django sends the signal once for every app that has models; the roof has none.
        post_migrate.connect(grant_rights, sender=apps.get_app_config("accounts"))
