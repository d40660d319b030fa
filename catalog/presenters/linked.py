"""A dataset in schema.org's words, for search engines."""

from typing import Any

from django.urls import reverse

from catalog.addresses import Absolute, resource_url
from catalog.models import Dataset, ResourceKind
from catalog.vocabulary import LICENCES, Opening
from datahub.public import division_name

MEDIA = {
    "CSV": "text/csv",
    "JSON": "application/json",
    "XLSX": "application/vnd.ms-excel",
    "PDF": "application/pdf",
}


def schema_org(dataset: Dataset, absolute: Absolute) -> dict[str, Any]:
    """https://schema.org/Dataset of a dataset read with its parts."""
    page = absolute(reverse("catalog:dataset", args=[dataset.name]))
    licence = LICENCES.get(dataset.licence, LICENCES["notspecified"])
    told: dict[str, Any] = {
        "@context": "https://schema.org/", "@type": "Dataset", "@id": page, "url": page, "name": dataset.title,
        "description": dataset.notes or dataset.title, "identifier": str(dataset.uid), "inLanguage": "zh-Hans",
        "keywords": dataset.tags, "version": str(dataset.revision),
        "isAccessibleForFree": dataset.opening == Opening.OPEN,
        "dateModified": dataset.modified_at.date().isoformat(),
        "publisher": {"@type": "GovernmentOrganization", "name": dataset.publisher.name},
        "creator": {"@type": "GovernmentOrganization", "name": dataset.publisher.name},
        "spatialCoverage": {"@type": "Place", "name": division_name(dataset.spatial_code)},
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "慈溪市公共数据开放目录",
                                  "url": absolute(reverse("catalog:list"))},
    }  # fmt: skip
    if licence.url:
        told["license"] = absolute(licence.url) if licence.url.startswith("/") else licence.url
    if dataset.published_at:
        told["datePublished"] = dataset.published_at.date().isoformat()
    if dataset.temporal_from:
        told["temporalCoverage"] = f"{dataset.temporal_from}/{dataset.temporal_to or '..'}"
    if dataset.opening == Opening.OPEN:
        told["distribution"] = [
            {"@type": "DataDownload", "name": r.name, "contentUrl": resource_url(r, dataset, absolute),
             "encodingFormat": MEDIA.get(r.format, "text/csv" if r.kind == ResourceKind.TABLE else r.format)}
            for r in dataset.resources.all()
        ]  # fmt: skip
    return told
