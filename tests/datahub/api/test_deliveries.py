"""The door for programs: who may hand in what, what they get back, and in which shape it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import audit
from accounts.models import User
from accounts.roles import Role
from accounts.services.tokens import issue_token
from accounts.token_scopes import Scope
from datahub.models import Batch, BatchState, Channel
from tests.datahub.services.conftest import CODES, FREEZE_HEAD, freeze
from tests.datahub.views.conftest import court, deliver, last_batch, queue, town, work_off

__all__ = ["court", "deliver", "queue", "town", "work_off"]
pytestmark = pytest.mark.usefixtures("town")
CONTENT = "\n".join([FREEZE_HEAD, freeze(CODES[0], "（2026）浙0282执1号"), ""]).encode("gb18030")
QUERY = "?item=court.equity_freeze&period=2026-11&file_date=2026-11-20"


class Program:
    """Calls the API with a token of the user."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        now, origin = timezone.now(), audit.Origin.system("tests")
        _, secret = issue_token(user, "报送程序", scopes, 30, now=now, origin=origin)
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(self, content: bytes = CONTENT, query: str = QUERY, kind: str = "text/csv") -> Any:
        return self.client.post(reverse("datahub_api:deliveries") + query, content, content_type=kind)

    def form(self, **values: Any) -> Any:
        told = {"item": "court.equity_freeze", "period": "2026-11", "file_date": "2026-11-20"}
        return self.client.post(reverse("datahub_api:deliveries"), told | values)

    def get(self, name: str, pk: int | None = None, query: str = "") -> Any:
        args = [] if pk is None else [pk]
        return self.client.get(reverse(f"datahub_api:{name}", args=args) + query)


@pytest.fixture
def program(court: dict[Role, User]) -> Program:
    return Program(court[Role.DATA_STEWARD], Scope.DELIVERIES_WRITE, Scope.DELIVERIES_READ)


@pytest.mark.parametrize("kind", ["text/csv", "application/octet-stream"])
def test_a_raw_body_becomes_a_batch(program: Program, queue: list[Any], kind: str) -> None:
    answer = program.post(kind=kind, query=QUERY + "&file_name=../x/冻结.csv")
    batch = last_batch()
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    assert answer["Location"] == f"/api/v1/deliveries/{batch.pk}/"
    assert (batch.channel, batch.file_name, batch.file_bytes) == (Channel.API, "冻结.csv", len(CONTENT))
    assert [(name, args[0]) for name, args, _ in queue] == [("process_batch", batch.pk)]


def test_a_form_becomes_a_batch(program: Program, queue: list[Any]) -> None:
    answer = program.form(file=SimpleUploadedFile("冻结.csv", CONTENT))
    assert (answer.status_code, answer.json()["file_name"]) == (201, "冻结.csv")
    assert len(queue) == 1


def test_the_same_bytes_answer_200_with_the_same_batch(program: Program, queue: list[Any]) -> None:
    first, second = program.post(), program.form(file=SimpleUploadedFile("又一次.csv", CONTENT))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(queue) == 1


def test_an_omitted_period_is_the_items_own_around_the_date(program: Program, queue: list[Any]) -> None:
    answer = program.post(query="?item=court.auction&file_date=2026-11-20")
    assert answer.json()["period"] == "2026-11-16"  # a weekly item: its Monday


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("?item=court.nothing&file_date=2026-11-20", "item", "没有数据项“court.nothing”"),
        ("?item=court.equity_freeze", "file_date", "必填"),
        ("?item=court.equity_freeze&file_date=2999-01-01", "file_date", "晚于今天"),
        ("?item=court.equity_freeze&file_date=2026-11-20&period=2026-99", "period", "无法识别"),
        (QUERY + "&file_name=页面.html", "file", "不是可接收的格式"),
    ],
)
def test_a_refusal_names_the_field_and_the_remedy(
    program: Program, query: str, field: str, words: str
) -> None:
    answer = program.post(query=query)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid")
    assert words in "".join(error["fields"][field])
    assert set(error) == {"code", "message", "fields", "request_id"}


def test_an_empty_body_is_refused(program: Program, queue: list[Any]) -> None:
    assert program.post(b"").status_code == 400
    assert not queue


def test_a_form_without_a_file_says_so(program: Program) -> None:
    assert "file" in program.form().json()["error"]["fields"]


def test_another_departments_item_is_refused(program: Program, queue: list[Any]) -> None:
    answer = program.post(query="?item=market.registration&file_date=2026-11-20")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "other_department")
    assert not queue


@pytest.mark.parametrize("size", [3 << 20, 3 << 19])
@pytest.mark.parametrize("way", ["raw", "form"])
def test_a_file_above_the_limit_is_refused(
    program: Program, queue: list[Any], settings: Any, size: int, way: str
) -> None:
    settings.PORTAL_DELIVERY_MAX_BYTES = 1 << 20
    content = b"x" * size
    answer = (
        program.post(content) if way == "raw" else program.form(file=SimpleUploadedFile("大.csv", content))
    )
    assert answer.status_code in (400, 413)
    assert "1 MB 的上限" in answer.content.decode()
    assert not queue


@pytest.mark.parametrize(
    ("scope", "method", "status"),
    [
        (Scope.DELIVERIES_WRITE, "get", 403),
        (Scope.DELIVERIES_READ, "get", 200),
        (Scope.DELIVERIES_READ, "post", 403),
        (Scope.DELIVERIES_WRITE, "post", 201),
    ],
)
@pytest.mark.usefixtures("queue")
def test_reading_and_writing_need_their_own_scopes(
    court: dict[Role, User], scope: Scope, method: str, status: int
) -> None:
    program = Program(court[Role.DATA_STEWARD], scope)
    answer = program.post() if method == "post" else program.get("deliveries")
    assert answer.status_code == status


def test_without_a_token_there_is_no_door(queue: list[Any]) -> None:
    answer = Client().post(reverse("datahub_api:deliveries") + QUERY, CONTENT, content_type="text/csv")
    assert answer.status_code == 401
    assert not queue


def test_a_session_without_csrf_token_is_refused(court: dict[Role, User], queue: list[Any]) -> None:
    from tests.people import client_of

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(court[Role.DATA_STEWARD]).cookies
    answer = strict.post(reverse("datahub_api:deliveries") + QUERY, CONTENT, content_type="text/csv")
    assert answer.status_code == 403
    assert not queue


@pytest.fixture
def messy(program: Program, work_off: Any) -> Batch:
    rows = [freeze(CODES[0], f"（2026）浙0282执{n}号", amount="-1") for n in range(3)]
    rows.append(freeze(CODES[1], "（2026）浙0282执9号"))
    program.post("\n".join([FREEZE_HEAD, *rows, ""]).encode())
    work_off()
    return last_batch()


def test_state_and_counts_can_be_asked_for(program: Program, messy: Batch) -> None:
    told = program.get("delivery", messy.pk).json()
    assert (told["state"], told["state_label"]) == (BatchState.PROMOTED, "已入库")
    parts = ("rows_promoted", "rows_unchanged", "rows_quarantined", "rows_waiting")
    assert told["rows_received"] == sum(told[part] for part in parts) == 4


def test_rejections_come_in_pages(program: Program, messy: Batch) -> None:
    told = program.get("rejections", messy.pk, "?page_size=2&page=2").json()
    assert (told["count"], [row["line"] for row in told["results"]]) == (3, [4])
    assert "第 4 行“冻结股权数额”列" in told["results"][0]["message"]


def test_the_report_comes_as_an_attachment(program: Program, messy: Batch) -> None:
    answer = program.get("report", messy.pk)
    assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"PK")


@pytest.mark.parametrize("name", ["delivery", "rejections", "report"])
def test_another_departments_delivery_does_not_exist(messy: Batch, name: str) -> None:
    from accounts.roles import AgencyKind
    from tests.people import make_agency, make_person

    agency = make_agency(AgencyKind.DEPARTMENT, scope_code="ecology")
    stranger = Program(make_person(Role.DATA_STEWARD, agency=agency), Scope.DELIVERIES_READ)
    assert stranger.get(name, messy.pk).status_code == 404
    assert stranger.get("deliveries").json()["count"] == 0


def test_the_list_asks_a_fixed_number_of_queries(
    program: Program, messy: Batch, django_assert_max_num_queries: Any
) -> None:
    assert messy.received_at > timezone.now() - timedelta(hours=1)
    with django_assert_max_num_queries(6):
        program.get("deliveries")


def test_the_description_names_every_way_without_a_warning() -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    GENERATOR_STATS.reset()
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert {path for path in paths if "deliveries" in path} == {
        "/api/v1/deliveries/", "/api/v1/deliveries/{id}/", "/api/v1/deliveries/{id}/rejections/",
        "/api/v1/deliveries/{id}/report/",
    }  # fmt: skip
    assert not GENERATOR_STATS
