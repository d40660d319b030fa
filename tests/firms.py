"""A few firms that came through the real door, for tests of what stands above it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO

import audit
from credit.services import runs
from datahub.engine.definitions import get_item
from datahub.models import Batch, Channel
from datahub.services.deliveries import receive_delivery
from datahub.services.promotion import process_batch

CODES = ["91330282PDY00001XU", "91330282PDY000028U", "91330282PDY0001320"]
ORIGIN = audit.Origin.system("tests")
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
AS_OF = date(2026, 11, 20)
FREEZE_HEAD = (
    "统一社会信用代码,执行法院,执行裁定书文号,协助执行通知书文号,冻结股权数额,冻结状态,"
    "冻结期限自,冻结期限至,公示日期"
)
ANNUAL_HEAD = (
    "统一社会信用代码,年报年度,资产总额,负债总额,所有者权益合计,营业总收入,主营业务收入,利润总额,净利润,"
    "纳税总额,从业人数"
)
Deliver = Callable[..., Batch]


def deliver_rows(item: str, head: str, *rows: str) -> Batch:
    """Rows of CSV through the door; the batch as it stands afterwards."""
    received = receive_delivery(
        get_item(item), BytesIO("\n".join([head, *rows, ""]).encode()), file_name=f"{item}.csv", period="2026-11",
        file_date=AS_OF, channel=Channel.COMMAND, origin=ORIGIN, now=NOW,
    )  # fmt: skip
    process_batch(received.batch_id, origin=ORIGIN, now=NOW)
    return Batch.objects.get(pk=received.batch_id)


def register_firms() -> None:
    """Three companies with a year's report."""
    deliver_rows(
        "market.registration",
        "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划",
        *(
            f"{code},慈溪示范{n}有限公司,有限责任公司,存续,5000000,2015-03-01,3857,330282109"
            for n, code in enumerate(CODES)
        ),
    )
    deliver_rows(
        "market.annual_assets",
        ANNUAL_HEAD,
        *(
            f"{code},2025,{9 + n}000000,4000000,{5 + n}000000,12000000,11000000,900000,700000,300000,35"
            for n, code in enumerate(CODES)
        ),
    )


def follow(now: datetime = NOW) -> int:
    """Run what is due for the touched enterprises; returns the run's id."""
    plan = runs.plan_touched_run(as_of=now.date(), now=now)
    assert plan is not None
    for number in plan.chunks:
        runs.run_chunk(plan.run_id, number, now=now)
    return plan.run_id


def full_run() -> int:
    plan = runs.plan_full_run(as_of=AS_OF, origin=ORIGIN, now=NOW)
    for number in plan.chunks:
        runs.run_chunk(plan.run_id, number, now=NOW)
    return plan.run_id


def freeze(code: str, amount: str = "4000000") -> str:
    return f"{code},慈溪市人民法院,（2026）浙0282执1号,协1号,{amount},冻结,2026-01-10,2029-01-09,2026-01-12"
