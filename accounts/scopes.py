"""For which departments and towns a user answers: the own agency's and those granted besides.

Roles with a city-wide duty (the data centre's) are not listed here: the apps know them by their role.
"""

from django.contrib.auth.models import AnonymousUser

from .models import Agency, AgencyUserPermission, User
from .models.agency import ANSWER_FOR
from .roles import AgencyKind


def departments_of(user: User | AnonymousUser) -> frozenset[str]:
    """Codes of departments (``court``)."""
    return _scope_codes(user, AgencyKind.DEPARTMENT)


def towns_of(user: User | AnonymousUser) -> frozenset[str]:
    """Nine-digit codes of towns and streets."""
    return _scope_codes(user, AgencyKind.TOWN)


def _scope_codes(user: User | AnonymousUser, kind: AgencyKind) -> frozenset[str]:
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    codes = set(
        AgencyUserPermission.objects.filter(
            user=user,
            permission__codename=ANSWER_FOR,
            content_object__kind=kind,
            content_object__is_active=True,
        ).values_list("content_object__scope_code", flat=True)
    )
    own = user.agency
    if own is not None and own.kind == kind and own.is_active:
        codes.add(own.scope_code)
    return frozenset(code for code in codes if code)


def granted_agencies(user: User) -> list[Agency]:
    """Agencies the user answers for by a grant, in the order of lists."""
    return list(
        Agency.objects.filter(
            pk__in=AgencyUserPermission.objects.filter(user=user, permission__codename=ANSWER_FOR).values(
                "content_object"
            )
        )
    )
