"""Grants on agencies: that someone answers for a department or town besides the own one."""

from django.db import models
from guardian.models import UserObjectPermissionBase

from .agency import Agency


class AgencyUserPermission(UserObjectPermissionBase):
    """A user's grant on one agency; a direct foreign key, so nothing is orphaned and lists stay quick."""

    id = models.BigAutoField(primary_key=True)
    content_object = models.ForeignKey(Agency, models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
