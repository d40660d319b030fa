"""One batch: counts, reasons, report, decisions, and whose it is."""

import io
from typing import Any

import fastexcel
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import InboxItem, User
from accounts.roles import Role
from audit.models import AuditEntry
from datahub.models import Batch, BatchState, Enterprise, Record, WaitingRow
from tests.datahub.services.conftest import (
    CODES,
    QUALIFICATION_HEAD,
    REGISTRATION_HEAD,
    Deliver,
    freeze,
    registration,
)
from tests.people import make_person

from .conftest import csv_file, hand_in, last_batch

pytestmark = pytest.mark.usefixtures("town")
MESSY = [
    freeze(CODES[0], "（2026）浙0282执1号"),
    freeze(CODES[1], "（2026）浙0282执2号", amount="-5"),
    freeze(CODES[1], "（2026）浙0282执3号", amount="=cmd|calc"),
    freeze("91330282PDY999994P", "（2026）浙0282执4号"),
]


@pytest.fixture
def messy(steward: Client, work_off: Any) -> Batch:
    """A GB18030 file of the court: one good row, two faulty ones, one of an unknown enterprise."""
    hand_in(steward, csv_file(MESSY, encoding="gb18030"))
    work_off()
    return last_batch()


def page(client: Client, batch: Batch, query: str = "") -> str:
    answer = client.get(reverse("datahub:batch", args=[batch.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_row_is_accounted_for_on_the_page(steward: Client, messy: Batch) -> None:
    assert (messy.rows_received, messy.rows_promoted, messy.rows_quarantined, messy.rows_waiting) == (
        4,
        1,
        2,
        1,
    )
    text = page(steward, messy)
    assert "接收 = 入库 + 无变化 + 退回 + 待匹配" in text
    assert "GB18030" in text
    assert "第 1 行" in text


def test_a_rejected_row_names_line_column_and_remedy(steward: Client, messy: Batch) -> None:
    text = page(steward, messy)
    assert "第 3 行“冻结股权数额”列" in text
    assert 'id="line-3"' in text


def test_rejections_are_paged(steward: Client, work_off: Any) -> None:
    rows = [freeze(CODES[0], f"（2026）浙0282执{n}号", amount="-1") for n in range(120)]
    hand_in(steward, csv_file(rows))
    work_off()
    assert "共 120 条问题" in page(steward, last_batch())
    assert "第 122 行" not in page(steward, last_batch())
    assert "第 121 行" in page(steward, last_batch(), "?page=3")


def test_the_report_holds_the_units_rows_with_reasons_and_no_formula(steward: Client, messy: Batch) -> None:
    answer = steward.get(reverse("datahub:batch_report", args=[messy.pk]))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    sheet = fastexcel.read_excel(content).load_sheet("退回行").to_polars()
    assert sheet["行号"].cast(str).to_list() == ["3", "4"]
    assert sheet["冻结股权数额"].to_list()[1] == "'=cmd|calc"
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.target, entry.detail["rows"]) == (
        "datahub.report.downloaded", f"batch:{messy.pk}", 2,
    )  # fmt: skip


def test_the_mended_report_goes_through_the_door(steward: Client, messy: Batch, work_off: Any) -> None:
    answer = steward.get(reverse("datahub:batch_report", args=[messy.pk]))
    report = io.BytesIO(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    report.name = "退回报告.xlsx"
    hand_in(steward, report)
    work_off()
    assert (last_batch().state, last_batch().rows_received) == (BatchState.PROMOTED, 2)


def test_a_clean_batch_has_no_report(steward: Client, work_off: Any) -> None:
    hand_in(steward, csv_file([freeze(CODES[0], "（2026）浙0282执1号")]))
    work_off()
    answer = steward.get(reverse("datahub:batch_report", args=[last_batch().pk]), follow=True)
    assert "该批次没有退回的行" in answer.content.decode()


@pytest.mark.parametrize("name", ["batch", "batch_progress", "batch_report"])
def test_another_departments_batch_does_not_exist(other_steward: Client, messy: Batch, name: str) -> None:
    assert other_steward.get(reverse(f"datahub:{name}", args=[messy.pk])).status_code == 404
    assert f"/data/batches/{messy.pk}/" not in other_steward.get(reverse("datahub:batches")).content.decode()
    assert f"/data/batches/{messy.pk}/" not in other_steward.get(reverse("datahub:desk")).content.decode()


@pytest.mark.parametrize("name", ["batch_confirm", "batch_withdraw"])
def test_a_steward_decides_nothing(steward: Client, messy: Batch, name: str) -> None:
    assert steward.post(reverse(f"datahub:{name}", args=[messy.pk]), {"reason": "x"}).status_code == 403


def test_progress_is_told_to_everyone_of_the_department(reviewer: Client, messy: Batch) -> None:
    state = reviewer.get(reverse("datahub:batch_progress", args=[messy.pk])).json()
    assert (state["state"], state["done"], state["rejected"], state["total"]) == ("done", 4, 2, 4)


def test_a_withdrawal_needs_a_reason(reviewer: Client, messy: Batch, queue: list[Any]) -> None:
    answer = reviewer.post(reverse("datahub:batch_withdraw", args=[messy.pk]), {"reason": "  "}, follow=True)
    assert "请填写撤回原因" in answer.content.decode()
    assert not queue


def test_a_reviewer_withdraws_a_batch(reviewer: Client, messy: Batch, work_off: Any) -> None:
    reviewer.post(reverse("datahub:batch_withdraw", args=[messy.pk]), {"reason": "文件取错"})
    work_off()
    assert last_batch().state == BatchState.WITHDRAWN
    assert not Record.objects.filter(item_id=407, superseded_at=None).exists()
    assert "文件取错" in page(reviewer, messy)


@pytest.fixture
def checked(deliver: Deliver, court: dict[Role, User]) -> Batch:
    """A full list that would end two of three qualifications, delivered by the reviewer's own hand."""
    rows = [f"{code},,证{n},建筑工程,壹级,2026-01-01,2029-01-01" for n, code in enumerate(CODES)]
    deliver("housing.qualification", rows, QUALIFICATION_HEAD)
    batch = deliver("housing.qualification", rows[:1], QUALIFICATION_HEAD, period="2026-12")
    assert batch.state == BatchState.CHECKED
    Batch.objects.filter(pk=batch.pk).update(
        department="court", delivered_by=court[Role.DATA_REVIEWER], rows_ended=2
    )
    return batch


def test_nobody_confirms_what_they_delivered(reviewer: Client, checked: Batch, queue: list[Any]) -> None:
    answer = reviewer.post(reverse("datahub:batch_confirm", args=[checked.pk]), follow=True)
    assert "由您本人报送" in answer.content.decode()
    assert not queue


def test_the_service_too_refuses_the_deliverers_own_confirmation(
    court: dict[Role, User], checked: Batch
) -> None:
    from django.utils import timezone

    import audit
    from datahub.services.promotion import UnableToPromoteBatch, process_batch

    origin = audit.Origin(actor_id=court[Role.DATA_REVIEWER].pk)
    with pytest.raises(UnableToPromoteBatch, match="本人报送"):
        process_batch(checked.pk, origin=origin, now=timezone.now(), confirmed=True)


def test_an_operator_confirms_and_stands_on_the_page(operator: Client, checked: Batch, work_off: Any) -> None:
    assert "确认入库" in page(operator, checked)
    operator.post(reverse("datahub:batch_confirm", args=[checked.pk]))
    work_off()
    assert Batch.objects.get(pk=checked.pk).state == BatchState.PROMOTED
    assert "孙启明" in page(operator, checked)


def test_a_reviewer_hears_of_a_batch_to_confirm_and_the_task_closes(
    court: dict[Role, User], checked: Batch
) -> None:
    from django.utils import timezone

    from datahub.services.notices import tell_about

    second = make_person(Role.DATA_REVIEWER, agency=court[Role.DATA_REVIEWER].agency)
    tell_about(checked.pk, timezone.now())
    (task,) = InboxItem.objects.filter(kind="task")
    assert (task.user, "终止 2 条" in task.text, task.done_at) == (second, True, None)
    Batch.objects.filter(pk=checked.pk).update(state=BatchState.WITHDRAWN)
    tell_about(checked.pk, timezone.now())
    task.refresh_from_db()
    assert task.done_at is not None


def test_the_deliverer_hears_of_rejected_rows(court: dict[Role, User], messy: Batch) -> None:
    message = InboxItem.objects.get(user=court[Role.DATA_STEWARD], kind="message")
    assert "退回 2 行" in message.text
    assert message.url == reverse("datahub:batch", args=[messy.pk])


def test_a_doubtful_row_is_settled_by_choosing(
    steward: Client, deliver: Deliver, work_off: Any, queue: list[Any]
) -> None:
    twin = "91330282PDY000036N"
    deliver(
        "market.registration",
        [registration(twin, "慈溪示范电器有限公司")],
        REGISTRATION_HEAD,
        period="2026-12",
    )
    hand_in(steward, csv_file([freeze("", "（2026）浙0282执9号", name="慈溪示范电器有限公司")]))
    work_off()
    batch, row = last_batch(), WaitingRow.objects.get(state="doubtful")
    assert twin in page(steward, batch)
    firm = Enterprise.objects.get(code=twin)
    steward.post(reverse("datahub:waiting_settle", args=[batch.pk, row.pk]), {"enterprise": firm.pk})
    assert Record.objects.get(item_id=407, superseded_at=None).enterprise_id == firm.pk
    assert queue == [("tell", (), {})]


@pytest.fixture
def nameless(steward: Client, town: Batch, work_off: Any) -> WaitingRow:
    """A row with a credit code that the register does not know."""
    hand_in(steward, csv_file([freeze("91330282PDY999994P", "（2026）浙0282执9号")]))
    work_off()
    return WaitingRow.objects.get(state="unknown", batch=last_batch())


@pytest.mark.parametrize("written", ["code", "name", "wide"])
def test_a_row_nobody_knows_is_settled_by_typing_code_or_name(
    steward: Client, nameless: WaitingRow, queue: list[Any], written: str
) -> None:
    firm = Enterprise.objects.filter(is_registered=True).order_by("pk")[0]
    wide = firm.code.translate({code: code + 0xFEE0 for code in range(ord("0"), ord("Z") + 1)})
    typed = {"code": f" {firm.code.lower()} ", "name": firm.name, "wide": wide}[written]
    steward.post(reverse("datahub:waiting_settle", args=[nameless.batch_id, nameless.pk]), {"typed": typed})
    assert Record.objects.get(item_id=407, superseded_at=None).enterprise_id == firm.pk


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "请输入统一社会信用代码"),
        ("没有这家公司", "登记库中没有“没有这家公司”"),
        ("91330282PDY99999XX", "登记库中没有"),
    ],
)
def test_a_typed_enterprise_that_is_not_registered_is_refused_by_name(
    steward: Client, nameless: WaitingRow, typed: str, answer: str
) -> None:
    address = reverse("datahub:waiting_settle", args=[nameless.batch_id, nameless.pk])
    told = steward.post(address, {"typed": typed}, follow=True).content.decode()
    nameless.refresh_from_db()
    assert (answer in told, nameless.state) == (True, "unknown")


def test_a_typed_name_that_two_bear_asks_for_the_code(
    steward: Client, nameless: WaitingRow, deliver: Deliver
) -> None:
    twins = [
        registration(code, "慈溪双生电器有限公司") for code in ("91330282PDY000036N", "91330282PDY000044H")
    ]
    deliver("market.registration", twins, REGISTRATION_HEAD, period="2026-12")
    address = reverse("datahub:waiting_settle", args=[nameless.batch_id, nameless.pk])
    assert (
        "对应多户企业"
        in steward.post(address, {"typed": "慈溪双生电器有限公司"}, follow=True).content.decode()
    )


def test_a_row_of_another_batch_cannot_be_settled(
    steward: Client, messy: Batch, town: Batch, queue: list[Any]
) -> None:
    row = WaitingRow.objects.get(batch=messy)
    firm = Enterprise.objects.first()
    assert firm is not None
    steward.post(reverse("datahub:waiting_settle", args=[town.pk, row.pk]), {"enterprise": firm.pk})
    row.refresh_from_db()
    assert row.state == "unknown"


def test_a_batch_page_asks_a_fixed_number_of_queries(
    steward: Client, messy: Batch, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(22):
        page(steward, messy)
