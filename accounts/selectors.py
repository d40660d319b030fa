"""Lists of agencies and people for the officers' pages."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from .models import Agency, ApiToken, Authenticator, User
from .roles import CARDS, AgencyKind, Role


def agencies(kind: str, words: str) -> QuerySet[Agency]:
    """Agencies of one kind ('' for all) whose name or code contains ``words``, with their number of users."""
    found = Agency.objects.select_related("parent").annotate(people=Count("users"))
    if kind:
        found = found.filter(kind=kind)
    if words:
        found = found.filter(Q(name__icontains=words) | Q(code__icontains=words))
    return found.order_by("kind", "code")


def people(role: str, words: str) -> QuerySet[User]:
    """Users with one role ('' for all) whose names or agency contain ``words``."""
    found = User.objects.select_related("agency").prefetch_related("role_grants")
    if role == "none":
        found = found.filter(role_grants__isnull=True)
    elif role:
        found = found.filter(role_grants__role=role)
    if words:
        named = Q(username__icontains=words) | Q(full_name__icontains=words)
        found = found.filter(named | Q(agency__name__icontains=words))
    enrolled = Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True)
    return found.annotate(enrolled=Exists(enrolled)).order_by("agency__kind", "agency__code", "username")


def roles_fitting(user: User) -> list[Role]:
    """Roles that people of the user's agency may hold and the user does not have."""
    if user.agency is None:
        return []
    kind = AgencyKind(user.agency.kind)
    return [role for role in Role if kind in CARDS[role].agencies and role not in user.roles]


def tokens_of_agency(user: User) -> QuerySet[ApiToken]:
    """Every token of the user's agency, live and ended."""
    return ApiToken.objects.select_related("user").filter(agency=user.agency_id)
