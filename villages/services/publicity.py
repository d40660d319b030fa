"""Monthly 积分公示: what everybody of the village earned and spent, fixed when issued, with the ledger's seal."""

import hashlib
import io
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import xlsxwriter
from django.db.models import Q, Sum
from django.utils import timezone

import audit
from villages.models import Consent, DaySeal, MonthlyNotice, Resident, Tap, Transfer, TransferCode, Village

EARNED = (TransferCode.AWARD,)
SPENT = (TransferCode.CAPTURE,)


class UnableToIssueNotice(ValueError):
    """The notice is not issued; the text says why."""


def months_to_issue(village: Village, today: date) -> list[date]:
    """The last six full months, newest first."""
    first = today.replace(day=1)
    months = []
    for _ in range(6):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months


def draft_rows(village: Village, month: date) -> list[dict[str, Any]]:
    """One line for each resident with movements: earned, spent, corrected. Names as people agreed to."""
    end = (month + timedelta(days=32)).replace(day=1)
    moved = Transfer.objects.filter(
        village=village, resident__isnull=False, posted_on__gte=month, posted_on__lt=end
    )
    sums = moved.values("resident_id").annotate(
        earned=Sum("amount", filter=Q(code__in=EARNED), default=0), spent=Sum("amount", filter=Q(code__in=SPENT), default=0),
        back=Sum("amount", filter=Q(code=TransferCode.REVERSAL), default=0),
    )  # fmt: skip
    told = {row["resident_id"]: row for row in sums}
    people = (
        Resident.objects.filter(pk__in=told)
        .select_related("household")
        .order_by("household__number", "pinyin", "pk")
    )
    counts = dict(
        Tap.objects.filter(village=village, state="counted", occurred_at__date__gte=month, occurred_at__date__lt=end)
        .values_list("resident_id").annotate(Sum("points_granted"))
    )  # fmt: skip
    named = _who_agreed([r.pk for r in people])
    return [
        {
            "household": r.household.number if r.household else "", "name": r.name if r.pk in named else masked(r.name),
            "earned": told[r.pk]["earned"], "spent": told[r.pk]["spent"], "corrected": told[r.pk]["back"],
            "by_activities": counts.get(r.pk, 0),
        }
        for r in people
    ]  # fmt: skip


def issue_notice(
    village: Village, month: date, user: Any, *, now: datetime, origin: audit.Origin
) -> MonthlyNotice:
    """Fix a month's notice; once issued it does not change. Raises :class:`UnableToIssueNotice`."""
    today = timezone.localdate(now)
    if month.day != 1 or month >= today.replace(day=1):
        raise UnableToIssueNotice("只能公示已经结束的月份。")
    if MonthlyNotice.objects.filter(village=village, month=month).exists():
        raise UnableToIssueNotice("该月已经公示，内容不再改动；如有更正，将列入下月。")
    rows = draft_rows(village, month)
    end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    seal = DaySeal.objects.filter(village=village, day__lte=end).order_by("-day").first()
    totals = {name: sum(row[name] for row in rows) for name in ("earned", "spent", "corrected")} | {
        "people": len(rows)
    }
    text = json.dumps(
        [village.code, str(month), rows, seal.seal if seal else ""], ensure_ascii=False, sort_keys=True
    )
    with audit.action("villages.notice.issued", origin=origin, target=f"village:{village.code}") as entry:
        entry.detail |= {"month": f"{month:%Y-%m}"} | totals
        return MonthlyNotice.objects.create(
            village=village, month=month, rows=rows, totals=totals, seal=seal.seal if seal else "",
            digest=hashlib.sha256(text.encode()).hexdigest(), issued_at=now, issued_by=user,
        )  # fmt: skip


def notice_sheet(notice: MonthlyNotice) -> bytes:
    """The notice as XLSX, with seal and digest below the table."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("积分公示")
    bold, title = (
        book.add_format({"bold": True, "border": 1}),
        book.add_format({"bold": True, "font_size": 14}),
    )
    cell = book.add_format({"border": 1})
    sheet.write(0, 0, f"{notice.village.name} {notice.month:%Y 年 %m 月}积分公示", title)
    sheet.write_row(2, 0, ["户号", "姓名", "获得积分", "兑换积分", "更正积分"], bold)
    for number, row in enumerate(notice.rows, 3):
        sheet.write_row(
            number, 0, [row["household"], row["name"], row["earned"], row["spent"], row["corrected"]], cell
        )
    end = len(notice.rows) + 3
    totals = notice.totals
    sheet.write_row(
        end,
        0,
        ["合计", f"{totals['people']} 人", totals["earned"], totals["spent"], totals["corrected"]],
        bold,
    )
    sheet.write(end + 2, 0, f"账本日封：{notice.seal or '本月无日封'}")
    sheet.write(end + 3, 0, f"公示摘要（SHA-256）：{notice.digest}")
    sheet.set_column(0, 4, 14)
    book.close()
    return out.getvalue()


def masked(name: str) -> str:
    """``王**``: the surname stays."""
    return name[:1] + "*" * max(1, len(name) - 1)


def _who_agreed(residents: Iterable[int]) -> set[int]:
    """Those whose latest word on showing their name is yes."""
    latest: dict[int, bool] = {}
    rows = Consent.objects.filter(resident_id__in=list(residents), kind=Consent.Kind.BOARD).order_by(
        "at", "pk"
    )
    for resident_id, given in rows.values_list("resident_id", "is_given"):
        latest[resident_id] = given
    return {pk for pk, given in latest.items() if given}
