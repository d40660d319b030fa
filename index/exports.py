"""A board's series as rows, CSV, metadata and citation."""

import csv
import io
import json
import math
from typing import Any

from django.conf import settings

from index.dashboard import Board
from index.selectors.series import load_series
from index.transforms import on_days


def rows_of(board: Board) -> tuple[list[str], list[list[Any]]]:
    """Heads and one row a day within the window's end: index, level score, entities, coverage, state; then compared ones."""
    series, state, n = board.series, board.state, board.state.dimension
    others = [
        card for code in state.compare if (card := board.panels.find(code)) and board.reader.may_see(card)
    ]
    data = load_series(board.standing, others)
    heads = ["日期", f"{board.card.name}·{board.dimension_name}", "水平得分", "主体数", "覆盖权重", "状态"]
    heads += [f"{card.name}·{board.dimension_name}" for card in others if card.code in data]
    compared = [
        on_days(data[c.code].days, data[c.code].values[:, n], series.days) for c in others if c.code in data
    ]
    first = state.since or series.days[0]
    rows = []
    for place, day in enumerate(series.days):
        if first <= day <= board.until:
            rows.append([
                day, _number(series.values[place, n]), _number(series.level[place, n]), series.entities[place],
                _number(series.coverage[place]), "暂定" if series.provisional[place] else "已发布",
                *(_number(values[place]) for values in compared),
            ])  # fmt: skip
    return heads, rows


def _number(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


def write_csv(board: Board) -> bytes:
    """With a byte order mark, so that spreadsheets read it as UTF-8."""
    heads, rows = rows_of(board)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(heads)
    for row in rows:
        writer.writerow(["" if value is None else value for value in row])
    return ("\ufeff" + buffer.getvalue()).encode()


def metadata(board: Board) -> bytes:
    """What a reader needs to use the series rightly."""
    run, method, basket = board.standing.run, board.standing.method, board.standing.basket
    told = {
        "name": f"{basket.name}：{board.card.name}（{board.dimension_name}）",
        "panel": board.card.code,
        "dimension": board.dimension_name,
        "unit": f"{basket.base_from.year} 年均值 = {basket.base_value:g}",
        "frequency": "每日",
        "from": board.series.days[0].isoformat(), "to": board.until.isoformat(),
        "method_version": method.code, "definition_sha256": method.definition_hash, "code_sha256": run.code_hash,
        "data_version": run.data_version, "known_at": run.known_at.isoformat(), "published_at": run.realtime.isoformat(),
        "revision_policy": f"发布后 {basket.first_days} 日内为暂定，{basket.final_days} 日后定稿",
        "disclosure": f"主体不少于 {basket.min_entities} 户且单户占比低于 {basket.max_share:.0%} 方可展示",
        "columns": rows_of(board)[0],
        "citation": citation(board),
        "demo": bool(settings.PORTAL_DEMO),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def citation(board: Board) -> str:
    """How to cite the series."""
    run, basket = board.standing.run, board.standing.basket
    return (
        f"慈溪市大数据发展管理中心：{basket.name}，{board.card.name}（{board.dimension_name}），"
        f"{board.series.days[0].isoformat()} 至 {board.until.isoformat()}，编制定义 {board.standing.method.code}，"
        f"数据版本 {run.data_version[:12]}。" + ("演示数据。" if settings.PORTAL_DEMO else "")
    )
