"""What one request shows: the panel the reader may see, its series, its window."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from foundation.charts import ChartCaption
from index.models import Annotation
from index.selectors.panels import PanelCard, Panels, Reader, home_panel
from index.selectors.series import SeriesData, find_series
from index.selectors.standing import Standing
from index.state import State
from index.transforms import month_before

TOTAL = "总指数"


@dataclass
class Board:
    """Everything one request needs, read once."""

    standing: Standing
    panels: Panels
    reader: Reader
    state: State
    card: PanelCard
    series: SeriesData
    rolled_from: PanelCard | None = None

    @property
    def dimension_names(self) -> list[str]:
        return [TOTAL, *(d.name for d in self.standing.basket.dimensions)]

    @property
    def dimension_name(self) -> str:
        return self.dimension_names[self.state.dimension]

    @property
    def until(self) -> date:
        """The last day of the window: the one asked for, else the last one."""
        wanted = self.state.until or self.series.days[-1]
        place = self.series.until(wanted)
        return self.series.days[place if place is not None else 0]

    @property
    def since(self) -> date:
        wanted = self.state.since or month_before(self.until)
        return min(max(wanted, self.series.days[0]), self.until)


class NothingToShow(LookupError):
    """No panel of the index may be shown to this reader."""


def open_board(standing: Standing, reader: Reader, state: State) -> Board:
    """The panel asked for if the reader may see it, the nearest wider one otherwise.

    Raises :class:`NothingToShow`.
    """
    panels = Panels(standing)
    asked = panels.find(state.panel) if state.panel else home_panel(panels, reader)
    if asked is None:
        asked = home_panel(panels, reader)
    if asked is None:
        raise NothingToShow
    card = panels.nearest_shown(asked, reader)
    if card is None:
        raise NothingToShow
    series = find_series(standing, card, _instant(state.as_of))
    if series is None:
        raise NothingToShow
    return Board(standing, panels, reader, state, card, series, asked if asked is not card else None)


def _instant(day: date | None) -> datetime | None:
    """The end of a day, as the instant whose knowledge is asked for."""
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None


def annotations_of(board: Board) -> list[Annotation]:
    """Events of the city and of the panel's town and section: they follow the filter."""
    rows = Annotation.objects.all()
    return [
        note
        for note in rows
        if (
            not note.town or note.town == board.card.town or (not board.card.town and board.reader.everything)
        )
        and (not note.section or not board.card.section or note.section == board.card.section)
    ]


def caption_of(board: Board) -> ChartCaption:
    run = board.standing.run
    note = f"数据版本 {run.data_version[:12]}"
    if board.state.as_of:
        note += f"，按 {board.state.as_of.isoformat()} 当时所知"
    if board.series.is_short:
        note += "，该序列基期不足，以自身首年均值为 100"
    return ChartCaption(
        "28 个部门归集数据", board.series.days[-1], f"编制定义 {board.standing.method.code}", note
    )
