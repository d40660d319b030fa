"""``manage.py compute_index --definition FILE.yaml --data FILE.csv [--out FILE]``: an index on any table."""

import csv
import io
import json
import math
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from index.engine.compute import compute
from index.engine.output import Output
from index.engine.places import Place, UnableToReadDefinition
from index.engine.table import Table, UnableToReadTable
from index.files import UnableToReadFile, read_csv, read_text, write_whole


class Command(BaseCommand):
    help = (
        "按定义文件（YAML）对任意数据表（CSV）计算指数，输出各层得分与排名；格式见 docs/index-definition.md"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--definition", required=True, type=Path, help="定义文件（YAML）")
        parser.add_argument("--data", required=True, type=Path, help="数据表（CSV，UTF-8 或 GB18030）")
        parser.add_argument("--out", type=Path, help="输出文件，.json 为 JSON，其余为 CSV；默认输出到屏幕")
        parser.add_argument("--format", choices=("csv", "json"), help="输出格式，优先于 --out 的后缀")
        parser.add_argument("--decimals", type=int, help="保留小数位，优先于定义中的 output.decimals")

    def handle(self, *args: Any, **options: Any) -> None:
        definition: Path = options["definition"]
        decimals: int | None = options["decimals"]
        if decimals is not None and not 0 <= decimals <= 12:
            raise CommandError(f"--decimals 应在 0 到 12 之间，现为 {decimals}。")

        def load(place: Place) -> Table:
            path = Path(place.text())
            found = path if path.is_absolute() else definition.parent / path
            if not found.is_file():
                raise place.fault(f"没有文件 {found}，路径从定义文件所在的文件夹算起，请检查")
            return read_csv(found)

        try:
            result = compute(read_text(definition), str(definition), read_csv(options["data"]), load)
            kind = options["format"] or ("json" if str(options["out"] or "").endswith(".json") else "csv")
            text = _as_json(result, decimals) if kind == "json" else _as_csv(result, decimals)
            if options["out"]:
                write_whole(options["out"], text)
        except (UnableToReadDefinition, UnableToReadTable, UnableToReadFile) as error:
            raise CommandError(str(error)) from error
        if options["out"]:
            rows = len(result.order())
            self.stdout.write(f"已写入 {options['out']}：{rows} 行，{len(result.names())} 列。")
        else:
            self.stdout.write(text, ending="")


def _as_csv(result: Output, decimals: int | None) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.names())
    writer.writerows(result.rows(decimals))
    return out.getvalue()


def _as_json(result: Output, decimals: int | None) -> str:
    names = result.names()
    numbers = {name for name in names if not isinstance(result.columns[name], list)}
    rows = [
        {
            name: (float(cell) if cell else None) if name in numbers else cell
            for name, cell in zip(names, row, strict=True)
        }
        for row in result.rows(decimals)
    ]
    return json.dumps({"rows": rows, **_plain(result.details)}, ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    """NaN, which JSON does not know, becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
