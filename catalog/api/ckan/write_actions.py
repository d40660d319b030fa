"""Writing by token: everything becomes a draft, or a revision of what is published, inside the workflow."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import audit
from accounts.models import User
from accounts.roles import Role
from catalog.engine.row_query import UnableToUnderstandQuery
from catalog.models import Dataset, Publisher, Resource, ResourceKind
from catalog.selectors.datasets import find_dataset, find_publisher
from catalog.selectors.field_list import datastore_fields
from catalog.selectors.visibility import own_publishers
from catalog.services import draft_rows, drafts, intake
from catalog.services.drafts import UnableToEditDataset, UnableToSaveDataset
from catalog.vocabulary import Lane

from . import shapes
from .errors import Invalid, NotAllowed, NotThere
from .read_actions import the_dataset, the_resource
from .registry import Call, Handler, writes

WRITERS = frozenset({Role.DATA_STEWARD})
PLAIN = {"name": "name", "title": "title", "notes": "notes", "license_id": "licence"}
RESOURCE_KEYS = ("name", "description", "format", "mimetype", "url")


def publishers_of(viewer: Any) -> list[Publisher]:
    """Publishers for whom the holder of a token may write."""
    if not isinstance(viewer, User) or not viewer.roles & WRITERS:
        return []
    return list(Publisher.objects.filter(code__in=own_publishers(viewer)))


def _told(run: Handler) -> Handler:
    """Turn the services' refusals into CKAN's."""

    def wrapped(call: Call) -> Any:
        try:
            return run(call)
        except UnableToSaveDataset as error:
            raise Invalid(error.errors) from None
        except UnableToUnderstandQuery as error:
            raise Invalid({error.field: [str(error)]}) from None
        except UnableToEditDataset as error:
            raise NotAllowed(str(error)) from None
        except intake.UnableToTakeFile as error:
            raise Invalid({"upload": [str(error)]}) from None

    wrapped.__name__, wrapped.__doc__ = run.__name__, run.__doc__
    return wrapped


@writes
@_told
def package_create(call: Call) -> Any:
    """A new dataset, as a draft. name, title, owner_org, notes, tags, extras, groups, resources…"""
    publisher = _publisher(call)
    values = _values(call.parameters.values, whole=True)
    resources = _resources(call)
    with audit.action("catalog.package.created", origin=call.origin) as entry:
        dataset = drafts.create_draft(
            values, publisher=publisher, editor=call.viewer, now=call.now, origin=call.origin
        )
        entry.target = f"dataset:{dataset.name}"
        for told in resources:
            _save_resource(call, dataset, told, None)
    return _shown(call, dataset)


@writes
@_told
def package_update(call: Call) -> Any:
    """Replace a dataset's description and list of resources; of a published one a revision is drafted."""
    dataset = _own_dataset(call)
    values = _values(call.parameters.values, whole=True)
    with audit.action("catalog.package.updated", origin=call.origin, target=f"dataset:{dataset.name}"):
        draft = drafts.edit_draft(dataset, values, editor=call.viewer, now=call.now, origin=call.origin)
        if "resources" in call.parameters.values:
            _replace_resources(call, draft)
    return _shown(call, draft)


@writes
@_told
def package_patch(call: Call) -> Any:
    """Change some keys of a dataset; of a published one a revision is drafted."""
    dataset = _own_dataset(call)
    values = _values(call.parameters.values, whole=False)
    with audit.action("catalog.package.updated", origin=call.origin, target=f"dataset:{dataset.name}"):
        draft = drafts.edit_draft(dataset, values, editor=call.viewer, now=call.now, origin=call.origin)
        if "resources" in call.parameters.values:
            _replace_resources(call, draft)
    return _shown(call, draft)


@writes
@_told
def package_delete(call: Call) -> Any:
    """Throw a draft away. What is published is withdrawn through the workflow, not here."""
    dataset = _own_dataset(call)
    drafts.delete_draft(dataset, origin=call.origin)
    return None


@writes
@_told
def resource_create(call: Call) -> Any:
    """Add a resource. package_id, name, url or upload (a file that becomes a table where it can)."""
    dataset = the_dataset(call, "package_id")
    _require_own(call, dataset)
    with audit.action("catalog.package.updated", origin=call.origin, target=f"dataset:{dataset.name}"):
        resource = _save_resource(call, dataset, call.parameters.values, None, with_file=True)
    return _resource_shown(call, resource)


@writes
@_told
def resource_update(call: Call) -> Any:
    """Change a resource, or hand in its new file. id."""
    resource = _own_resource(call, "id")
    with audit.action(
        "catalog.package.updated", origin=call.origin, target=f"dataset:{resource.dataset.name}"
    ):
        saved = _save_resource(call, resource.dataset, call.parameters.values, resource, with_file=True)
    return _resource_shown(call, saved)


@writes
@_told
def resource_patch(call: Call) -> Any:
    """Change some keys of a resource. id."""
    return resource_update(call)


@writes
@_told
def resource_delete(call: Call) -> Any:
    """Take a resource out. id."""
    resource = _own_resource(call, "id")
    drafts.remove_resource(resource, editor=call.viewer, now=call.now, origin=call.origin)
    return None


@writes
@_told
def organization_create(call: Call) -> Any:
    """Publishers are the portal's departments: none is made here."""
    name = call.parameters.text("name")
    if find_publisher(name) is not None:
        raise Invalid({"name": ["Group name already exists in database"]})
    raise NotAllowed("数源单位由平台统一登记")


@writes
@_told
def organization_update(call: Call) -> Any:
    """Change the description of one's own publisher. id, description."""
    publisher = find_publisher(call.parameters.required("id"))
    if publisher is None:
        raise NotThere("Organization was not found.")
    if publisher not in publishers_of(call.viewer):
        raise NotAllowed("只能维护本单位的信息")
    description = call.parameters.text("description", publisher.description)
    if len(description) > 4000:
        raise Invalid({"description": ["不超过 4000 字"]})
    with audit.action(
        "catalog.publisher.described", origin=call.origin, target=f"publisher:{publisher.code}"
    ):
        publisher.description = description
        publisher.save(update_fields=["description"])
    return shapes.organization_shape(publisher, publisher.datasets.count())


@writes
@_told
def datastore_create(call: Call) -> Any:
    """Make a table of rows in a draft. resource_id (or resource), fields, records, primary_key."""
    asked = call.parameters
    fields, records = _sequence(call, "fields"), _sequence(call, "records")
    keys = asked.listed("primary_key")
    with audit.action("catalog.rows.written", origin=call.origin) as entry:
        told = asked.structure("resource")
        if isinstance(told, Mapping):
            dataset = find_dataset(call.viewer, str(told.get("package_id", "")))
            if dataset is None:
                raise NotThere("Dataset not found")
            _require_own(call, dataset)
            resource = _save_resource(call, dataset, {"format": "CSV", **told}, None)
        else:
            resource = _draft_resource(call)
        entry.target = f"dataset:{resource.dataset.name}"
        release = draft_rows.create_table(resource, fields, records, keys, now=call.now)
        entry.detail["rows"] = release.row_count
    return {
        "resource_id": str(resource.uid), "package_id": str(resource.dataset.uid), "primary_key": keys,
        "fields": datastore_fields((c["code"], c["type"], None) for c in release.columns), "method": "insert",
    }  # fmt: skip


@writes
@_told
def datastore_upsert(call: Call) -> Any:
    """Write rows into a draft. resource_id, records, method (upsert, insert, update)."""
    method = call.parameters.text("method", "upsert") or "upsert"
    if method not in draft_rows.METHODS:
        raise Invalid({"method": [f"Value must be one of {', '.join(draft_rows.METHODS)}"]})
    records = _sequence(call, "records")
    with audit.action("catalog.rows.written", origin=call.origin) as entry:
        resource = _draft_resource(call)
        entry.target = f"dataset:{resource.dataset.name}"
        release = draft_rows.open_release(resource, now=call.now)
        entry.detail["rows"] = draft_rows.write_records(release, records, method)
    return {"resource_id": str(resource.uid), "method": method}


@writes
@_told
def datastore_delete(call: Call) -> Any:
    """Take rows out of a draft. resource_id, filters."""
    with audit.action("catalog.rows.deleted", origin=call.origin) as entry:
        resource = _draft_resource(call)
        entry.target = f"dataset:{resource.dataset.name}"
        release = draft_rows.open_release(resource, now=call.now)
        entry.detail["rows"] = draft_rows.delete_records(release, call.parameters.structure("filters"))
    return {"resource_id": str(resource.uid)}


# -- parts -----------------------------------------------------------------------------------------------
def _publisher(call: Call) -> Publisher:
    own = publishers_of(call.viewer)
    wanted = call.parameters.text("owner_org")
    if not wanted:
        if len(own) == 1:
            return own[0]
        raise Invalid({"owner_org": ["Missing value"]})
    publisher = find_publisher(wanted)
    if publisher is None:
        raise Invalid({"owner_org": ["Organization does not exist"]})
    if publisher not in own:
        raise NotAllowed("只能为本单位编目")
    return publisher


def _require_own(call: Call, dataset: Dataset) -> None:
    if dataset.publisher not in publishers_of(call.viewer):
        raise NotAllowed("只能修改本单位的数据集")


def _own_dataset(call: Call) -> Dataset:
    dataset = the_dataset(call, "id" if call.parameters.get("id") else "name")
    _require_own(call, dataset)
    return dataset


def _own_resource(call: Call, *names: str) -> Resource:
    resource = the_resource(call, *names)
    _require_own(call, resource.dataset)
    return resource


def _draft_resource(call: Call) -> Resource:
    """The draft's row of the resource that ``resource_id`` names; a revision is opened for a published one."""
    resource = _own_resource(call, "resource_id", "id")
    draft = drafts.open_revision(resource.dataset, editor=call.viewer, now=call.now, origin=call.origin)
    return drafts.resource_in(draft, resource)


def _sequence(call: Call, name: str) -> Sequence[Any]:
    value = call.parameters.structure(name)
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise Invalid({name: ["Must be a list"]})
    return value


def _values(told: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """A CKAN package as values of a draft; with ``whole`` what is not told is emptied."""
    values: dict[str, Any] = {own: told[key] for key, own in PLAIN.items() if key in told}
    described = {key: told[key] or "" for key in drafts.DESCRIBED if key in told}
    if whole or described:
        values["described"] = {k: v for k, v in described.items() if isinstance(v, str)}
    if whole:
        values = {"notes": "", "title": told.get("name", "")} | values
        if not values["title"]:
            values["title"] = told.get("name", "")
    _read_tags(told, values, whole)
    _read_groups(told, values)
    _read_extras(told, values, whole)
    for key in ("lane", "subject", "cycle", "opening", "spatial_code", "contact"):
        if isinstance(told.get(key), str):
            values[key] = told[key]
    return values


def _read_tags(told: Mapping[str, Any], values: dict[str, Any], whole: bool) -> None:
    if isinstance(told.get("tags"), list):
        tags = [t.get("name") if isinstance(t, Mapping) else t for t in told["tags"]]
        if not all(isinstance(tag, str) for tag in tags):
            raise Invalid({"tags": ["Must be a list of objects with a name"]})
        values["tags"] = tags
    elif isinstance(told.get("tag_string"), str):
        values["tags"] = [tag.strip() for tag in told["tag_string"].split(",") if tag.strip()]
    elif "tags" in told and told["tags"] not in (None, ""):
        raise Invalid({"tags": ["Must be a list"]})
    elif whole:
        values["tags"] = []


def _read_groups(told: Mapping[str, Any], values: dict[str, Any]) -> None:
    if told.get("groups") is None:
        return
    if not isinstance(told["groups"], list):
        raise Invalid({"groups": ["Must be a list"]})
    for group in told["groups"]:
        wanted = group.get("name") or group.get("id") if isinstance(group, Mapping) else group
        name = next((n for n in shapes.GROUPS if wanted in (n, shapes.known_id("group", n))), None)
        if name is None:
            raise Invalid({"groups": [f"Group does not exist: {str(wanted)[:60]}"]})
        values["lane" if name in Lane.values else "subject"] = name


def _read_extras(told: Mapping[str, Any], values: dict[str, Any], whole: bool) -> None:
    if told.get("extras") is None:
        if whole:
            values["extras"] = {}
        return
    if isinstance(told["extras"], Mapping):
        pairs = list(told["extras"].items())
    elif isinstance(told["extras"], list) and all(
        isinstance(e, Mapping) and "key" in e for e in told["extras"]
    ):
        pairs = [(e["key"], e.get("value")) for e in told["extras"]]
    else:
        raise Invalid({"extras": ["Must be a list of objects with key and value"]})
    own = {}
    for key, value in pairs:
        if key in shapes.READ_BACK:
            values.setdefault(shapes.READ_BACK[key], value)
        elif key not in shapes.TOLD_ONLY:
            own[key] = value if isinstance(value, str) else "" if value is None else str(value)
    values["extras"] = own


def _resources(call: Call) -> list[Mapping[str, Any]]:
    told = call.parameters.structure("resources") or []
    if not isinstance(told, list) or not all(isinstance(one, Mapping) for one in told):
        raise Invalid({"resources": ["Must be a list of objects"]})
    return told


def _replace_resources(call: Call, draft: Dataset) -> None:
    """Resources of the list are changed or added, those not in it removed."""
    kept = []
    own = {str(r.uid): r for r in draft.resources.all()} | {
        str(r.revises.uid): r for r in draft.resources.select_related("revises") if r.revises
    }
    for told in _resources(call):
        known = own.get(str(told.get("id", "")))
        kept.append(_save_resource(call, draft, told, known).pk)
    for resource in draft.resources.exclude(pk__in=kept):
        drafts.remove_resource(resource, editor=call.viewer, now=call.now, origin=call.origin)


def _save_resource(
    call: Call, dataset: Dataset, told: Mapping[str, Any], known: Resource | None, *, with_file: bool = False
) -> Resource:
    values = {key: told[key] for key in RESOURCE_KEYS if key in told}
    # Our own download address comes back from clients that send what they were shown.
    url = str(values.get("url") or "")
    if known is not None and known.kind != ResourceKind.LINK and "/catalog/resources/" in url:
        values.pop("url")
    upload = call.parameters.files.get("upload") if with_file else None
    if upload is not None:
        values.pop("url", None)
        values["kind"] = known.kind if known is not None else ResourceKind.FILE
    elif known is None and url and not re.match(r"https?://", url):
        values.pop("url")
    resource = drafts.save_resource(
        dataset, values, resource=known, editor=call.viewer, now=call.now, origin=call.origin
    )
    if upload is not None:
        intake.take_upload(
            resource, upload, upload.name or "data", editor=call.viewer, now=call.now, origin=call.origin
        )
    return resource


def _shown(call: Call, dataset: Dataset) -> Any:
    found = find_dataset(call.viewer, str(dataset.uid))
    assert found is not None
    return shapes.dataset_shape(found, call.absolute)


def _resource_shown(call: Call, resource: Resource) -> Any:
    resource.refresh_from_db()
    return shapes.resource_shape(resource, resource.dataset, call.absolute)
