"""What waits for whom: datasets on their way, changes to confirm, applications, registrations."""

from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.roles import Role
from accounts.scopes import departments_of
from catalog.models import (
    Application,
    Dataset,
    FieldRule,
    GradeChange,
    Grant,
    Registration,
)
from catalog.opening_words import ApplicationState, ChangeState, Method, RegistrationState
from catalog.vocabulary import State

from .rights import held_by
from .visibility import is_centre, own_publishers

REVIEWERS = frozenset({Role.DATA_REVIEWER, Role.DATA_CENTRE_OPERATOR, Role.SECURITY_OFFICER})


def desk_datasets(viewer: Any, state: str = "") -> QuerySet[Dataset]:
    """Datasets the viewer works on, those in motion first."""
    found = Dataset.objects.select_related("publisher", "revises")
    if not is_centre(viewer):
        found = found.filter(publisher__code__in=own_publishers(viewer))
    # A published revision is only the record of its way.
    found = found.exclude(revises__isnull=False, state=State.PUBLISHED)
    return found.filter(state=state) if state else found


def waiting_states(viewer: Any) -> tuple[str, ...]:
    """States in which the viewer is the one to act."""
    roles = viewer.roles
    states = []
    if Role.DATA_STEWARD in roles:
        states.append(State.DRAFT)
    if Role.DATA_REVIEWER in roles:
        states.append(State.DEPARTMENT_REVIEW)
    if Role.DATA_CENTRE_OPERATOR in roles:
        states.append(State.CENTRE_REVIEW)
    return tuple(states)


def waiting_changes(viewer: Any) -> QuerySet[GradeChange]:
    """Lowerings that wait for a second person, of the viewer's departments; all for centre and security officer."""
    found = GradeChange.objects.filter(state=ChangeState.WAITING).select_related(
        "resource__dataset__publisher", "asked_by"
    )
    return (
        found
        if _sees_all(viewer)
        else found.filter(resource__dataset__publisher__code__in=own_publishers(viewer))
    )


def waiting_rules(viewer: Any) -> QuerySet[FieldRule]:
    """Rules that lower a grade and wait for a second person."""
    found = (
        FieldRule.objects.filter(confirmed_at__isnull=True)
        .exclude(grade_after="")
        .exclude(method=Method.KEEP)
    )
    found = found.filter(Q(field__grade__gt="L1")).select_related(
        "field__resource__dataset__publisher", "set_by"
    )
    own = (
        found
        if _sees_all(viewer)
        else found.filter(field__resource__dataset__publisher__code__in=own_publishers(viewer))
    )
    return own.filter(grade_after__lt=F("field__grade"))


def applications_visible_to(viewer: Any) -> QuerySet[Application]:
    """The own agency's; those on the own department's data; all for the centre. Drafts are the applicant's alone."""
    found = Application.objects.select_related(
        "dataset__publisher", "registration", "resource", "made_by__agency"
    )
    if not getattr(viewer, "is_authenticated", False):
        return found.none()
    if is_centre(viewer) or Role.SECURITY_OFFICER in viewer.roles:
        return found.exclude(state=ApplicationState.DRAFT)
    wanted = Q(pk__in=[])
    if viewer.agency_id is not None and viewer.roles & {
        Role.OUTSIDE_APPLICANT, Role.BANK_MANAGER, Role.BANK_OFFICER
    }:  # fmt: skip
        wanted |= Q(made_by__agency=viewer.agency_id)
    if Role.DATA_REVIEWER in viewer.roles:
        wanted |= Q(dataset__publisher__code__in=departments_of(viewer)) & ~Q(state=ApplicationState.DRAFT)
    return found.filter(wanted)


def grants_of_agency(viewer: Any) -> QuerySet[Grant]:
    """Grants that the viewer's agency may use, its head office's among them, the newest first."""
    return Grant.objects.filter(held_by(viewer.agency_id)).select_related(
        "resource__dataset__publisher", "application", "team", "agency"
    )


def grants_visible_to(viewer: Any) -> QuerySet[Grant]:
    """The own agency's and its head office's, those on the own department's data, all for the centre."""
    found = Grant.objects.select_related("resource__dataset__publisher", "application", "team", "agency")
    if is_centre(viewer):
        return found
    wanted = held_by(viewer.agency_id) if viewer.agency_id is not None else Q(pk__in=[])
    if Role.DATA_REVIEWER in viewer.roles:
        wanted |= Q(resource__dataset__publisher__code__in=departments_of(viewer))
    return found.filter(wanted)


def waiting_registrations() -> QuerySet[Registration]:
    return Registration.objects.filter(state=RegistrationState.SUBMITTED)


def _sees_all(viewer: Any) -> bool:
    return is_centre(viewer) or Role.SECURITY_OFFICER in viewer.roles
