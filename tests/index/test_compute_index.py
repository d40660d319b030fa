"""`manage.py compute_index`: the documented examples, files in and out, and what a fault looks like."""

import csv
import json
import re
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/index-definition.md"
BLOCK = re.compile(r"^```(\w+)(?: ([\w.]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    title: str
    definition: str = ""
    files: dict[str, str] = field(default_factory=dict)
    result: str = ""


def examples() -> list[Example]:
    found = []
    for part in DOCUMENT.read_text(encoding="utf-8").split("\n### Example: ")[1:]:
        example = Example(part.partition("\n")[0])
        for kind, name, body in BLOCK.findall(part.partition("\n## ")[0]):
            if kind == "yaml":
                example.definition = body
            elif name == "result":
                example.result = body
            else:
                example.files[name] = body
        found.append(example)
    return found


def run(folder: Path, definition: str, data: str | bytes, **options: object) -> str:
    (folder / "d.yaml").write_text(definition, encoding="utf-8")
    (folder / "data.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    out = StringIO()
    call_command(
        "compute_index", definition=folder / "d.yaml", data=folder / "data.csv", stdout=out, **options
    )
    return out.getvalue()


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.title)
def test_a_documented_example_gives_the_documented_result(example: Example, tmp_path: Path) -> None:
    for name, body in example.files.items():
        (tmp_path / name).write_text(body, encoding="utf-8")
    found = run(tmp_path, example.definition, example.files["data"])
    assert list(csv.reader(found.splitlines())) == list(csv.reader(example.result.splitlines()))
    assert len(found.splitlines()) > 2


SMALL = "a,x,y\nA,1,5\nB,2,3\nC,4,4\n"
PLAIN = "index: composite\nindicators: [x, y]\noutput: {decimals: 1}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_data_may_come_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    data = "乡镇;信贷;增长\n浒山;1;5\n宗汉;2;3\n".encode(encoding)
    found = run(tmp_path, "indicators: [信贷, 增长]\n", data)
    assert found.splitlines()[0] == "乡镇,rank_INDEX,INDEX,信贷,增长"
    assert found.splitlines()[1].startswith("浒山,1,50,")


def test_json_brings_numbers_weights_and_statistics(tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    said = run(tmp_path, PLAIN, SMALL, out=out)
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["rows"][0] == {"a": "A", "rank_INDEX": 2.0, "INDEX": 50.0, "x": 0.0, "y": 100.0}
    assert told["effective_weights"] == {"INDEX": 1.0, "x": 0.5, "y": 0.5}
    assert told["indicators"]["x"]["maximum"] == 4.0
    assert "3 行" in said


def test_stated_decimals_come_before_the_definitions(tmp_path: Path) -> None:
    assert "33.3333" in run(tmp_path, PLAIN, SMALL, decimals=4)
    assert "33.3333" not in run(tmp_path, PLAIN, SMALL)


def test_further_files_are_found_beside_the_definition(tmp_path: Path) -> None:
    (tmp_path / "meta.csv").write_text(
        "iCode,iName,Direction,Weight,Parent,Type,Denominator\nx,X,1,1,TOP,Indicator,pop\n"
        "y,Y,-1,3,TOP,Indicator,NA\nTOP,Top,1,1,NA,Aggregate,NA\npop,People,NA,NA,NA,Denominator,NA\n"
    )
    (tmp_path / "people.csv").write_text("a,pop\nC,2\nB,1\nA,1\n")
    definition = (
        "table: {join: {file: people.csv}}\nindicators: {file: meta.csv}\n"
        "steps: [{denominate: }, {normalise: minmax}]\n"
    )
    rows = list(csv.DictReader(run(tmp_path, definition, SMALL).splitlines()))
    assert [row["TOP"] for row in rows] == ["0", "100", "62.5"]
    chain = "index: chain\nweights: {file: w.csv}\n"
    (tmp_path / "w.csv").write_text("year,f,g\n2021,1,3\n")
    told = run(tmp_path, chain, "t,f,g\n2020,100,100\n2021,110,100\n")
    assert told.splitlines()[-1] == "2021,102.5"


@pytest.mark.parametrize(
    ("definition", "data", "words"),
    [
        (PLAIN + "stepz: []\n", SMALL, ["d.yaml 第 4 行 stepz", "是否应为 steps"]),
        ("indicators: [x, z]\n", SMALL, ["data.csv", "没有名为 z 的列"]),
        (
            "indicators: [x]\nsteps:\n  - treat:\n      max: five\n",
            SMALL,
            ["第 4 行 steps[1].treat.max", "应为数字"],
        ),
        ("indicators: [x]\nsteps: [{normalise: minmix}]\n", SMALL, ["是否应为 minmax"]),
        ("indicators: [x\n", SMALL, ["d.yaml 第", "不是正确的 YAML"]),
        ("indicators: [x]\nindicators: [y]\n", SMALL, ["第 2 行", "写了两次"]),
        (PLAIN, "a,x,y\nA,1,5\nB,2o,3\n", ["data.csv 第 3 行“x”列", "不是数字"]),
        (PLAIN, "a,x,y\nA,1,5\nA,2,3\n", ["第 3 行", "重复"]),
        (PLAIN, "a,x,y\nA,1\n", ["第 2 行", "有 2 列，表头有 3 列"]),
        (PLAIN, "a,x,y\nA,1,5\nB,1,3\n", ["指标 x", "所有值相同"]),
        ("indicators: [x, y]\ntree: {code: T, children: [x, q]}\n", SMALL, ["q", "不是指标"]),
        ("indicators: [x]\nsteps: [{log: ln}]\n", "a,x\nA,0\nB,2\n", ["指标 x", "不能取对数"]),
        (
            "index: chain\nweights: {2021: {f: 1, h: 1}}\n",
            "t,f\n2020,100\n2021,110\n",
            ["h", "不是数据的项目列"],
        ),
        ("index: chain\nweights: {2021: {f: 1}}\n", "t,f\n2020,100\n十二,110\n", ["第 3 行", "不是时期"]),
        ("index: diffusion\nquestions: {q: q}\n", "a,q\n1,上升\n2,也许\n", ["第 3 行“q”列", "也许"]),
        ("index: {}\n", SMALL, ["index"]),
        ("indicators: []\n", SMALL, ["indicators", "至少要有一个指标"]),
        ("a: &x [*x]\n", SMALL, ["成环"]),
        (
            "indicators: [x]\nsteps: [{normalise: {method: quantiles, cuts: [2]}}]\n",
            SMALL,
            ["cuts", "0 与 1 之间"],
        ),
        ("indicators: [x]\nderive: {z: \"__import__('os')\"}\n", SMALL, ["derive.z", "只能用"]),
        ("", SMALL, ["空的"]),
    ],
)
def test_a_fault_is_told_with_its_place_and_nothing_is_written(
    tmp_path: Path, definition: str, data: str, words: list[str]
) -> None:
    out = tmp_path / "out.csv"
    with pytest.raises(CommandError) as caught:
        run(tmp_path, definition, data, out=out)
    for word in words:
        assert word in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.yaml", "data.csv"]


def test_denominators_are_the_columns_as_they_came(tmp_path: Path) -> None:
    definition = "indicators: {x: {denominator: y}, y: {denominator: x}}\nsteps: [{denominate: }]\n"
    definition += "output: {columns: [x, y]}\n"
    assert run(tmp_path, definition, "a,x,y\nA,1,4\nB,2,2\n").splitlines()[1:] == ["0.25,4", "1,1"]


def test_an_older_result_survives_a_fault(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run(tmp_path, PLAIN, SMALL, out=out)
    before = out.read_bytes()
    with pytest.raises(CommandError):
        run(tmp_path, PLAIN, "a,x,y\nA,1,5\nB,x,3\n", out=out)
    assert out.read_bytes() == before
    assert out.stat().st_mode & 0o777 == 0o644


def test_every_key_of_a_definition_is_described() -> None:
    from index.engine import (
        composite,
        diffusion,
        hierarchy,
        imputation,
        indicators,
        normalisation,
        panel,
        price_chain,
        prices,
        treatment,
    )

    text = DOCUMENT.read_text(encoding="utf-8")
    keys = {
        *composite.KEYS, *composite.STEPS, *panel.TABLE_KEYS, *indicators.KEYS, *hierarchy.NODE_KEYS,
        *hierarchy.MEANS, *hierarchy.WEIGHT_METHODS, *imputation.KEYS, *imputation.METHODS, *normalisation.KEYS,
        *normalisation.METHODS, *normalisation.CAPS, *treatment.LOGS, *treatment.SHAPE_KEYS, *price_chain.KEYS,
        *price_chain.RATES, *prices.KEYS, *prices.FORMULAS, *diffusion.KEYS, *diffusion.FORMS,
    }  # fmt: skip
    assert sorted(key for key in keys if not re.search(rf"\b{re.escape(key)}\b", text)) == []


def test_a_row_without_a_name_is_refused_and_an_empty_row_is_none(tmp_path: Path) -> None:
    plain = "indicators: [x, y]\n"
    with pytest.raises(CommandError, match="第 3 行“e”列：是空的"):
        run(tmp_path, plain, "e,x,y\na,1,2\n,2,3\nc,4,5\n")
    assert len(run(tmp_path, plain, "e,x,y\na,1,2\n,,\nb,2,3\n,,\n").splitlines()) == 3


@pytest.mark.parametrize(
    ("cells", "said"), [("80,40", "“up”与“down”之和超过 100"), ("-5,40", "第 2 行“up”列：份额不能是负数")]
)
def test_shares_that_cannot_be_are_refused(tmp_path: Path, cells: str, said: str) -> None:
    definition = "index: diffusion\nby: [m]\nquestions: {q: {better: up, worse: down}}\n"
    with pytest.raises(CommandError, match=said):
        run(tmp_path, definition, f"m,up,down\n2026-01,{cells}\n")
    assert "60.1" in run(tmp_path, definition + "output: {decimals: 1}\n", "m,up,down\n2026-01,60.1,40\n")
