"""Models of accounts."""

from .agency import Agency
from .user import RoleGrant, User

__all__ = ["Agency", "RoleGrant", "User"]
