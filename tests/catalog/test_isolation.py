"""Another department's draft is met by nobody: every address with every id guessed, every action, every list.

The addresses are taken from the resolver, so that one added later is attacked as well.
"""

import itertools
import json

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from accounts.roles import AgencyKind, Role
from accounts.services.tokens import issue_token
from catalog.api.ckan.registry import ACTIONS
from catalog.models import (
    Dataset,
    FieldRule,
    GradeChange,
    ImpactAssessment,
    Intake,
    ReleaseProof,
)
from catalog.services import intake
from catalog.services.drafts import edit_draft, open_revision
from tests.catalog.openings import ORIGIN
from tests.datasets import make_dataset, make_published, make_release, make_resource, the_resource
from tests.people import client_of, make_agency, make_person

pytestmark = pytest.mark.django_db
TITLE, TAG, COLUMN, CELL, NOTES = "未公开题名", "未公开标签", "hush_column", "HUSH330282", "未公开摘要"
FILE_NAME, REASON = "hush-file.csv", "未公开理由"
SECRETS = (TITLE, TAG, COLUMN, CELL, NOTES, FILE_NAME, REASON)
TOLD = (("name", "名称", "text"), (COLUMN, "未公开列", "text"))
NAMESPACES = ("catalog", "catalog_api", "catalog_open")
SPAWNING = {"catalog:register", "catalog:feedback_new", "catalog:competition_enter", "catalog:draft_new"}


@pytest.fixture
def scene():
    """The tax office's draft and its revision of what is published, with everything that hangs on them."""
    cache.clear()
    now = timezone.now()
    tax = make_agency(AgencyKind.DEPARTMENT, scope_code="tax")
    court = make_agency(AgencyKind.DEPARTMENT, scope_code="court")
    steward = make_person(Role.DATA_STEWARD, agency=tax)
    draft = make_dataset("tax", name="hush-draft", title=TITLE, notes=NOTES, tags=[TAG])
    make_release(make_resource(draft, name=TITLE), [("甲", CELL)], TOLD, note=NOTES)
    public = make_published("tax", rows=[("甲",)], told=TOLD[:1], name="known", title="已公开题名")
    revision = open_revision(public, editor=steward, now=now, origin=ORIGIN)
    edit_draft(
        revision, {"title": TITLE, "notes": NOTES, "tags": [TAG]}, editor=steward, now=now, origin=ORIGIN
    )
    make_release(revision.resources.get(), [("甲", CELL), ("乙", CELL)], TOLD, note=NOTES)
    for dataset in (draft, revision):
        _hang_on(dataset, steward, now)
    people = {
        "nobody": None, "other steward": make_person(Role.DATA_STEWARD, agency=court),
        "other reviewer": make_person(Role.DATA_REVIEWER, agency=court), "bank": make_person(Role.BANK_MANAGER),
    }  # fmt: skip
    return {"draft": draft, "revision": revision, "people": people, "steward": steward}


def _hang_on(dataset, steward, now):
    resource = dataset.resources.get()
    field = resource.fields.get(code=COLUMN)
    GradeChange.objects.create(
        resource=resource, code=COLUMN, title="未公开列", before="L2", after="L1", reason=REASON, asked_by=steward,
        asked_at=now,
    )  # fmt: skip
    FieldRule.objects.create(
        field=field, method="mask", parameters={"kind": "name"}, grade_after="L1", reason=REASON, set_by=steward,
        set_at=now,
    )  # fmt: skip
    release = resource.releases.order_by("-number").first()
    ReleaseProof.objects.create(
        release=release, rules=[{"code": COLUMN, "title": TITLE, "role": "quasi", "method": "keep", "grade": "L1",
                                 "leaves": True}], passed=True, made_at=now,
    )  # fmt: skip
    ImpactAssessment.objects.create(
        dataset=dataset.revises or dataset, purpose=NOTES, impact=NOTES, measures=NOTES, level="low", basis="0",
        made_by=steward, made_at=now,
    )  # fmt: skip
    intake.receive_file(
        resource,
        ContentFile(f"名称,{COLUMN}\n甲,{CELL}\n".encode()),
        FILE_NAME,
        editor=steward,
        now=now,
        origin=ORIGIN,
    )


def guesses(scene):
    """By parameter of an address, every value that belongs to the hidden datasets."""
    resources = [d.resources.get() for d in (scene["draft"], scene["revision"])]
    pks = {
        *(r.pk for r in resources), *(d.pk for d in (scene["draft"], scene["revision"])),
        *(m.objects.latest("pk").pk for m in (GradeChange, FieldRule, ReleaseProof, Intake)),
        resources[1].fields.get(code=COLUMN).pk,
    }  # fmt: skip
    return {
        "name": ["hush-draft", "known", "tax"], "ending": ["ttl", "jsonld"],
        "uid": [o.uid for o in (scene["draft"], scene["revision"], *resources)], "pk": sorted(pks),
        "number": ["1", str(scene["draft"].uid)], "year": [2026], "rest": ["datasets"], "version": ["v1"],
    }  # fmt: skip


def addresses(scene):
    known = guesses(scene)
    for namespace in NAMESPACES:
        _, resolver = get_resolver().namespace_dict[namespace]
        for name in {n for n in resolver.reverse_dict if isinstance(n, str)}:
            for possibility in resolver.reverse_dict.getlist(name):
                parameters = possibility[0][0][1]
                for values in itertools.product(*(known[p] for p in parameters)):
                    try:
                        yield (
                            f"{namespace}:{name}",
                            reverse(f"{namespace}:{name}", kwargs=dict(zip(parameters, values, strict=True))),
                        )
                    except NoReverseMatch:
                        continue


def body_of(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def assert_silent(body, place):
    for secret in SECRETS:
        assert secret not in body, (secret, place)


@pytest.mark.parametrize("who", ["nobody", "other steward", "other reviewer", "bank"])
def test_no_address_with_any_guessed_id_tells_of_a_draft(scene, who):
    person = scene["people"][who]
    browser = Client() if person is None else client_of(person)
    seen = 0
    for name, path in sorted(set(addresses(scene))):
        cache.clear()
        response = browser.get(path)
        assert response.status_code < 500, path
        assert_silent(body_of(response), path)
        if name not in SPAWNING:
            posted = browser.post(path, {"action": "submit", "agree": "1", "title": "x", "grade": "L4"})
            assert posted.status_code < 500, path
            assert_silent(body_of(posted), path)
        seen += 1
    assert seen > 90
    draft = Dataset.objects.get(pk=scene["draft"].pk)
    assert (draft.state, draft.title) == ("draft", TITLE)
    assert not GradeChange.objects.exclude(state="waiting").exists()
    assert not FieldRule.objects.filter(confirmed_at__isnull=False).exists()


@pytest.mark.parametrize("who", ["nobody", "other steward", "bank"])
def test_no_action_tells_of_a_draft_or_touches_it(scene, who):
    person, headers = scene["people"][who], {}
    if person is not None:
        scopes = ["catalog.read"] + (["catalog.write"] if "steward" in who else [])
        told = {"name": "令牌", "scopes": scopes, "days": 9, "now": timezone.now(), "origin": ORIGIN}
        headers = {"Authorization": issue_token(person, **told)[1]}
    resources = [d.resources.get() for d in (scene["draft"], scene["revision"])]
    ids = ["hush-draft", *(str(o.uid) for o in (scene["draft"], scene["revision"], *resources))]
    bodies = [
        {}, {"q": TITLE}, {"fq": f"tags:{TAG}"}, {"q": "hush*", "include_drafts": True, "include_private": True},
        {"query": "name:hush"}, {"all_fields": True, "include_datasets": True, "id": "tax"}, {"facet.field": '["tags"]'},
        *({key: one} for one in ids for key in ("id", "resource_id", "package_id")),
    ]  # fmt: skip
    for action in sorted(ACTIONS):
        for told in bodies:
            cache.clear()
            response = Client().post(
                f"/api/3/action/{action}", json.dumps(told), content_type="application/json", headers=headers
            )
            assert response.status_code < 500, (action, told)
            body = body_of(response)
            for word in (told.get("q", ""), told.get("fq", "")):
                body = body.replace(word, "") if word else body
            assert_silent(body, (action, told))
    assert Dataset.objects.filter(title=TITLE).count() == 2
    assert all(r.releases.count() for r in resources)


def test_counts_and_lists_are_those_of_what_is_public(scene):
    def of(path):
        return json.loads(body_of(Client().get(path)))

    assert of("/api/v1/catalog/datasets/")["count"] == 1
    facets = of("/api/v1/catalog/datasets/")["facets"]
    assert {v["value"]: v["count"] for v in facets["publisher"]} == {"tax": 1}
    assert of("/api/3/action/package_list")["result"] == ["known"]
    assert of("/api/3/action/tag_list")["result"] == ["测试"]
    assert of("/api/3/action/organization_show?id=tax")["result"]["package_count"] == 1
    assert of("/api/v1/catalog/suggest/?q=weigongkai") == []
    assert "hush" not in body_of(Client().get("/sitemap.xml")) + body_of(Client().get("/catalog.ttl"))


def test_its_own_steward_finds_what_the_others_do_not(scene):
    """The tests above can fail: the same addresses tell the department's own people."""
    browser = client_of(scene["steward"])
    told = [body_of(browser.get(path)) for _, path in sorted(set(addresses(scene)))]
    for secret in (TITLE, NOTES, COLUMN, CELL, FILE_NAME):
        assert any(secret in body for body in told), secret
    assert the_resource(scene["draft"]).releases.count() == 1
