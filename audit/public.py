"""The front door of the log.

``from audit import public as audit`` (or ``import audit``: the same names, loaded when first used)::

    with audit.action("datahub.batch.promoted", origin=origin, target=f"batch:{batch.pk}") as entry:
        ...                                   # the writes
        entry.detail["promoted"] = promoted   # what the log shall say about them

    audit.record("credit.profile.viewed", origin=audit.origin_of(request), target=f"enterprise:{code}")

Open the outermost action outside of ``transaction.atomic()``: it opens the transaction itself, and what
is called inside may open actions and atomic blocks as it likes. Celery tasks pass
``Origin.system("celery")``, or the starter's origin (``origin.as_dict()`` in, ``Origin(**values)`` out).
Action codes are dotted, ``<app>.<object>.<past participle>``; their Chinese labels stand in
``audit/definitions/actions.yaml``.
"""

from .contracts import Draft, Origin, Result
from .origins import address_of, origin_of
from .services import TransactionAlreadyOpen, UnableToWriteLog, action, record

__all__ = [
    "Draft",
    "Origin",
    "Result",
    "TransactionAlreadyOpen",
    "UnableToWriteLog",
    "action",
    "address_of",
    "origin_of",
    "record",
]
