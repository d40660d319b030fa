"""Checking a block: against a slow checker in plain Python, and the customer's cases one by one."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.contracts import REJECTION_SCHEMA, ROW_SCHEMA, Kind
from datahub.engine.checks import check_block
from datahub.engine.definitions import get_item, list_items
from datahub.engine.identifiers import PROBLEM_OF, make_demo_uscc, normalise_identifier

TODAY = date(2026, 4, 1)
FREEZE = get_item("court.equity_freeze")
GOOD = {
    "uscc": "91330282PDY00001XU",
    "ent_name": "慈溪市演示电器有限公司",
    "court": "慈溪市人民法院",
    "ruling_no": "（2024）浙0282执1号",
    "notice_no": "（2024）浙0282执1号之一",
    "executed_person_id": "330282200002290020",
    "amount": "1000000",
    "freeze_state": "冻结",
    "frozen_from": "2024-01-31",
    "frozen_to": "2027-01-30",
    "publish_date": "2024-02-01",
}


def check(*rows, item=FREEZE, units=None):
    frame = pl.DataFrame(
        {"line": range(2, 2 + len(rows)), **{f.code: [row.get(f.code) for row in rows] for f in item.fields}},
        schema={"line": pl.Int64, **{f.code: pl.String for f in item.fields}},
    )
    return check_block(item, frame, today=TODAY, units=units)


def row_of(*rows, **kwargs):
    checked = check(*rows, **kwargs)
    assert checked.rejections.is_empty(), checked.rejections.to_dicts()
    return checked.rows.to_dicts()[0]


def payload_of(**changes):
    return json.loads(row_of(GOOD | changes)["payload"])


def refusal_of(**changes):
    checked = check(GOOD | changes)
    assert checked.rows.is_empty()
    assert checked.rejections.height == 1, checked.rejections.to_dicts()
    return checked.rejections.to_dicts()[0]


def test_a_good_row_becomes_a_record():
    assert row_of(GOOD) == {
        "line": 2,
        "code": "91330282PDY00001XU",
        "name": "慈溪市演示电器有限公司",
        "natural_key": "（2024）浙0282执1号\x1f（2024）浙0282执1号之一",
        "payload": (
            '{"court":"慈溪市人民法院","ruling_no":"（2024）浙0282执1号","notice_no":"（2024）浙0282执1号之一",'
            '"executed_person_id":"330*************20","amount":1000000,"freeze_state":"frozen",'
            '"frozen_from":"2024-01-31","frozen_to":"2027-01-30","publish_date":"2024-02-01"}'
        ),
        "nums": [1000000.0],
        "level": "frozen",
        "event_date": date(2024, 2, 1),
        "valid_from": date(2024, 1, 31),
        "valid_to": date(2027, 1, 30),
        "released_on": None,
        "repaired_on": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2024-01-31",
            "2024/1/31",
            "20240131",
            "2024年1月31日",
            "2024-01-31 00:00:00",
            "2024.01.31",
            " 2024-1-31 ",
        ),
        *("２０２４－０１－３１", "2024-01-31T08:30:00", "20240131.0", "2024 年 1 月 31 日", "'2024-01-31"),
    ],
)
def test_a_date_is_read_in_its_usual_spellings(text):
    assert payload_of(frozen_from=text)["frozen_from"] == "2024-01-31"


@pytest.mark.parametrize("text", ["9999-09-09", "9999-12-31", "2099-12-31", "1899-12-31", "长期", "99991231"])
def test_an_open_end_is_no_date(text):
    assert "frozen_to" not in payload_of(frozen_to=text)


@pytest.mark.parametrize("text", ["", " ", "\\N", "空", "NULL", "null", "--", "-", "\u3000"])
def test_nothing_in_its_usual_spellings_is_left_out(text):
    assert "publish_date" not in payload_of(publish_date=text)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        *(("1234567.8", 1234567.8), ("1,234,567.80", 1234567.8), ("１２３４", 1234), ("100万元", 1000000)),
        *(
            ("1.5亿元", 150000000),
            ("¥100", 100),
            ("500元", 500),
            ("0.005", 0.01),
            ("1e+06", 1000000),
            ("0", 0),
        ),
        *(("0.1", 0.1), ("70000000000.07", 70000000000.07), ("1，000", 1000)),
    ],
)
def test_money_is_read_in_its_usual_spellings(text, yuan):
    row = row_of(GOOD | {"amount": text})
    assert json.loads(row["payload"])["amount"] == yuan
    assert row["nums"] == [yuan]


def test_money_follows_the_unit_of_the_column_header():
    row = row_of(GOOD | {"amount": "12.3456"}, units={"amount": "万元"})
    assert row["nums"] == [123456.0]


def test_a_unit_written_in_the_cell_beats_the_column():
    assert row_of(GOOD | {"amount": "500元"}, units={"amount": "万元"})["nums"] == [500.0]


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("frozen_from", "2024-02-30", "BAD_DATE"),
        ("frozen_from", "45322", "BAD_DATE"),
        ("frozen_from", "31/01/2024", "BAD_DATE"),
        ("frozen_from", "0202-01-31", "BAD_DATE"),
        ("frozen_from", "9999-12-31", "REQUIRED"),
        ("amount", "壹佰万", "BAD_NUMBER"),
        ("amount", "1,23", "BAD_NUMBER"),
        ("amount", "-5", "RANGE"),
        ("amount", "1e30", "RANGE"),
        ("amount", None, "REQUIRED"),
        ("freeze_state", "冰冻", "BAD_ENUM"),
        ("ruling_no", "3.30282E+17", "SHEET_DAMAGE"),
        ("uscc", "9.13303E+17", "SHEET_DAMAGE"),
        ("uscc", "91330282PDY00001XA", "CHECK_DIGIT"),
        ("uscc", "91330282PDY00001X", "LENGTH"),
        ("executed_person_id", "330282190002290024", "BAD_DATE"),
        ("publish_date", "2026-04-02", "FUTURE_DATE"),
        ("frozen_to", "2024-01-30", "DATE_ORDER"),
        ("court", "慈溪\ufffd法院", "BAD_BYTES"),
        ("court", "法" * 4001, "TOO_LONG"),
    ],
)
def test_a_bad_cell_is_refused_with_its_code(field, text, code):
    assert refusal_of(**{field: text})["code"] == code


def test_a_reason_names_line_column_and_remedy():
    refusal = refusal_of(uscc="91330282PDY00001XA")
    assert refusal["line"] == 2
    assert refusal["column"] == "统一社会信用代码"
    assert (
        refusal["message"] == "第 2 行“统一社会信用代码”列：末位校验码按前 17 位推算应为 U，请核对是否录错。"
    )
    assert refusal["value_shown"] == "91330282PDY00001XA"


def test_a_row_that_names_nobody_is_refused():
    assert refusal_of(uscc=None, ent_name=None)["code"] == "SUBJECT_MISSING"


def test_a_row_with_a_name_alone_passes_without_code():
    row = row_of(GOOD | {"uscc": None, "ent_name": "慈溪 演示(集团)有限公司"})
    assert (row["code"], row["name"]) == ("", "慈溪演示（集团）有限公司")


def test_every_problem_of_a_row_is_told_and_the_row_counts_once():
    checked = check(GOOD, GOOD | {"amount": "x", "frozen_from": "y", "freeze_state": "z"})
    assert (checked.received, checked.rows.height, checked.rejected) == (2, 1, 1)
    assert checked.rejections["code"].to_list() == ["BAD_NUMBER", "BAD_ENUM", "BAD_DATE"]


def test_no_part_of_a_personal_identifier_is_shown():
    refusal = refusal_of(executed_person_id="330282199001011234")
    assert refusal["value_shown"] == "***"
    assert "3302" not in refusal["message"]
    assert "1990" not in refusal["message"]


def test_a_citizen_id_in_another_column_is_masked_too():
    assert "19900101" not in refusal_of(uscc="33028219900101123")["value_shown"]
    assert "19900101" not in refusal_of(freeze_state="张某 330282199001011234")["value_shown"]


def test_a_sensitive_amount_is_masked_beside_its_reason():
    item = get_item("court.account_freeze")
    row = {
        "uscc": GOOD["uscc"],
        "doc_no": "D1",
        "action": "冻结",
        "amount": "12x5",
        "frozen_from": "2024-01-31",
    }
    assert check(row, item=item).rejections["value_shown"].to_list() == ["1***"]


def test_quotes_and_backslashes_in_text_stay_whole_in_the_payload():
    assert payload_of(court='甲"乙\\丙')["court"] == '甲"乙\\丙'


def test_control_characters_in_text_become_one_space():
    assert payload_of(court="慈溪\r\n法院\x00")["court"] == "慈溪 法院"


def test_a_code_loses_the_tail_that_a_spreadsheet_added():
    register = get_item("market.registration")
    row = {
        "uscc": GOOD["uscc"], "name": "甲", "reg_state": "存续", "established_on": "2020-01-01",
        "approved_on": "2020-01-01",
        "industry_code": "5511.0", "operating_to": "2099-12-31", "reg_capital": "0.0",
    }  # fmt: skip
    payload = json.loads(row_of(row, item=register)["payload"])
    assert payload["industry_code"] == "5511"
    assert payload["reg_capital"] == 0
    assert "operating_to" not in payload
    row["industry_code"] = "未知行业"
    assert "industry_code" not in json.loads(row_of(row, item=register)["payload"])


def test_a_month_ends_on_its_last_day_and_begins_on_its_first():
    item = get_item("water.arrears")
    row = row_of(
        {"uscc": GOOD["uscc"], "user_no": "8", "month": "202402", "amount": "5", "periods": "2"}, item=item
    )
    assert (row["event_date"], row["valid_from"]) == (date(2024, 2, 29), date(2024, 2, 1))
    assert row["nums"] == [5.0, 2.0]
    assert row["natural_key"] == "8\x1f2024-02"


def test_a_year_ends_on_its_last_day():
    item = get_item("science.tech_sme")
    row = row_of({"uscc": GOOD["uscc"], "year": "2024年度"}, item=item)
    assert (row["valid_from"], row["valid_to"]) == (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("text", "share"), [("35.5", 0.355), ("35.5%", 0.355), ("100", 1.0), ("33.333333", 0.33333333)]
)
def test_a_share_in_percent_becomes_a_share_of_one(text, share):
    item = get_item("market.subscribed_capital")
    row = row_of(
        {"uscc": GOOD["uscc"], "investor": "甲", "subscribed_amount": "10", "share": text}, item=item
    )
    assert row["nums"] == [100000.0, share]


def test_an_empty_block_gives_empty_frames_of_the_right_shape():
    checked = check()
    assert dict(checked.rows.schema) == dict(ROW_SCHEMA)
    assert dict(checked.rejections.schema) == dict(REJECTION_SCHEMA)


@pytest.mark.parametrize("item", list_items(), ids=lambda item: item.code)
def test_every_item_takes_a_plain_row_and_refuses_rubbish(item):
    row = {f.code: SAMPLE[f.kind](f) for f in item.fields}
    checked = check(row, {f.code: "\ufffd?" for f in item.fields}, item=item)
    assert checked.rows["line"].to_list() == [2], checked.rejections.to_dicts()
    assert dict(checked.rows.schema) == dict(ROW_SCHEMA)
    assert len(json.loads(checked.rows["payload"][0])) == len(item.payload_fields)
    assert len(checked.rows["nums"][0]) == len(item.measures)
    assert checked.rejections["column"].n_unique() == len(item.fields)


SAMPLE = {
    Kind.TEXT: lambda f: "甲",
    Kind.CODE: lambda f: {None: "A-1", "[0-9]{4}": "0001"}.get(f.pattern, "330282"),
    Kind.USCC: lambda f: make_demo_uscc("91", 7),
    Kind.ORG_CODE: lambda f: "D2143569-X",
    Kind.CITIZEN_ID: lambda f: "330282200002290020",
    Kind.REGISTER_NO: lambda f: "110108000000016",
    Kind.DATE: lambda f: "2024-01-31",
    Kind.MONTH: lambda f: "2024-01",
    Kind.YEAR: lambda f: "2024",
    Kind.MONEY: lambda f: "5",
    Kind.NUMBER: lambda f: "5",
    Kind.INTEGER: lambda f: "5",
    Kind.RATIO: lambda f: "0.5",
    Kind.ENUM: lambda f: next(iter(f.values.values()))[0],
    Kind.PHONE: lambda f: "13800000000",
    Kind.BOOL: lambda f: "是",
}


# --- a slow checker of single rows, written apart from the engine ---

NOTHING = {"", "\\N", "空", "NULL", "--"}
FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－／", "0123456789.,-/")
FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S")


def slow_date(text):
    for pattern in FORMATS:
        try:
            return datetime.strptime(text.translate(FULL_WIDTH), pattern).date()
        except ValueError:
            continue
    return "BAD_DATE"


def slow_money(text):
    text, scale = text.translate(FULL_WIDTH), 1
    if text.endswith("万元"):
        text, scale = text[:-2], 10000
    if not re.fullmatch(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", text):
        return "BAD_NUMBER"
    cents = (Decimal(text.replace(",", "")) * scale).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return "RANGE" if cents < 0 else cents


def slow_check(row):
    """Codes of all problems of a row, and its canonical values."""
    values, problems = {}, set()
    for field in FREEZE.fields:
        text = (row.get(field.code) or "").strip()
        if text in NOTHING:
            if field.required:
                problems.add((field.name, "REQUIRED"))
            continue
        value = text
        if field.kind is Kind.DATE:
            value = slow_date(text)
        elif field.kind is Kind.MONEY:
            value = slow_money(text)
        elif field.kind is Kind.ENUM:
            value = {s: code for code, accepted in field.values.items() for s in accepted}.get(
                text, "BAD_ENUM"
            )
        elif field.kind in PROBLEM_OF:
            value = normalise_identifier(text)
            problem = PROBLEM_OF[field.kind](value)
            value = problem.code if problem else value
        elif field.kind is Kind.CODE:
            value = text.replace(" ", "").replace("(", "（").replace(")", "）")
        if isinstance(value, str) and value.isupper() and value.replace("_", "").isalpha():
            problems.add((field.name, value))
        elif isinstance(value, date) and (value.year == 9999 or value == date(2099, 12, 31)):
            if field.required:
                problems.add((field.name, "REQUIRED"))
        elif field.not_future and value > TODAY:
            problems.add((field.name, "FUTURE_DATE"))
        else:
            values[field.code] = value
    for rule in FREEZE.checks:
        left, right = values.get(rule.left), values.get(rule.right)
        if left and right and left > right:
            problems.add((FREEZE.field(rule.left).name, rule.code))
    refused = {column for column, _ in problems}
    if not {"uscc", "ent_name"} & values.keys() and "统一社会信用代码" not in refused:
        problems.add(("统一社会信用代码", "SUBJECT_MISSING"))
    return values, problems


def spelt(day):
    wide = day.isoformat().translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    slashed, chinese = f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日"
    return st.sampled_from([day.isoformat(), slashed, f"{day:%Y%m%d}", chinese, f"{day} 00:00:00", wide])


days = st.one_of(
    st.integers(-1500, 1500).flatmap(lambda n: spelt(TODAY + timedelta(days=n))),
    st.sampled_from(["9999-09-09", "2099-12-31", "2024-02-30", "bad", "", "\\N", None, "空"]),
)
amounts = st.one_of(
    st.decimals(min_value=-10, max_value=10**9, places=3).map(str),
    st.integers(0, 10**9).map(lambda n: f"{n:,}"),
    st.integers(0, 10**6).map(lambda n: f"{n}.{n % 1000:03d}万元"),
    st.sampled_from(["abc", "", "１２，３４５", "--"]),
)
freeze_rows = st.fixed_dictionaries(
    {
        "uscc": st.one_of(
            st.integers(1, 99999).map(lambda n: make_demo_uscc("91", n)),
            st.sampled_from(["91330282PDY00001XA", "123", "", "91330282 PDY00001xu", None]),
        ),
        "ent_name": st.sampled_from(["慈溪市演示电器有限公司", "", None]),
        "court": st.sampled_from(["慈溪市人民法院", "余姚市人民法院", ""]),
        "ruling_no": st.sampled_from(["（2024）浙0282执1号", "(2024)浙0282 执1号", "NO-1", ""]),
        "notice_no": st.sampled_from(["T1", "通1号"]),
        "executed_person": st.sampled_from(["张某", '李“某”"', None]),
        "executed_person_id": st.sampled_from(["330282200002290020", "330282190002290024", "", "x"]),
        "amount": amounts,
        "freeze_state": st.sampled_from(["冻结", "续行冻结", "解除", "失效", "其他", ""]),
        "frozen_from": days,
        "frozen_to": days,
        "publish_date": days,
        "released_on": days,
    }
)


@settings(max_examples=80, deadline=None)
@given(st.lists(freeze_rows, max_size=12))
def test_the_block_path_agrees_with_the_slow_row_checker(rows):
    checked = check(*rows)
    found = {line: set() for line in range(2, 2 + len(rows))}
    for refusal in checked.rejections.to_dicts():
        found[refusal["line"]].add((refusal["column"], refusal["code"]))
    records = {record["line"]: record for record in checked.rows.to_dicts()}
    assert checked.received == len(rows)
    for line, row in enumerate(rows, start=2):
        values, problems = slow_check(row)
        assert found[line] == problems
        assert (line in records) == (not problems)
        if problems:
            continue
        record = records[line]
        assert record["code"] == values.get("uscc", "")
        assert record["natural_key"] == f"{values['ruling_no']}\x1f{values['notice_no']}"
        assert record["nums"] == [float(values["amount"])]
        assert record["valid_from"] == values["frozen_from"]
        assert record["valid_to"] == values.get("frozen_to")
        payload = json.loads(record["payload"], parse_float=Decimal)
        assert list(payload) == [f.code for f in FREEZE.payload_fields if f.code in values]
        assert payload["amount"] == values["amount"]
        assert payload.get("executed_person") == values.get("executed_person")
