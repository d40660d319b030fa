"""One process of a race, as the application's role: ``python -m tests.datahub.services.racers VERB WHAT STORE``.

It gets ready, waits at the gate (an advisory lock that the test holds), does its work and prints what came.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
GATE = 7_399_001


def start(verb: str, what: str | int, store: str) -> subprocess.Popen[str]:
    """``deliver`` a file of equity freezes, or ``withdraw`` a batch, on the test's database."""
    from django.db import connection

    from bench.audit_writers import environment

    return subprocess.Popen(
        [sys.executable, "-m", "tests.datahub.services.racers", verb, str(what), store], cwd=PROJECT,
        env=environment(str(connection.settings_dict["NAME"])), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def outcome(racer: subprocess.Popen[str]) -> Any:
    """What a racer printed; its complaint is the failure of the test."""
    told, complaint = racer.communicate(timeout=120)
    assert racer.returncode == 0, complaint[-3000:]
    return json.loads(told)


def main(verb: str, what: str, store: str) -> dict[str, Any]:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    import audit
    from datahub.engine.definitions import get_item
    from datahub.models import Channel
    from datahub.services.deliveries import receive_delivery
    from datahub.services.promotion import process_batch
    from datahub.services.withdrawal import withdraw_batch
    from tests.firms import AS_OF, NOW

    settings.PORTAL_FILE_STORE = {"kind": "folder", "path": store}
    origin, item = audit.Origin.system(f"racer-{os.getpid()}"), get_item("court.equity_freeze")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [GATE])
        cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [GATE])
    if verb == "withdraw":
        done = withdraw_batch(int(what), reason="测试", origin=origin, now=NOW)
        return {"batch": int(what), "change": done.change_id}
    with Path(what).open("rb") as stream:
        received = receive_delivery(
            item, stream, file_name=Path(what).name, period="2026-11", file_date=AS_OF,
            channel=Channel.COMMAND, origin=origin, now=NOW,
        )  # fmt: skip
    promoted = process_batch(received.batch_id, origin=origin, now=NOW)
    return {"batch": received.batch_id, "is_new": received.is_new, "change": promoted.change_id}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
