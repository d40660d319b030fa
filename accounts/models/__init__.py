"""Models of accounts."""

from .agency import Agency
from .authenticator import Authenticator
from .inbox import InboxItem
from .scope import AgencyUserPermission
from .token import ApiToken
from .user import PasswordRecord, RoleGrant, User

__all__ = [
    "Agency",
    "AgencyUserPermission",
    "ApiToken",
    "Authenticator",
    "InboxItem",
    "PasswordRecord",
    "RoleGrant",
    "User",
]
