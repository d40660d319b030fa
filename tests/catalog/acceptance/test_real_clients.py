"""Other people's programs against a running portal: CKAN's client, validators of DCAT-AP and data packages, a fuzzer."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

import audit
from accounts.models import Agency
from accounts.roles import AgencyKind, Role
from accounts.services.tokens import issue_token
from accounts.token_scopes import Scope
from tests.datasets import make_dataset, make_published, publishers, the_resource
from tests.people import make_agency, make_person
from tests.running import Web

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAMS = Path(sys.executable).parent
SHAPES = Path(__file__).with_name("dcat_ap_shapes.ttl")


@dataclass(frozen=True)
class Site:
    url: str
    dataset: str
    resource: str
    secret: str


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    """Three open datasets, a restricted one, a draft, and a steward's token, behind a real server."""
    agency = Agency.objects.filter(kind=AgencyKind.DEPARTMENT, scope_code="health").first() or make_agency(
        AgencyKind.DEPARTMENT, scope_code="health"
    )
    publishers()
    dataset = make_published(
        "health", name="nursing-homes", title="养老机构名录", lane="elderly-care", tags=["养老", "床位"]
    )
    make_published("market", name="firms", title="企业名录")
    make_published(
        "market", name="penalties", title="行政处罚", grades={"amount": "L2"}, opening="restricted"
    )
    make_dataset("health", name="secret-draft", title="内部草稿")
    steward = make_person(Role.DATA_STEWARD, agency=agency)
    now = timezone.now()
    _, secret = issue_token(
        steward,
        "编目程序",
        [Scope.CATALOG_READ, Scope.CATALOG_WRITE],
        30,
        now=now,
        origin=audit.Origin.system("test"),
    )
    with Web() as web:
        yield Site(web.url, dataset.name, str(the_resource(dataset).uid), secret)


def run(*command: str, timeout: int = 80, **options: Any) -> subprocess.CompletedProcess[str]:
    """A program of the environment, found as a user finds it."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]], capture_output=True, text=True, timeout=timeout, check=False,
        env=os.environ | {"PATH": path}, **options,
    )  # fmt: skip


def test_everyones_client_reads_writes_and_validates(site: Site, tmp_path: Path) -> None:
    """One server for all of it: a start takes longer than any of the parts."""
    _library_reads(site)
    _library_writes_a_draft(site, tmp_path)
    _command_dumps_searches_and_acts(site, tmp_path)
    _harvester_walks(site)
    _dcat_has_no_violation(site)
    _data_package_is_valid(site, tmp_path)
    _nothing_surprises_a_fuzzer(site)


def _library_reads(site: Site) -> None:
    from ckanapi import NotFound, RemoteCKAN, ValidationError

    with RemoteCKAN(site.url) as ckan:
        assert ckan.action.site_read() is True
        assert set(ckan.action.package_list()) == {"nursing-homes", "firms", "penalties"}
        found = ckan.action.package_search(q="养老", fq="groups:elderly-care", facet_field=["organization"])
        assert [one["name"] for one in found["results"]] == ["nursing-homes"]
        rows = ckan.action.datastore_search(
            resource_id=site.resource, filters={"people": {"gte": 45}}, sort="people"
        )
        assert [r["name"] for r in rows["records"]] == ["鸣鹤敬老院", "杜湖养老院"]
        with pytest.raises(NotFound):
            ckan.action.package_show(id="secret-draft")
        with pytest.raises(ValidationError):
            ckan.action.datastore_search(resource_id=site.resource, filters={"nothing": 1})
        closed = ckan.action.package_show(id="penalties")["resources"][0]["id"]
        with pytest.raises(Exception, match="denied"):
            ckan.action.datastore_search(resource_id=closed)


def _library_writes_a_draft(site: Site, tmp_path: Path) -> None:
    from ckanapi import NotAuthorized, RemoteCKAN

    table = tmp_path / "床位.csv"
    table.write_bytes("机构,编号,床位\n甲院,0012,30\n乙院,0013,45\n".encode("gb18030"))
    with pytest.raises(NotAuthorized), RemoteCKAN(site.url) as nobody:
        nobody.action.package_create(name="by-nobody", title="无令牌")
    with RemoteCKAN(site.url, apikey=site.secret) as ckan:
        made = ckan.action.package_create(
            name="by-client", title="由程序建立", tags=[{"name": "测试"}], owner_org="health"
        )
        assert (made["state"], made["private"]) == ("draft", True)
        resource = ckan.action.resource_create(package_id="by-client", name="床位表", upload=table.open("rb"))
        info = ckan.action.datastore_info(id=resource["id"])
        assert info["meta"]["count"] == 2
        rows = ckan.action.datastore_search(resource_id=resource["id"])["records"]
        assert [list(row.values())[1:] for row in rows] == [["甲院", "0012", 30], ["乙院", "0013", 45]]
        told = ckan.action.datastore_create(
            resource={"package_id": "by-client", "name": "逐行写入"}, primary_key="code",
            fields=[{"id": "code", "type": "text"}, {"id": "beds", "type": "int"}], records=[{"code": "a", "beds": 1}],
        )  # fmt: skip
        ckan.action.datastore_upsert(
            resource_id=told["resource_id"], records=[{"code": "a", "beds": 2}, {"code": "b"}]
        )
        beds = ckan.action.datastore_search(resource_id=told["resource_id"], sort="code")["records"]
        assert [(r["code"], r["beds"]) for r in beds] == [("a", 2), ("b", None)]
        revised = ckan.action.package_patch(id="nursing-homes", title="改过的标题")
        assert revised["state"] == "draft"
    with RemoteCKAN(site.url) as public:
        assert public.action.package_show(id="nursing-homes")["title"] == "养老机构名录"
        assert "by-client" not in public.action.package_list()


def _command_dumps_searches_and_acts(site: Site, tmp_path: Path) -> None:
    lines = tmp_path / "all.jsonl"
    dumped = run(
        "ckanapi", "dump", "datasets", "--all", "-O", str(lines), "--datastore-fields", "-r", site.url
    )
    assert dumped.returncode == 0, dumped.stderr
    assert len(lines.read_text().splitlines()) == 3
    acted = run(
        "ckanapi", "action", "datastore_search", f"resource_id={site.resource}", "limit:1", "-r", site.url
    )
    assert json.loads(acted.stdout)["records"][0]["code"] == "0001", acted.stderr
    found = run("ckanapi", "search", "datasets", "q=名录", "-r", site.url)
    assert len(found.stdout.splitlines()) == 2, found.stderr
    own = json.loads(lines.read_text().splitlines()[0]) | {"name": "loaded", "title": "装入的"}
    own = {k: v for k, v in own.items() if k not in ("id", "resources")} | {"owner_org": "health"}
    one = tmp_path / "one.jsonl"
    one.write_text(json.dumps(own) + "\n")
    loaded = run("ckanapi", "load", "datasets", "-I", str(one), "-r", site.url, "-a", site.secret)
    assert loaded.returncode == 0 and '"error"' not in loaded.stdout, loaded.stdout + loaded.stderr
    folder = tmp_path / "packages"
    run("ckanapi", "dump", "datasets", site.dataset, f"--datapackages={folder}", "-r", site.url)
    kept = list(folder.glob("*/data/*.csv"))
    assert len(kept) == 1 and "杜湖养老院" in kept[0].read_text(encoding="utf-8")


def _harvester_walks(site: Site) -> None:
    import requests

    seen: list[str] = []
    start = 0
    since = (timezone.now() - timedelta(days=3650)).strftime("%Y-%m-%dT%H:%M:%SZ")
    while True:
        told = requests.get(
            f"{site.url}/api/action/package_search",
            {"rows": 2, "start": start, "sort": "id asc", "fq": f"metadata_modified:[{since} TO *]"}, timeout=20,
        ).json()["result"]["results"]  # fmt: skip
        if not told:
            break
        seen += [one["id"] for one in told]
        start += 2
    assert len(seen) == len(set(seen)) == 3
    dump = requests.get(f"{site.url}/datastore/dump/{site.resource}?format=json", timeout=20).json()
    assert [f["id"] for f in dump["fields"]][:2] == ["_id", "code"]
    assert len(dump["records"]) == 4


def _dcat_has_no_violation(site: Site) -> None:
    """Against the mandatory and recommended properties of DCAT-AP 3.0.1; ``DCAT_AP_SHAPES`` names further shapes."""
    import pyshacl
    from rdflib import RDF, Graph, Namespace

    sh = Namespace("http://www.w3.org/ns/shacl#")
    for shapes_file in filter(None, (str(SHAPES), os.environ.get("DCAT_AP_SHAPES", ""))):
        shapes = Graph().parse(shapes_file)
        for broken in [p for p in set(shapes.objects(None, sh.property)) if (p, sh.path, None) not in shapes]:
            shapes.remove((broken, None, None))
            shapes.remove((None, None, broken))
        graphs = [Graph().parse(f"{site.url}/catalog.ttl", format="turtle"),
                  Graph().parse(f"{site.url}/catalog.jsonld", format="json-ld"),
                  Graph().parse(f"{site.url}/dataset/{site.dataset}.ttl", format="turtle")]  # fmt: skip
        assert len(graphs[0]) == len(graphs[1]) > 100
        for graph in graphs:
            _, report, text = pyshacl.validate(graph, shacl_graph=shapes)
            assert not list(report.subjects(RDF.type, sh.ValidationResult)), text


def _data_package_is_valid(site: Site, tmp_path: Path) -> None:
    address = f"{site.url}/catalog/datasets/{site.dataset}/datapackage.json"
    checked = run("frictionless", "validate", address, "--trusted", "--json", cwd=tmp_path)
    report = json.loads(checked.stdout)
    assert report["valid"], checked.stdout
    assert report["stats"]["tasks"] == 1


def _nothing_surprises_a_fuzzer(site: Site) -> None:
    checked = run(
        "schemathesis", "run", f"{site.url}/api/v1/catalog/schema/?format=json", "--url", site.url, "--checks", "all",
        "--phases", "coverage,fuzzing", "-n", "6", "--generation-deterministic", "--suppress-health-check",
        "all", "--exclude-checks", "ignored_auth", "--max-failures", "5",
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-6000:]
