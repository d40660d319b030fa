"""``anonymity_report``: measure how anonymous a table is and hold it against a policy. No database is needed."""

import argparse
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import polars as pl
from django.core.management.base import BaseCommand, CommandError

from catalog.engine.privacy.closeness import UnableToOrderValues
from catalog.engine.privacy.examine import UnableToExamine, examine
from catalog.engine.privacy.hierarchies import UnableToReadHierarchy, ValueNotInHierarchy
from catalog.engine.privacy.written import UnableToReadSpecification
from catalog.management.anonymity_files import UnableToReadFile, read_question, read_table
from catalog.presenters.anonymity import report_of

PASS, FAIL, BAD_INPUT = 0, 1, 2
REFUSALS = (
    UnableToExamine, UnableToReadHierarchy, ValueNotInHierarchy, UnableToOrderValues, UnableToReadSpecification,
    UnableToReadFile,
)  # fmt: skip
EPILOG = """\
说明文件（YAML 或 JSON）的写法：
  columns:                        # 逐列写明角色；未写的列不参与计算
    姓名: identifier              #   直接标识
    年龄: {role: quasi, hierarchy: age.csv, level: 1}    # 准标识，先按层级表概化到第 1 层
    邮编: quasi
    疾病: {role: sensitive, distance: hierarchical, hierarchy: disease.csv}   # 敏感
    工资: {role: sensitive, distance: ordered}           # equal（默认）、ordered、hierarchical
  missing: {as: wildcard, values: ["NA", "?"]}   # category（默认）、wildcard、distinct；空单元格总是缺失
  suppressed: "*"                 # 准标识列全为此值的行算作已隐匿
  weights: 权重列                 # 可选：抽样权重，给出 fk、Fk 与个体风险
  risk_method: approx             # approx（默认）或 exact
  population: all.csv             # 可选：总体数据，用于记者风险
  policy: {k: 5, distinct_l: 2, entropy_l: 2, recursive: {c: 3, l: 2}, t: 0.2,
           max_risk: 0.2, average_risk: 0.1, max_uniques: 0, suppression_limit: 0.05, no_identifiers: true}
层级表为 CSV，每行“值;第1层;第2层;…”。层级表与总体文件的位置相对于说明文件。

退出码：0 符合要求（或未提要求）；1 不符合要求；2 文件或说明有误。
计算口径见 docs/anonymity.md。
"""


class Command(BaseCommand):
    help = "衡量一张表的匿名程度（k-匿名、l-多样性、t-接近性、重标识风险）并对照要求给出结论，输出 JSON。"
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the explanation; bad arguments exit with 2, argparse's own code."""
        parser = super().create_parser(
            prog_name,
            subcommand,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )
        parser.called_from_command_line = True
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", required=True, type=Path, metavar="FILE", help="待衡量的 CSV 文件")
        parser.add_argument(
            "--spec", required=True, type=Path, metavar="FILE", help="说明文件（YAML 或 JSON）"
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="将 JSON 写入该文件，默认写到标准输出")
        parser.add_argument(
            "--max-rows", type=int, default=1000, metavar="N",
            help="违规行号与逐行风险最多列出 N 行，0 表示全部列出（默认 1000）",
        )  # fmt: skip
        parser.add_argument("--per-row", action="store_true", help="另附逐行的 fk、Fk、风险")
        parser.add_argument(
            "--digests", action="store_true", help="以摘要代替取值指认最差的等价类（报告将外发时使用）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._report(options)
        except REFUSALS as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        text = json.dumps(report, ensure_ascii=False, indent=2)
        if options["out"]:
            options["out"].write_text(text + "\n", encoding="utf-8")
        else:
            self.stdout.write(text)
        if report["verdict"] == "fail":
            sys.exit(FAIL)

    def _report(self, options: dict[str, Any]) -> dict[str, Any]:
        question = read_question(options["spec"])
        table = read_table(options["data"], question.told)
        population: pl.DataFrame | None = None
        if question.told.get("population"):
            population = read_table(question.folder / str(question.told["population"]), question.told).frame
        findings = examine(table.frame, question.specification, population)
        report = report_of(
            findings,
            question.specification,
            lines=table.lines,
            most_rows=options["max_rows"] or None,
            per_row=options["per_row"],
            digests=options["digests"],
        )
        source = {
            "file": table.name, "sha256": table.digest, "delimiter": table.delimiter, "encoding": table.encoding,
        }  # fmt: skip
        return {"format": "anonymity-report/1", "source": source, **report}
