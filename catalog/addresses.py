"""Addresses that clients keep: absolute, built on the host they asked."""

from collections.abc import Callable
from urllib.parse import quote

from django.urls import reverse

from catalog.models import Dataset, Resource, ResourceKind

Absolute = Callable[[str], str]  # makes an address absolute, as a request can


def dataset_page(dataset: Dataset) -> str:
    return reverse("catalog:dataset", args=[dataset.name])


def resource_page(resource: Resource) -> str:
    return reverse("catalog:resource", args=[resource.dataset.name, resource.uid])


def resource_url(resource: Resource, dataset: Dataset, absolute: Absolute) -> str:
    """Where the resource's content is had: the link itself, or our download."""
    if resource.kind == ResourceKind.LINK:
        return resource.url
    name = resource.file_name if resource.kind == ResourceKind.FILE else f"{file_stem(resource)}.csv"
    return absolute(reverse("catalog:download", args=[resource.uid, quote(name or "data", safe="")]))


def dump_url(resource: Resource, absolute: Absolute) -> str:
    return absolute(reverse("catalog_open:dump", args=[resource.uid]))


def file_stem(resource: Resource) -> str:
    """A file name without ending that no system stumbles over."""
    kept = "".join(c if c.isalnum() or c in "-_（）()" else "-" for c in resource.name).strip("-")
    return kept[:60] or "data"


def marked_name(stem: str, mark: str, ending: str) -> str:
    """The file's name; what left under a grant bears its mark there too."""
    return f"{stem}-{mark}.{ending}" if mark else f"{stem}.{ending}"
