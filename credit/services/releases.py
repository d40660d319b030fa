"""Releasing a scorecard: card and reference tables are frozen together under one hash."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

import audit
from credit.engine.percentiles import read_reference
from credit.engine.score import Model
from credit.engine.scorecard import read_scorecard
from credit.models import ScorecardRelease

DEFINITIONS = Path(__file__).resolve().parent.parent / "definitions"


class NoCurrentRelease(LookupError):
    """No scorecard has been released on this installation yet."""


def release_scorecard(*, origin: audit.Origin, now: datetime, version: str = "v1") -> ScorecardRelease:
    """Put the reviewed card ``scorecard_<version>.yaml`` with its fitted reference tables into force.

    Releasing what is in force already returns the standing release.
    """
    card_text = (DEFINITIONS / f"scorecard_{version}.yaml").read_text(encoding="utf-8")
    reference = read_reference((DEFINITIONS / f"reference_{version}.json").read_text(encoding="utf-8"))
    model = Model(read_scorecard(card_text), reference)
    with audit.action("credit.scorecard.released", origin=origin, target=f"scorecard:{version}") as entry:
        known = ScorecardRelease.objects.filter(model_hash=model.hash).first()
        if known is not None and known.is_current:
            return known
        ScorecardRelease.objects.filter(is_current=True).update(is_current=False)
        if known is None:
            number = ScorecardRelease.objects.filter(version__startswith=f"{version}.").count() + 1
            known = ScorecardRelease(
                version=f"{version}.{number}", model_hash=model.hash, card=card_text, reference=reference.json
            )
        known.is_current, known.released_at = True, now
        known.save()
        entry.detail |= {"model": model.hash, "version": known.version}
    return known


def current_release() -> ScorecardRelease:
    """The release in force; raises :class:`NoCurrentRelease`."""
    release = ScorecardRelease.objects.filter(is_current=True).first()
    if release is None:
        raise NoCurrentRelease("尚未发布评分卡，请先发布后再计算。")
    return release


@lru_cache(maxsize=8)
def _model_of(release_id: int, model_hash: str) -> Model:
    release = ScorecardRelease.objects.get(pk=release_id)
    model = Model(read_scorecard(release.card), read_reference(release.reference))
    if model.hash != model_hash:
        raise RuntimeError(f"release {release.version}: stored hash differs from the model's")
    return model


def model_of(release: ScorecardRelease) -> Model:
    """The runnable model of a release; a release never changes, so each process reads it once."""
    return _model_of(release.pk, release.model_hash)
