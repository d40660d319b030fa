"""Who opened a resident's data."""

from django.db.models import QuerySet

from villages.models import Opening, Resident


def openings_of(resident: Resident, limit: int = 20) -> QuerySet[Opening]:
    """The latest openings with who and why."""
    return Opening.objects.filter(resident=resident).select_related("user__agency")[:limit]
