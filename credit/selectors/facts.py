"""One fact of a profile by its record, current or as a score once read it."""

from credit.selectors.profile import Profile
from datahub import public as datahub
from datahub.public import Fact


def find_fact(profile: Profile, record_id: int) -> Fact | None:
    """The fact of that record if the profile holds it, or held it when its score was made."""
    for fact in profile.facts:
        if fact.record_id == record_id:
            return fact
    if profile.score is None:
        return None
    earlier = datahub.list_facts(
        profile.enterprise.id, profile.right, known_at=profile.score.known_at, day=profile.score.as_of,
        record_ids=[record_id],
    )  # fmt: skip
    return earlier[0] if earlier else None
