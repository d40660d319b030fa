"""Reference factors: what brings a panel's chain to 100 on average of the base period. Frozen once known."""

import numpy as np

from index.models import IndexValue, MethodVersion, Panel, PanelReference
from index.services.method import basket_of

ENOUGH_DAYS = 200
FIRST_DAYS = 365


def freeze_references(method: MethodVersion) -> int:
    """Fix factors of panels that have none; a panel without a base period takes its own first year."""
    basket = basket_of(method)
    done = set(PanelReference.objects.filter(method=method).values_list("panel_id", flat=True))
    # Panels are named, so that the index over them is used: a night must not read every value there is.
    wanted = [panel for panel in Panel.objects.values_list("number", flat=True) if panel not in done]
    if not wanted:
        return 0
    rows = (
        IndexValue.objects.filter(method=method, realtime_end=None, panel_id__in=wanted)
        .order_by("panel_id", "day").values_list("panel_id", "day", "chain")
    )  # fmt: skip
    series: dict[int, list[tuple[bool, list[float]]]] = {}
    for panel, day, chain in rows.iterator(chunk_size=20_000):
        series.setdefault(panel, []).append((basket.base_from <= day <= basket.base_to, chain))
    made = []
    for panel, told in series.items():
        base = np.array([chain for inside, chain in told if inside])
        is_short = len(base) < ENOUGH_DAYS
        used = np.array([chain for _, chain in told[:FIRST_DAYS]]) if is_short else base
        known = np.isfinite(used)
        mean = np.where(known, used, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        factors = np.where(mean > 0, basket.base_value / np.where(mean > 0, mean, 1.0), 1.0)
        made.append(
            PanelReference(method=method, panel_id=panel, factors=factors.tolist(), is_short=is_short)
        )
    PanelReference.objects.bulk_create(made)
    return len(made)
