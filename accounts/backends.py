"""Who may sign in: active people of active agencies."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from .models import User


class PortalBackend(ModelBackend):
    """Django's own check of name and password; the agency must be active too, at every request."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("agency").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        agency = user.agency
        if user.is_superuser and not settings.PORTAL_SUPERUSERS_ALLOWED:
            return False
        return bool(user.is_active) and (agency is None or bool(agency.is_active))
