"""Bulletins of the demonstration: of the city's last month, signed; of the latest planted fall, waiting for a signature."""

from datetime import date, datetime, timedelta

import audit
from accounts import inbox
from accounts.roles import Role
from index.dashboard import open_board
from index.models import Alert, Bulletin
from index.selectors.panels import Panels, Reader
from index.selectors.standing import Standing
from index.services import bulletins
from index.state import State
from index.transforms import month_before

ORIGIN = audit.Origin.system("demo_index")
READER = Reader(everything=True, crossings=True, firms=True, alerts=True)
OF_THE_CITY = "演示点评：本月变动主要来自月度来源更新，未见集中于个别镇街的异常。"
OF_THE_FALL = "演示点评：降幅集中于一地一业，与事件标注的时间相符，建议会同属地核实。"


def write_demo_bulletins(standing: Standing, *, now: datetime) -> int:
    """How many were written: none where they stand already, or where nobody may write or sign."""
    author = inbox.holders(Role.INDEX_ANALYST).order_by("pk").first()
    if author is None:
        return 0
    signer = inbox.holders(Role.LEADER, Role.INDEX_ANALYST).exclude(pk=author.pk).order_by("pk").first()
    made = 0
    for code, since, until, words in _windows(standing):
        if Bulletin.objects.filter(panel_code=code, since=since, until=until).exists():
            continue
        board = open_board(standing, READER, State(panel=code, since=since, until=until))
        one = bulletins.draft(board, author, origin=ORIGIN, now=now)
        bulletins.comment(one.pk, words, author, origin=ORIGIN)
        if words == OF_THE_CITY and signer is not None:
            bulletins.sign(one.pk, signer, origin=ORIGIN, now=now)
        made += 1
    return made


def _windows(standing: Standing) -> list[tuple[str, date, date, str]]:
    """Panel, first and last day, the analyst's words."""
    city = Panels(standing).city()
    windows = [(city.code, month_before(standing.day), standing.day, OF_THE_CITY)] if city else []
    fall = (
        Alert.objects.filter(method=standing.method, direction=-1).exclude(panel__town="")
        .select_related("panel").order_by("-opened_on").first()
    )  # fmt: skip
    if fall is not None:
        windows.append((fall.panel.code, fall.opened_on - timedelta(days=1), fall.last_on, OF_THE_FALL))
    return windows
