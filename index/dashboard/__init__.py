"""The dashboard's context: what selectors found, as templates show it. A module for each block."""

from index.dashboard.board import Board, NothingToShow, annotations_of, open_board
from index.dashboard.choices import chip_blocks
from index.dashboard.drill import drill_block
from index.dashboard.headline import headline_block
from index.dashboard.lines import main_chart
from index.dashboard.parts import REST, divisions_of, named_parts, told_parts, waterfall_block
from index.dashboard.towns import heat_block, town_blocks

__all__ = [
    "REST",
    "Board",
    "NothingToShow",
    "annotations_of",
    "chip_blocks",
    "divisions_of",
    "drill_block",
    "headline_block",
    "heat_block",
    "main_chart",
    "named_parts",
    "open_board",
    "told_parts",
    "town_blocks",
    "waterfall_block",
]
