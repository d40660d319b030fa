"""Who gets what at every address of the app; ``tests/url_expectations.py`` says how to write a line."""

from typing import Any

from django.utils import timezone

from accounts.roles import Role
from tests.catalog.rule_expectations import RULES
from tests.url_expectations import Expectation, World, allow, public

HANDLERS = (Role.DATA_STEWARD, Role.DATA_CENTRE_OPERATOR)


def a_dataset(world: World) -> dict[str, Any]:
    return {"name": _published().name}


def a_draft(world: World) -> dict[str, Any]:
    return {"uid": _published().uid}


def a_graph(world: World) -> dict[str, Any]:
    return a_dataset(world) | {"ending": "ttl"}


def a_resource(world: World) -> dict[str, Any]:
    return {"uid": _resource().uid}


def a_resource_page(world: World) -> dict[str, Any]:
    resource = _resource()
    return {"name": resource.dataset.name, "uid": resource.uid}


def a_download(world: World) -> dict[str, Any]:
    return a_resource(world) | {"name": "data.csv"}


def a_publisher(world: World) -> dict[str, Any]:
    from tests.datasets import publishers

    publishers()
    return {"name": "market"}


def a_matter(world: World) -> dict[str, Any]:
    from catalog.models import Feedback
    from tests.datasets import publishers

    today = timezone.localdate()
    found, _ = Feedback.objects.get_or_create(
        number="F20261120-ABCDEF",
        defaults={"kind": "question", "title": "何时更新", "text": "请问数据何时更新？", "publisher": publishers()["market"],
                  "accept_by": today, "answer_by": today, "created_at": timezone.now()},
    )  # fmt: skip
    return {"number": found.number}


def _published() -> Any:
    from catalog.models import Dataset
    from tests.datasets import make_published

    return Dataset.objects.filter(name="walked").first() or make_published(name="walked")


def _resource() -> Any:
    return _published().resources.get()


STRANGER = {Role.DATA_STEWARD: 404}
EXPECTATIONS: dict[str, Expectation] = {
    # the public catalogue
    "catalog:list": public(),
    "catalog:developers": public(),
    "catalog:terms": public(),
    "catalog:statistics": public(),
    "catalog:dataset": public(args=a_dataset),
    "catalog:datapackage": public(args=a_dataset),
    "catalog:resource": public(args=a_resource_page),
    "catalog:download": public(args=a_download),
    "catalog:feedback": public(),
    "catalog:feedback_new": public(),
    "catalog:feedback_item": public(args=a_matter),
    # answering
    "catalog:feedback_desk": allow(*HANDLERS),
    "catalog:feedback_handle": allow(*HANDLERS, args=a_matter).but(STRANGER),
    "catalog:feedback_accept": allow(*HANDLERS, ok=405, args=a_matter),
    # publishing
    "catalog:drafts": allow(*HANDLERS),
    "catalog:draft_new": allow(*HANDLERS),
    "catalog:draft": allow(*HANDLERS, args=a_draft).but(STRANGER),
    "catalog:draft_upload": allow(*HANDLERS, ok=405, args=a_draft),
    "catalog:draft_link": allow(*HANDLERS, ok=405, args=a_draft),
    "catalog:intake": allow(*HANDLERS, ok=404, args=lambda world: {"pk": 10**6}),
    # the table API
    "catalog_api:datasets": public(),
    "catalog_api:dataset": public(args=a_dataset),
    "catalog_api:resource": public(args=a_resource),
    "catalog_api:rows": public(args=a_resource),
    "catalog_api:profile": public(args=a_resource),
    "catalog_api:dump": public(args=a_resource),
    "catalog_api:schema": public(),
    "catalog_api:suggest": public(),
    "catalog_api:nothing": public(ok=404, args=lambda world: {"rest": "nothing/"}),
    # what clients of open-data catalogues ask
    "catalog_open:version": public(),
    "catalog_open:version_slash": public(),
    "catalog_open:action": public(args=lambda world: {"name": "site_read"}),
    "catalog_open:action_bare": public(args=lambda world: {"name": "site_read"}),
    "catalog_open:dump": public(args=a_resource),
    "catalog_open:dataset": public(ok=303, args=a_dataset),
    "catalog_open:dataset_graph": public(args=a_graph),
    "catalog_open:catalog_graph": public(args=lambda world: {"ending": "ttl"}),
    "catalog_open:organization": public(ok=303, args=a_publisher),
    "catalog_open:sitemap": public(),
    "catalog_open:robots": public(),
    **RULES,
}
