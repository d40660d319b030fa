"""A small town of enterprises and a door to put files through."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO

import pytest

import audit
from datahub.engine.definitions import get_item
from datahub.models import Batch, Channel
from datahub.services.deliveries import receive_delivery
from datahub.services.promotion import process_batch

CODES = ["91330282PDY00001XU", "91330282PDY000028U", "91330282PDY0001320"]
ORIGIN = audit.Origin.system("tests")
TODAY = date(2026, 11, 20)
REGISTRATION_HEAD = (
    "统一社会信用代码,企业名称,企业类型,登记状态,注册资本,成立日期,行业代码,住所所在行政区划,法定代表人"
)
FREEZE_HEAD = (
    "统一社会信用代码,企业名称,执行法院,执行裁定书文号,协助执行通知书文号,冻结股权数额,冻结状态,"
    "冻结期限自,冻结期限至,公示日期,解除冻结日期"
)
QUALIFICATION_HEAD = "统一社会信用代码,企业名称,证书编号,资质类别,资质等级,起始日期,终止日期"

Deliver = Callable[..., Batch]


@pytest.fixture
def deliver(db: None, settings: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Deliver:
    """``deliver(item, rows, head=…)``: rows of CSV through the door; the batch as it stands afterwards."""
    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": str(tmp_path_factory.mktemp("files"))}  # type: ignore[attr-defined]

    def put(
        item: str, rows: list[str], head: str, *, file_date: date = TODAY, period: str = "2026-11",
        encoding: str = "utf-8", confirmed: bool = False,
    ) -> Batch:  # fmt: skip
        now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        content = "\n".join([head, *rows, ""]).encode(encoding)
        received = receive_delivery(
            get_item(item), BytesIO(content), file_name=f"{item}.csv", period=period, file_date=file_date,
            channel=Channel.COMMAND, origin=ORIGIN, now=now,
        )  # fmt: skip
        process_batch(received.batch_id, origin=ORIGIN, now=now, confirmed=confirmed)
        return Batch.objects.get(pk=received.batch_id)

    return put


def registration(code: str, name: str, *, state: str = "存续", town: str = "330282109") -> str:
    return f"{code},{name},有限责任公司,{state},5000000,2015-03-01,3857,{town},王示范"


def freeze(
    code: str,
    ruling: str,
    amount: str = "3000000",
    *,
    state: str = "冻结",
    released: str = "",
    name: str = "",
) -> str:
    return f"{code},{name},慈溪市人民法院,{ruling},协{ruling},{amount},{state},2026-01-10,2029-01-09,2026-01-12,{released}"


@pytest.fixture
def town(deliver: Deliver) -> Batch:
    """Three registered companies."""
    names = ["慈溪市示范轴承有限公司", "慈溪示范电器有限公司", "慈溪示范纺织有限公司"]
    return deliver(
        "market.registration",
        [registration(c, n) for c, n in zip(CODES, names, strict=True)],
        REGISTRATION_HEAD,
    )
