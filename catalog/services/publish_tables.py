"""Releases: tables of rows made, filled, sealed, and put in force when their dataset is published."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from catalog import row_store
from catalog.engine.columns import Column, columns_of, describe
from catalog.engine.row_query import RowQuery
from catalog.models import Dataset, Release, ReleaseState, Resource, ResourceField
from catalog.selectors.profiles import make_profile
from catalog.services.differences import compare
from catalog.services.drafts import COPIED, FIELD_COPIED, RESOURCE_COPIED, _search_text
from catalog.vocabulary import Grade, State


class UnableToSealRelease(RuntimeError):
    """The release is sealed already; its rows stay what they are."""


def start_release(
    resource: Resource,
    columns: Sequence[Column],
    *,
    now: datetime,
    note: str = "",
    made_from: Release | None = None,
) -> Release:
    """A draft release with an empty table of these columns."""
    last = resource.releases.aggregate(n=Max("number"))["n"] or 0
    if resource.revises_id:
        earlier = Release.objects.filter(resource=resource.revises_id).aggregate(n=Max("number"))["n"]
        last = max(last, earlier or 0)
    release = Release.objects.create(
        resource=resource,
        number=last + 1,
        columns=describe(columns),
        created_at=now,
        note=note,
        made_from=made_from,
    )
    row_store.make_table(release.pk, columns)
    return release


def fill_release(release: Release, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> int:
    """Add rows (in the columns' order) behind those there are. Returns how many were added."""
    _require_draft(release)
    added = row_store.fill_table(release.pk, columns, rows, first=release.row_count + 1)
    release.row_count += added
    release.save(update_fields=["row_count"])
    return added


def seal_release(release: Release, columns: Sequence[Column], *, now: datetime) -> Release:
    """Index, profile and digest the rows; from now on they stay what they are."""
    _require_draft(release)
    row_store.finish_table(release.pk)
    profile = make_profile(release.pk, columns, release.row_count)
    known = tuple(
        Column(c.code, c.title, c.type, c.physical, profile[c.code]["empty"] > 0 or release.row_count == 0)
        for c in columns
    )
    row_store.finish_table(release.pk, worth_indexing(known, profile, release.row_count))
    release.columns = describe(known)
    release.profile = profile
    release.content_digest = content_digest(release.pk, known)
    release.state, release.sealed_at = ReleaseState.SEALED, now
    release.save()
    return release


def worth_indexing(
    columns: Sequence[Column], profile: Mapping[str, Mapping[str, Any]], rows: int
) -> list[Column]:
    """Columns by which a large table is likely to be sorted or filtered, the first twelve that fit."""
    if rows < row_store.INDEX_FROM_ROWS:
        return []
    fit = [
        column
        for column in columns
        if column.type not in ("text", "boolean")
        or (column.type == "text" and profile[column.code].get("longest", 0) <= row_store.LONGEST_INDEXED)
    ]
    return fit[: row_store.MOST_INDEXES]


def content_digest(release_id: int, columns: Sequence[Column]) -> str:
    """SHA-256 over column codes, types and every row in order."""
    digest = hashlib.sha256("\x1f".join(f"{c.code}:{c.type}" for c in columns).encode())
    shown = ", ".join(c.physical for c in columns)
    for block in row_store.stream(release_id, RowQuery(tuple(columns)), shown):
        digest.update(block)
    return digest.hexdigest()


def put_in_force(dataset: Dataset, *, now: datetime) -> Dataset:
    """Make a dataset public with the latest sealed release of each table; a revision replaces what it revises.

    Whether it may be published has been decided by the caller, within whose transaction this stands.
    Returns the published dataset.
    """
    seal_open(dataset, now=now)
    _choose_releases(dataset)
    public = _take_over(dataset, now) if dataset.revises_id else dataset
    public.state = State.PUBLISHED
    public.published_at = public.published_at or now
    public.modified_at = now
    refresh(public)
    changed = [r.current.created_at for r in public.resources.select_related("current") if r.current]
    public.data_changed_at = max(changed, default=now)
    Release.objects.filter(pk__in=public.resources.values("current"), published_at__isnull=True).update(
        published_at=now
    )
    public.save()
    return public


def seal_open(dataset: Dataset, *, now: datetime) -> int:
    """Seal the tables that rows were written into by interface; returns how many there were."""
    drafts = Release.objects.filter(resource__dataset=dataset, state=ReleaseState.DRAFT)
    for release in drafts:
        seal_release(release, columns_of(release.columns), now=now)
    return len(drafts)


def refresh(dataset: Dataset) -> None:
    """Bring what is kept beside the rows up to date (not saved): formats, row count, grade, search text."""
    resources = list(dataset.resources.select_related("current"))
    dataset.formats = sorted({r.format for r in resources if r.format})
    dataset.row_count = sum(r.current.row_count for r in resources if r.current)
    grades = ResourceField.objects.filter(resource__dataset=dataset).values_list("grade", flat=True)
    dataset.grade = max(grades, default=dataset.grade or Grade.L1)
    dataset.search_text = _search_text(dataset)


def _choose_releases(dataset: Dataset) -> None:
    for resource in dataset.resources.select_related("current"):
        latest = resource.releases.filter(state=ReleaseState.SEALED).order_by("-number").first()
        if latest is not None and latest.pk != resource.current_id:
            if resource.current is not None:
                latest.difference = compare(resource.current, latest)
                latest.save(update_fields=["difference"])
            resource.current = latest
            resource.save(update_fields=["current"])


def _take_over(draft: Dataset, now: datetime) -> Dataset:
    """Move a revision's content to the dataset it revises; the revision stays as a record of the way."""
    public = draft.revises
    assert public is not None
    for name in COPIED:
        setattr(public, name, getattr(draft, name))
    public.revision = draft.revision
    kept = []
    for resource in draft.resources.prefetch_related("fields"):
        target = resource.revises
        if target is None or target.dataset_id != public.pk:
            target = Resource(dataset=public, created_at=resource.created_at)
        for name in RESOURCE_COPIED:
            setattr(target, name, getattr(resource, name))
        target.modified_at = resource.modified_at
        target.save()
        Release.objects.filter(resource=resource).update(resource=target)
        target.fields.all().delete()
        ResourceField.objects.bulk_create(
            ResourceField(resource=target, **{name: getattr(field, name) for name in FIELD_COPIED})
            for field in resource.fields.all()
        )
        kept.append(target.pk)
    public.resources.exclude(pk__in=kept).delete()
    draft.state, draft.published_at, draft.modified_at = State.PUBLISHED, now, now
    draft.save(update_fields=["state", "published_at", "modified_at"])
    return public


def _require_draft(release: Release) -> None:
    if release.state != ReleaseState.DRAFT:
        raise UnableToSealRelease("该版本已封存，行不能再改；请建立新版本。")
