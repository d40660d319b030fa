"""The demonstration city goes through the same door as real deliveries, then everybody is scored.

What was asked for is written down before the first file, so that a start that broke off goes on with the
same city on another day: the same bytes are the same batches, and a promoted batch is left alone.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db.models import Max, Min
from django.utils import timezone

import audit
from cixi_portal.embedded.places import var_folder
from credit.models import RunKind, RunState, ScoreRun
from credit.services import runs, search_index
from credit.services.releases import release_scorecard
from datahub.demo.firms import MOST_ENTERPRISES
from datahub.demo.generate import Report, generate_city
from datahub.demo.manifest import NOTABLE_FILE, Delivery, Manifest, Notable, load_manifest
from datahub.engine.definitions import get_item
from datahub.models import Batch, BatchState, Channel
from datahub.services.deliveries import receive_delivery
from datahub.services.promotion import process_batch

ORIGIN = audit.Origin.system("demo_city")
WISH_FILE = "city.json"
# What the portal starts with: today, and the day that "since yesterday" is counted from.
FIRST_AGES_DAYS = (2, 0)
# Looking back from today's facts gives each firm a line to show; nothing later than the day counts.
HISTORY_AGES_DAYS = (300, 240, 180, 120, 60)


class UnableToRaiseCity(RuntimeError):
    """The demonstration city cannot be set up here; the text says why and what to do."""


@dataclass(frozen=True)
class Wish:
    """Which city is asked for; ``as_of`` is ISO. The same wish gives the same bytes."""

    enterprises: int
    seed: int
    as_of: str
    deliver_tax: bool


@dataclass
class Total:
    """Rows of all deliveries so far, as the batches count them."""

    files: int = 0
    received: int = 0
    promoted: int = 0
    unchanged: int = 0
    quarantined: int = 0
    waiting: int = 0
    unconfirmed: int = 0
    rejected: int = 0

    def add(self, batch: Batch) -> None:
        self.files += 1
        self.received += batch.rows_received
        self.promoted += batch.rows_promoted
        self.unchanged += batch.rows_unchanged
        self.quarantined += batch.rows_quarantined
        self.waiting += batch.rows_waiting
        self.unconfirmed += batch.state == BatchState.CHECKED
        self.rejected += batch.state == BatchState.REJECTED


def city_folder() -> Path:
    """Where the city's wish, files and manifest lie."""
    return var_folder() / "demo"


def is_complete() -> bool:
    """True once the full score runs that the portal starts with are done."""
    done = ScoreRun.objects.filter(kind=RunKind.FULL, state=RunState.DONE, last_batch_id__gt=0)
    ends = done.aggregate(oldest=Min("as_of"), newest=Max("as_of"))
    if ends["oldest"] is None:
        return False
    return bool((ends["newest"] - ends["oldest"]).days >= max(FIRST_AGES_DAYS))


def begun_wish() -> Wish | None:
    """The wish of a start that was begun here, if any."""
    path = city_folder() / WISH_FILE
    return Wish(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def settle_wish(enterprises: int, seed: int, deliver_tax: bool, as_of: date) -> Wish:
    """The wish to work on: a begun one is continued (its day stays), a new one is written down.

    Raises UnableToRaiseCity when another city, or real data, is in the store already, and for a city that
    cannot be: too many firms, a day to come.
    """
    if not 1 <= enterprises <= MOST_ENTERPRISES:
        raise UnableToRaiseCity(f"企业数须在 1 到 {MOST_ENTERPRISES:,} 之间（演示代码段所限）。")
    if as_of > timezone.localdate():
        raise UnableToRaiseCity(f"观察日 {as_of} 晚于今天，请改用今天或更早的日期。")
    begun = begun_wish()
    wish = Wish(enterprises, seed, as_of.isoformat(), deliver_tax)
    if begun is not None:
        if (begun.enterprises, begun.seed, begun.deliver_tax) == (enterprises, seed, deliver_tax):
            return begun
        if Batch.objects.exists():
            raise UnableToRaiseCity(
                f"此处已有另一座演示城市（企业 {begun.enterprises:,} 户，种子 {begun.seed}）。"
                "如需更换，请先停止门户并清空数据目录后重新执行。"
            )
    elif Batch.objects.exists():
        raise UnableToRaiseCity("数据库中已有报送批次，演示城市只能建在空库中。")
    city_folder().mkdir(parents=True, exist_ok=True)
    path = city_folder() / WISH_FILE
    path.with_suffix(".new").write_text(json.dumps(asdict(wish)) + "\n", encoding="utf-8")
    path.with_suffix(".new").replace(path)
    return wish


def write_files(wish: Wish, report: Report | None = None) -> Manifest:
    """The departments' files of the city; files that a broken start finished writing are used again."""
    folder = city_folder() / "files"
    try:
        kept = load_manifest(folder)
    except (FileNotFoundError, ValueError, TypeError):
        kept = None
    if (
        kept is not None
        and Wish(kept.enterprises, kept.seed, kept.as_of.isoformat(), kept.deliver_tax) == wish
    ):
        return kept
    return generate_city(
        folder, as_of=date.fromisoformat(wish.as_of), enterprises=wish.enterprises, seed=wish.seed,
        deliver_tax=wish.deliver_tax, report=report,
    )  # fmt: skip


def deliver(delivery: Delivery, folder: Path, now: datetime) -> Batch:
    """Put one file through the door and promote it; nothing happens to one that is through already."""
    item = get_item(delivery.item)
    with (folder / delivery.file).open("rb") as stream:
        received = receive_delivery(
            item, stream, file_name=delivery.file, period=delivery.period, file_date=delivery.file_date,
            channel=Channel.COMMAND, origin=ORIGIN, now=now,
        )  # fmt: skip
    process_batch(received.batch_id, origin=ORIGIN, now=now)
    return Batch.objects.get(pk=received.batch_id)


def deliver_all(manifest: Manifest, report: Callable[[int, Delivery, Total], None]) -> Total:
    """All deliveries in order; ``report`` is called after each with its number from 1."""
    total = Total()
    for number, delivery in enumerate(manifest.deliveries, 1):
        total.add(deliver(delivery, manifest.folder, timezone.now()))
        report(number, delivery, total)
    return total


def score_everyone() -> ScoreRun:
    """The first full score runs, and the search index; a run that broke off is finished, not repeated."""
    release_scorecard(origin=ORIGIN, now=timezone.now())
    _run_days(FIRST_AGES_DAYS)
    search_index.refresh()
    return ScoreRun.objects.filter(kind=RunKind.FULL, state=RunState.DONE).latest("as_of", "pk")


def score_history(*, as_of: date, seed: int) -> None:
    """Scores of past months, so that a firm's line has a past; the standing scores stay."""
    _run_days(HISTORY_AGES_DAYS)


def _run_days(ages: tuple[int, ...]) -> None:
    today = timezone.localdate()
    done = set(
        ScoreRun.objects.filter(kind=RunKind.FULL, state=RunState.DONE).values_list("as_of", flat=True)
    )
    for day in [today - timedelta(days=age) for age in ages]:
        if day not in done:
            _run_to_the_end(day)


def _run_to_the_end(day: date) -> None:
    run = ScoreRun.objects.filter(kind=RunKind.FULL, state=RunState.RUNNING).first()
    if run is None:
        plan = runs.plan_full_run(as_of=day, origin=ORIGIN, now=timezone.now())
        run = ScoreRun.objects.get(pk=plan.run_id)
    for number in run.chunks.order_by("number").values_list("number", flat=True):
        runs.run_chunk(run.pk, number, now=timezone.now())
    runs.finish_run(run.pk, now=timezone.now())


def notable_firms() -> tuple[Notable, ...]:
    """The ten firms worth opening, for the demonstration's home page; empty without a city here."""
    path = city_folder() / "files" / NOTABLE_FILE
    if not path.exists():
        return ()
    return tuple(Notable(**line) for line in json.loads(path.read_text(encoding="utf-8")))
