"""Firms for the search tests: rows of the register, written as a promotion would."""

import itertools
from typing import Any

from django.utils import timezone

from datahub.models import Enterprise, FormerName

_numbers = itertools.count(1)


def register(name: str, *former_names: str, **values: Any) -> Enterprise:
    """An active company called ``name``, with what ``values`` say otherwise."""
    number = next(_numbers)
    defaults = {
        "code": f"91330282TEST{number:06d}", "kind": "company", "state": "active", "size": "small",
        "town_code": "330282107", "industry_section": "C", "changed_at": timezone.now(),
    }  # fmt: skip
    enterprise = Enterprise.objects.create(name=name, **defaults | values)
    FormerName.objects.bulk_create(FormerName(enterprise=enterprise, name=former) for former in former_names)
    return enterprise
