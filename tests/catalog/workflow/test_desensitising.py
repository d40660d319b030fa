"""The rules run at publication, and their proof."""

from datetime import timedelta

import pytest

from catalog.engine.columns import Column
from catalog.models import Dataset, Resource
from catalog.services import workflow
from catalog.services.desensitise import proof_in_force, protect, read_frame, rules_of
from catalog.services.drafts import open_revision
from catalog.services.publish_tables import fill_release, seal_release, start_release
from tests.catalog.openings import NOW, make_dataset
from tests.catalog.ways import PEOPLE, TODAY, TOLD, give_rows, persons, published, rule

pytestmark = pytest.mark.django_db


def test_the_rules_run_at_publication_and_the_proof_stays_with_the_release(scene):
    persons(scene)
    release = published(scene).resources.get().current
    proof = release.proof
    assert proof.passed and proof.report["k"] == 6 and proof.report["l_diversity"]["disease"]["distinct"] == 3
    assert [c["code"] for c in release.columns] == ["age", "town", "disease"]
    assert release.row_count == 12


def test_rows_that_stay_too_few_are_left_out_if_they_are_not_many(scene):
    rows = [*[PEOPLE[n % 12] for n in range(120)], ("独行", "13900000000", "88", "甲镇", "哮喘")]
    persons(scene, rows)
    release = published(scene).resources.get().current
    assert (release.row_count, release.proof.removed, release.proof.passed) == (120, 1, True)


def test_a_table_that_fails_its_policy_is_not_published(scene):
    rows = [(f"人{n}", "", str(n), "甲镇", "哮喘") for n in range(12)]
    resource = persons(scene, rows)
    proof = protect(resource, by=None, **TOLD)
    assert not proof.passed
    assert proof.release.state == "draft"
    with pytest.raises(workflow.UnableToMoveDataset, match="脱敏证明未通过"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)


def test_a_proof_is_made_once_and_again_when_a_rule_changes(scene):
    resource = persons(scene)
    first = protect(resource, by=None, **TOLD)
    assert protect(resource, by=None, **TOLD).pk == first.pk
    rule(scene, "age", "generalise", "quasi", width=10)
    assert proof_in_force(resource) is None
    assert protect(resource, by=None, **TOLD).pk != first.pk


def test_the_difference_to_the_public_release_is_checked(scene):
    resource = persons(scene)
    done = published(scene)
    revision = open_revision(done, editor=scene["steward"], **TOLD)
    again = revision.resources.get()
    give_rows(again, [*PEOPLE, ("新来", "13900000000", "20", "甲镇", "癌症")])
    with pytest.raises(workflow.UnableToMoveDataset, match="对照两版"):
        workflow.submit(scene["steward"], revision, **TOLD)
    give_rows(
        again,
        [
            *PEOPLE,
            *[("新来", "13900000000", "20", "甲镇", d) for d in ("癌症", "哮喘", "肺炎", "哮喘", "流感")],
        ],
    )
    final = published(scene, Dataset.objects.get(pk=revision.pk))
    assert final.pk == done.pk
    assert final.resources.get().current.row_count == 17
    assert resource.pk == final.resources.get().pk


def test_a_revision_takes_its_rules_along_and_gives_them_back(scene):
    resource = persons(scene)
    done = published(scene)
    before = [(r["code"], r["method"], r["role"]) for r in rules_of(resource)]
    revision = open_revision(done, editor=scene["steward"], **TOLD)
    give_rows(revision.resources.get(), [*PEOPLE, *PEOPLE])
    final = published(scene, revision)
    standing = final.resources.get()
    assert [(r["code"], r["method"], r["role"]) for r in rules_of(standing)] == before
    assert standing.protection.about_persons
    assert [c["code"] for c in standing.current.columns] == ["age", "town", "disease"]


def test_pseudonyms_are_keyed_and_only_for_restricted_opening(scene):
    rule(scene, "name", "pseudonym")
    with pytest.raises(workflow.UnableToMoveDataset, match="假名"):
        workflow.submit(scene["steward"], scene["dataset"], **TOLD)
    Dataset.objects.filter(pk=scene["dataset"].pk).update(
        opening="restricted", opening_reason="R1", opening_review_on=TODAY + timedelta(days=300)
    )
    workflow.submit(scene["steward"], Dataset.objects.get(pk=scene["dataset"].pk), **TOLD)
    standing = Resource.objects.get(pk=scene["resource"].pk)
    frame = read_frame(proof_in_force(standing).release, ["name"])
    assert all(len(value) == 32 and value != name for value, name in zip(frame["name"], "甲乙", strict=True))
    assert frame["name"].n_unique() == 2


def test_numbers_and_gaps_survive_the_rules(scene):
    resource = make_dataset(scene["publisher"], (("n", "L1"), ("t", "L1")))[1]
    columns = (Column("n", "n", "integer", "c1"), Column("t", "t", "text", "c2"))
    release = start_release(resource, columns, now=NOW)
    fill_release(release, columns, [(14, "a,b"), (None, None), (96, '"引号"\n换行')])
    seal_release(release, columns, now=NOW)
    rule(scene | {"resource": resource}, "n", "round", base=10)
    made = protect(resource, by=None, **TOLD).release
    assert [c["type"] for c in made.columns] == ["integer", "text"]
    assert read_frame(made, ["n", "t"]).rows() == [("10", "a,b"), (None, None), ("100", '"引号"\n换行')]
