"""Models of accounts."""

from .agency import Agency
from .inbox import InboxItem
from .scope import AgencyUserPermission
from .token import ApiToken
from .user import PasswordRecord, RoleGrant, User

__all__ = [
    "Agency",
    "AgencyUserPermission",
    "ApiToken",
    "InboxItem",
    "PasswordRecord",
    "RoleGrant",
    "User",
]
