"""The profile page under twenty bank officers who read for a second between two pages.

A real gunicorn, as the application's role, on a scratch database of two thousand firms with scores; every
page writes its entry into the log, as in production. The clients are threads of this process.
"""

import http.client
import random
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from bench.database import scratch_database
from bench.rows import Row

FIRMS = {"small": 500, "large": 2_000}
SECONDS = {"small": 15.0, "large": 60.0}
USERS, THINKING = 20, 1.0
TARGET_MS, MOST_READS = 300.0, 15
OF_THE_LOG = ("audit_head", "set_config")


@dataclass
class Officer:
    """One signed-in bank officer and how long their pages took (seconds)."""

    session: str
    taken: list[float] = field(default_factory=list)
    failed: int = 0


def run(scale: str) -> list[Row]:
    """Latency of the page as a browser waits for it, and what the page asks of the database."""
    facts = measure(FIRMS[scale], SECONDS[scale])
    name = f"企业画像页，{USERS} 人同时，间隔 {THINKING:.0f} s，{FIRMS[scale]:,} 户"
    return [
        Row(
            f"{name}：p95", f"p50 {facts['p50_ms']:.0f} ms，p95 {facts['p95_ms']:.0f} ms，"
            f"{facts['per_second']:.1f} 页/秒，{facts['failed']:.0f} 次失败",
            None, f"< {TARGET_MS:.0f} ms", facts["p95_ms"] < TARGET_MS and not facts["failed"], facts,
        ),
        Row(
            "企业画像页：读库语句", f"{facts['reads']:.0f} 条（连同写日志等共 {facts['statements']:.0f} 条）",
            None, f"≤ {MOST_READS}", facts["reads"] <= MOST_READS,
        ),
    ]  # fmt: skip


def measure(firms: int, seconds: float) -> dict[str, float]:
    from tests.running import Web

    class Portal(Web):
        processes = 2  # as `make run` starts it

    with scratch_database():
        codes, officers = prepare(firms)
        reads, statements = count_statements(codes[0], officers[0])
        with Portal() as web:
            address = urllib.parse.urlsplit(web.url)
            place = (str(address.hostname), int(address.port or 80))
            visit(place, codes, officers, 3.0)  # templates, connections and code are warm now
            for officer in officers:
                officer.taken.clear()
            begun = time.perf_counter()
            visit(place, codes, officers, seconds)
            lasted = time.perf_counter() - begun
    taken = sorted(second * 1000 for officer in officers for second in officer.taken)
    return {
        "firms": firms, "pages": len(taken), "per_second": len(taken) / lasted,
        "p50_ms": taken[len(taken) // 2], "p95_ms": taken[int(len(taken) * 0.95)], "worst_ms": taken[-1],
        "failed": sum(officer.failed for officer in officers), "reads": reads, "statements": statements,
    }  # fmt: skip


def prepare(firms: int) -> tuple[list[str], list[Officer]]:
    """Firms with records and scores; officers with a session and a purpose for each firm today."""
    from django.db import connection
    from django.utils import timezone

    import audit
    from accounts.roles import Role
    from bench.recalculation import AS_OF, AT, fill
    from credit.models import PurposeDeclaration, ViewPurpose
    from credit.services import runs
    from credit.services.releases import release_scorecard
    from datahub.models import Enterprise
    from tests.people import client_of, make_person

    with connection.cursor() as cursor:
        fill(cursor, firms)
    origin, now = audit.Origin.system("bench"), timezone.now()
    release_scorecard(origin=origin, now=AT)
    plan = runs.plan_full_run(as_of=AS_OF, origin=origin, now=AT)
    for number in plan.chunks:
        runs.run_chunk(plan.run_id, number, now=AT)
    listed = list(Enterprise.objects.filter(state="active").order_by("id").values_list("id", "code"))
    people = [make_person(Role.BANK_OFFICER) for _ in range(USERS)]
    PurposeDeclaration.objects.bulk_create(
        PurposeDeclaration(
            user=person, enterprise_id=firm, day=timezone.localdate(now), purpose=ViewPurpose.BEFORE,
            declared_at=now, last_viewed_at=now,
        )
        for person in people for firm, _ in listed
    )  # fmt: skip
    return [code for _, code in listed], [
        Officer(client_of(person).cookies["sessionid"].value) for person in people
    ]


def count_statements(code: str, officer: Officer) -> tuple[int, int]:
    """(reads without those of the log and the connection, all statements) of one warm page."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.cookies["sessionid"] = officer.session
    url = f"/credit/enterprises/{code}/"
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as found:
        client.get(url)
    texts = [query["sql"].lstrip() for query in found]
    reads = [
        text for text in texts
        if text.upper().startswith("SELECT") and not any(name in text for name in OF_THE_LOG)
    ]  # fmt: skip
    return len(reads), len(texts)


def visit(place: tuple[str, int], codes: list[str], officers: list[Officer], seconds: float) -> None:
    """Every officer opens one random profile after another until the time is over."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_read_on, args=(place, codes, officer, until, random.Random(number)))
        for number, officer in enumerate(officers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _read_on(place: tuple[str, int], codes: list[str], officer: Officer, until: float, chance: Any) -> None:
    time.sleep(chance.random() * THINKING)
    web = http.client.HTTPConnection(*place, timeout=60)
    while time.monotonic() < until:
        begun = time.perf_counter()
        web.request(
            "GET", f"/credit/enterprises/{chance.choice(codes)}/",
            headers={"Cookie": f"sessionid={officer.session}"},
        )  # fmt: skip
        answer = web.getresponse()
        answer.read()
        officer.taken.append(time.perf_counter() - begun)
        officer.failed += answer.status != 200
        time.sleep(THINKING)
    web.close()
