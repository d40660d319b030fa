"""简报: written by the machine from the numbers, commented by the analyst, signed by somebody else."""

from datetime import datetime
from typing import Any

import numpy as np

import audit
from accounts.models import User
from index.contracts import PanelKind
from index.dashboard import Board, named_parts
from index.engine.bulletin import check_bulletin
from index.engine.table import Table
from index.models import Bulletin, BulletinState
from index.selectors.headline import find_headline
from index.selectors.panels import visible
from index.selectors.series import load_series
from index.sentences import printed, printed_change, printed_parts, signed, write_headline, write_movers

HEADS = ("series", "level", "change", "percentage", "printed decimals")
PLACES = 2


class UnableToWriteBulletin(ValueError):
    """The bulletin cannot be written, changed or signed; the text says why."""


def draft(board: Board, user: User, *, origin: audit.Origin, now: datetime) -> Bulletin:
    """Write the bulletin of the board's window. Raises :class:`UnableToWriteBulletin` where a value is missing."""
    facts, text = compose(board)
    title = f"{board.card.name}金融指数简报（{board.since.isoformat()} 至 {board.until.isoformat()}）"
    with audit.action("index.bulletin.drafted", origin=origin, target=f"panel:{board.card.code}") as entry:
        made = Bulletin.objects.create(
            panel_code=board.card.code,
            since=board.since,
            until=board.until,
            title=title,
            text=text,
            facts=facts,
            run=board.standing.run,
            author=user,
            created_at=now,
        )
        entry.detail |= {"period": f"{board.since} {board.until}"}
    return made


def compose(board: Board) -> tuple[dict[str, Any], str]:
    """Figures and text of a window; the table is checked for contradictions before anything is kept."""
    series, start, end = board.series, board.series.at(board.since), board.series.at(board.until)
    one = find_headline(board.standing, series, 0, board.until)
    if start is None or end is None or one is None or start == end:
        raise UnableToWriteBulletin("该时段没有可比的数值，请另选起止日。")
    values = series.values
    table = [
        _line(name, values[start, n], values[end, n])
        for n, name in enumerate(board.dimension_names)
        if np.isfinite(values[start, n]) and np.isfinite(values[end, n])
    ]
    towns = _towns(board) if board.card.kind is PanelKind.UNIVERSE else []
    table += [_line(name, before, after) for name, before, after in towns]
    _require_consistent(table)
    parts = {by: named_parts(board, by) for by in _divisions(board)}
    names = {"dimension": "维度", "indicator": "指标", "town": "镇街", "section": "行业", "size": "规模"}
    paragraphs = [
        write_headline(one, board.card.name),
        f"{board.since.isoformat()} 至 {board.until.isoformat()}，"
        + "".join(
            write_movers(printed_parts(told, values[start, 0], values[end, 0]), names[by])
            for by, told in parts.items()
        ),
    ]
    if towns:
        moves = sorted(
            ((name, float(printed(after) - printed(before))) for name, before, after in towns),
            key=lambda pair: -pair[1],
        )
        up, down = sum(move > 0 for _, move in moves), sum(move < 0 for _, move in moves)
        paragraphs.append(
            f"{len(moves)} 个镇街中，{up} 个上升，{down} 个下降，{len(moves) - up - down} 个持平；"
            f"升幅最大的是{moves[0][0]}（{signed(printed(moves[0][1]))} 点），"
            f"降幅最大的是{moves[-1][0]}（{signed(printed(moves[-1][1]))} 点）。"
            if up and down
            else f"{len(moves)} 个镇街中，{up} 个上升，{down} 个下降。"
        )
    facts = {
        "table": table,
        "parts": parts,
        "panel": board.card.name,
        "light": str(one.light or ""),
        "value": one.value,
        "before": float(series.values[start, 0]),
        "firmness": one.firmness,
        "entities": one.entities,
        "method": board.standing.method.code,
        "data_version": board.standing.run.data_version,
    }
    return facts, "\n".join(paragraphs)


def _divisions(board: Board) -> list[str]:
    from index.dashboard import divisions_of

    return [by for by in divisions_of(board) if by != "indicator"] + ["indicator"]


def _line(name: str, before: float, after: float) -> dict[str, Any]:
    """A row of the printed table: change and percentage follow from the printed levels."""
    level = printed(after)
    change, percent = printed_change(after, before)
    return {
        "series": name,
        "level": str(level),
        "change": str(change),
        "percentage": str(percent),
        "decimals": PLACES,
    }


def _towns(board: Board) -> list[tuple[str, float, float]]:
    cards = visible(board.panels.of_kind(PanelKind.TOWN), board.reader)
    data = load_series(board.standing, cards)
    found = []
    for card in sorted(cards, key=lambda c: c.town):
        series = data.get(card.code)
        start, end = (series.at(board.since), series.at(board.until)) if series else (None, None)
        if series is not None and start is not None and end is not None:
            found.append((card.name, float(series.values[start, 0]), float(series.values[end, 0])))
    return found


def table_rows(facts: dict[str, Any]) -> list[list[str]]:
    """The table as ``manage.py check_bulletin`` reads it, heads first."""
    rows = [
        [r["series"], r["level"], r["change"], r["percentage"], str(r["decimals"])] for r in facts["table"]
    ]
    return [list(HEADS), *rows]


def _require_consistent(table: list[dict[str, Any]]) -> None:
    rows = table_rows({"table": table})
    report = check_bulletin(_as_table(rows))
    if report.findings:
        raise UnableToWriteBulletin(f"简报表格自相矛盾：{report.findings[0].message}")


def _as_table(rows: list[list[str]]) -> Table:
    columns = {name: [row[place] for row in rows[1:]] for place, name in enumerate(rows[0])}
    return Table("简报", columns, list(range(2, len(rows) + 1)))


def comment(bulletin_id: int, text: str, user: User, *, origin: audit.Origin) -> Bulletin:
    """Replace the analyst's comment. Raises :class:`UnableToWriteBulletin` once it is signed."""
    with audit.action("index.bulletin.commented", origin=origin, target=f"bulletin:{bulletin_id}"):
        one = _open(bulletin_id)
        one.comment = text.strip()[:2000]
        one.save(update_fields=["comment"])
    return one


def sign(bulletin_id: int, user: User, *, origin: audit.Origin, now: datetime) -> Bulletin:
    """Sign off. Raises :class:`UnableToWriteBulletin` for the author, who must not sign the own text."""
    with audit.action("index.bulletin.signed", origin=origin, target=f"bulletin:{bulletin_id}"):
        one = _open(bulletin_id)
        if one.author_id == user.pk:
            raise UnableToWriteBulletin("起草人不能签发本人起草的简报，请由另一位同事签发。")
        one.state, one.signed_by, one.signed_at = BulletinState.SIGNED, user, now
        one.save(update_fields=["state", "signed_by", "signed_at"])
    return one


def _open(bulletin_id: int) -> Bulletin:
    one = Bulletin.objects.select_for_update().get(pk=bulletin_id)
    if one.state == BulletinState.SIGNED:
        raise UnableToWriteBulletin("简报已签发，不能再改动。")
    return one
