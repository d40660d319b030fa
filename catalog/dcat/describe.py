"""Datasets, distributions and the catalogue as things of DCAT-AP 3.0.1."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from catalog.addresses import Absolute, resource_url
from catalog.models import Dataset, Publisher, Resource, ResourceKind
from catalog.vocabulary import LICENCES, OPEN_LICENCE, Cycle, Lane, Licence, Opening, Subject
from datahub.public import division_name

from .graph import Iri, Literal, Thing, typed, zh

EU = "http://publications.europa.eu/resource/authority"
LANGUAGE = f"{EU}/language/ZHO"
FREQUENCY = {
    Cycle.REALTIME: "CONT", Cycle.DAILY: "DAILY", Cycle.WEEKLY: "WEEKLY", Cycle.MONTHLY: "MONTHLY",
    Cycle.QUARTERLY: "QUARTERLY", Cycle.HALF_YEARLY: "ANNUAL_2", Cycle.YEARLY: "ANNUAL", Cycle.IRREGULAR: "IRREG",
    Cycle.NEVER: "NEVER",
}  # fmt: skip
ACCESS = {Opening.OPEN: "PUBLIC", Opening.RESTRICTED: "RESTRICTED", Opening.FORBIDDEN: "NON_PUBLIC"}
FILE_TYPES = {"CSV", "TSV", "JSON", "XML", "XLSX", "PDF", "ZIP", "TXT", "GEOJSON", "KML", "DOCX", "PNG"}
MEDIA_TYPES = {
    "CSV": "text/csv", "TSV": "text/tab-separated-values", "JSON": "application/json", "XML": "application/xml",
    "PDF": "application/pdf", "ZIP": "application/zip", "TXT": "text/plain",
    "XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
FILE_TYPE_NAMES = {"GEOJSON": "GEOJSON", "TXT": "TXT"}


@dataclass
class Describer:
    """Describes on one host; things that several refer to are told once."""

    absolute: Absolute

    def __post_init__(self) -> None:
        self.shared: dict[str, Thing] = {}

    def dataset(self, dataset: Dataset) -> list[Thing]:
        """The dataset and its distributions."""
        iri = self.dataset_iri(dataset)
        thing = Thing("dcat:Dataset", iri)
        thing.add("dct:identifier", Literal(str(dataset.uid))).add("dct:title", zh(dataset.title))
        thing.add("dct:description", zh(dataset.notes or dataset.title))
        thing.add("dct:publisher", self.agent(dataset.publisher)).add(
            "dcat:contactPoint", self._contact(dataset)
        )
        thing.add("dct:issued", _moment(dataset.published_at)).add(
            "dct:modified", _moment(dataset.modified_at)
        )
        thing.add("dct:language", self._named("dct:LinguisticSystem", LANGUAGE))
        thing.add(
            "dct:accrualPeriodicity",
            self._named("dct:Frequency", f"{EU}/frequency/{FREQUENCY[Cycle(dataset.cycle)]}"),
        )
        thing.add(
            "dct:accessRights",
            self._named("dct:RightsStatement", f"{EU}/access-right/{ACCESS[Opening(dataset.opening)]}"),
        )
        thing.add("dct:spatial", self._place(dataset.spatial_code)).add("dct:temporal", _period(dataset))
        page = self.absolute(reverse("catalog:dataset", args=[dataset.name]))
        thing.add("dcat:landingPage", self._named("foaf:Document", page))
        thing.add("dcat:version", Literal(str(dataset.revision)))
        for tag in dataset.tags:
            thing.add("dcat:keyword", zh(tag))
        for theme in self.themes(dataset):
            thing.add("dcat:theme", theme)
        distributions = [self._distribution(r, dataset) for r in dataset.resources.all()]
        for one in distributions:
            thing.add("dcat:distribution", one)
        return [thing, *distributions]

    def catalog(
        self, datasets: Sequence[Dataset], *, modified: dt.datetime | None, issued: dt.datetime | None
    ) -> list[Thing]:
        """The catalogue with these datasets (one page of it)."""
        iri = self.absolute(reverse("catalog:list"))
        thing = Thing("dcat:Catalog", iri)
        thing.add("dct:title", zh("慈溪市公共数据开放目录"))
        thing.add("dct:description", zh("慈溪市各部门依法向社会开放的公共数据。")).add(
            "dct:publisher", self.city()
        )
        thing.add("foaf:homepage", self._named("foaf:Document", self.absolute(reverse("catalog:list"))))
        thing.add("dct:language", self._named("dct:LinguisticSystem", LANGUAGE))
        thing.add("dct:issued", _moment(issued)).add("dct:modified", _moment(modified))
        thing.add("dct:license", self.licence(LICENCES[OPEN_LICENCE])).add(
            "dct:spatial", self._place("330282")
        )
        for scheme in (self._scheme("lanes", "重点领域"), self._scheme("subjects", "数据领域")):
            thing.add("dcat:themeTaxonomy", scheme)
        service = self._service()
        thing.add("dcat:service", service)
        told: list[Thing] = [thing]
        for dataset in datasets:
            thing.add("dcat:dataset", Iri(self.dataset_iri(dataset)))
            told += self.dataset(dataset)
        return told

    def everything(self, things: Iterable[Thing]) -> list[Thing]:
        """The things and whatever they share, each once."""
        return [*things, *self.shared.values()]

    def dataset_iri(self, dataset: Dataset) -> str:
        return self.absolute(reverse("catalog_open:dataset", args=[dataset.name]))

    def themes(self, dataset: Dataset) -> list[Thing]:
        """Lane and subject as concepts."""
        told = [self._concept("subjects", "数据领域", dataset.subject, Subject(dataset.subject).label)]
        if dataset.lane:
            told.append(self._concept("lanes", "重点领域", dataset.lane, Lane(dataset.lane).label))
        return told

    def agent(self, publisher: Publisher) -> Thing:
        iri = self.absolute(reverse("catalog_open:organization", args=[publisher.code]))
        return self._share(Thing("foaf:Agent", iri, [("foaf:name", zh(publisher.name))]))

    def city(self) -> Thing:
        iri = self.absolute("/") + "#centre"
        return self._share(Thing("foaf:Agent", iri, [("foaf:name", zh("慈溪市大数据发展管理中心"))]))

    def licence(self, licence: Licence) -> Thing:
        iri = (
            self.absolute(licence.url)
            if licence.url.startswith("/")
            else licence.url or self.absolute("/catalog/terms/")
        )
        return self._share(Thing("dct:LicenseDocument", iri, [("dct:title", zh(licence.title))]))

    def _distribution(self, resource: Resource, dataset: Dataset) -> Thing:
        iri = self.absolute(reverse("catalog:resource", args=[dataset.name, resource.uid]))
        thing = Thing("dcat:Distribution", f"{iri}#distribution")
        url = resource_url(resource, dataset, self.absolute)
        is_table = resource.kind == ResourceKind.TABLE
        has_rows = is_table and resource.current is not None and dataset.opening == Opening.OPEN
        thing.add("dct:title", zh(resource.name)).add(
            "dct:description", zh(resource.description or resource.name)
        )
        thing.add("dcat:accessURL", self._named("rdfs:Resource", iri if is_table and not has_rows else url))
        if has_rows or resource.kind == ResourceKind.FILE:
            thing.add("dcat:downloadURL", self._named("rdfs:Resource", url))
        kind = "CSV" if is_table else resource.format
        if kind in FILE_TYPES:
            thing.add("dct:format", self._named("dct:MediaTypeOrExtent", f"{EU}/file-type/{kind}"))
        if kind in MEDIA_TYPES:
            media = f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[kind]}"
            thing.add("dcat:mediaType", self._named("dct:MediaType", media))
        thing.add("dct:license", self.licence(LICENCES.get(dataset.licence, LICENCES["notspecified"])))
        thing.add(
            "dcatap:availability",
            self._named("skos:Concept", f"{EU}/planned-availability/STABLE", ("skos:prefLabel", zh("稳定"))),
        )
        thing.add("dct:language", self._named("dct:LinguisticSystem", LANGUAGE))
        thing.add("dct:issued", _moment(resource.created_at)).add(
            "dct:modified", _moment(resource.modified_at)
        )
        if resource.kind == ResourceKind.FILE and resource.file_bytes is not None:
            thing.add("dcat:byteSize", typed(resource.file_bytes, "nonNegativeInteger"))
            thing.add("spdx:checksum", _checksum(resource.file_digest))
        if has_rows:
            thing.add("dcat:accessService", self._service())
        return thing

    def _service(self) -> Thing:
        """The Action API, through which rows are read."""
        iri = self.absolute("/") + "#action-api"
        if iri in self.shared:
            return self.shared[iri]
        thing = Thing("dcat:DataService", iri)
        thing.add("dct:title", zh("公共数据开放接口（CKAN Action API v3）"))
        thing.add("dct:description", zh(f"{settings.PORTAL_NAME}的目录与数据接口。")).add(
            "dct:publisher", self.city()
        )
        thing.add("dcat:endpointURL", self._named("rdfs:Resource", self.absolute("/api/3/action")))
        page = self.absolute(reverse("catalog:developers"))
        thing.add("dcat:endpointDescription", self._named("rdfs:Resource", page))
        thing.add("dct:license", self.licence(LICENCES[OPEN_LICENCE]))
        public = self._named("dct:RightsStatement", f"{EU}/access-right/PUBLIC")
        thing.add("dct:accessRights", public)
        return self._share(thing)

    def _contact(self, dataset: Dataset) -> Thing:
        kind = Thing("vcard:Kind", None, [("vcard:fn", zh(dataset.publisher.name))])
        kind.add(
            "vcard:hasURL", Iri(self.absolute(reverse("catalog:feedback_new")) + f"?dataset={dataset.name}")
        )
        if told := dataset.contact or dataset.publisher.contact:
            kind.add("vcard:note", zh(told))
        return kind

    def _place(self, code: str) -> Thing:
        iri = self.absolute("/") + f"#division-{code}"
        place = Thing(
            "dct:Location",
            iri,
            [("skos:prefLabel", zh(division_name(code))), ("dct:identifier", Literal(code))],
        )
        return self._share(place)

    def _scheme(self, name: str, title: str) -> Thing:
        iri = self.absolute("/") + f"#{name}"
        return self._share(Thing("skos:ConceptScheme", iri, [("dct:title", zh(title))]))

    def _concept(self, scheme: str, title: str, code: str, label: str) -> Thing:
        of = self._scheme(scheme, title)
        iri = self.absolute("/") + f"#{scheme}-{code}"
        return self._share(Thing("skos:Concept", iri, [("skos:prefLabel", zh(label)), ("skos:inScheme", of)]))

    def _named(self, kind: str, iri: str, *properties: tuple[str, Literal]) -> Thing:
        return self._share(Thing(kind, iri, list(properties)))

    def _share(self, thing: Thing) -> Thing:
        key = f"{thing.iri}"
        return self.shared.setdefault(key, thing)


def _moment(moment: dt.datetime | None) -> Literal | None:
    return typed(moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "dateTime") if moment else None


def _period(dataset: Dataset) -> Thing | None:
    if dataset.temporal_from is None and dataset.temporal_to is None:
        return None
    period = Thing("dct:PeriodOfTime")
    if dataset.temporal_from:
        period.add("dcat:startDate", typed(dataset.temporal_from.isoformat(), "date"))
    if dataset.temporal_to:
        period.add("dcat:endDate", typed(dataset.temporal_to.isoformat(), "date"))
    return period


def _checksum(digest: str) -> Thing | None:
    if not digest:
        return None
    return Thing("spdx:Checksum", None, [
        ("spdx:algorithm", Thing("spdx:ChecksumAlgorithm", "http://spdx.org/rdf/terms#checksumAlgorithm_sha256")),
        ("spdx:checksumValue", typed(digest, "hexBinary")),
    ])  # fmt: skip
