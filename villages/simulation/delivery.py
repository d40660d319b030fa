"""How what is wanted arrives: twice, in another order, without a reply, killed before its commit, by a wrong clock."""

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import Error as DatabaseProblem
from django.db import connection, transaction

from villages.engine.plain import Refused
from villages.models import Account
from villages.services.posting import REFUSALS, UnableToPost

from .acts import Acts
from .world import Operation, Options

CODES = {kind: code for code, kind in REFUSALS.items() if code.startswith("VL")}


class Delivery(Acts):
    """Delivers operations to the ledger and to the model, and notes where their answers differ."""

    control: psycopg.Connection[Any]

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.pending: list[Operation] = []

    def deliver_some(self) -> None:
        while self.pending and self.random.random() < 0.85:
            place = self.random.randrange(len(self.pending)) if self.random.random() < 0.3 else 0
            operation = self.pending[place]
            if operation.at_shop and not self.shop_online:
                return
            self.pending.pop(place)
            self._deliver_with_fault(operation)

    def _deliver_with_fault(self, operation: Operation) -> None:
        if self.random.random() >= self.options.faults:
            self.deliver(operation, self.now)
            return
        fault = self.random.choices(
            ["duplicate", "lost reply", "killed", "locked", "clock back", "clock ahead"], [8, 8, 4, 1, 4, 2]
        )[0]
        self.outcome.faults[fault] = self.outcome.faults.get(fault, 0) + 1
        if fault == "duplicate":
            for _ in range(2):
                self.deliver(operation, self.now)
        elif fault == "lost reply":
            self.deliver(operation, self.now)
            self.pending.append(operation)
        elif fault == "killed":
            self._killed(operation)
            self.deliver(operation, self.now)
        elif fault == "locked":
            self._locked(operation)
            self.deliver(operation, self.now)
        elif fault == "clock back":
            self.deliver(operation, self.now - dt.timedelta(hours=self.random.choice((1, 30, 24 * 20))))
        else:
            self.deliver(operation, self.now + dt.timedelta(hours=self.random.choice((1, 6))))

    def _killed(self, operation: Operation) -> None:
        """The backend dies between the statement and its commit: nothing may stay."""
        try:
            with transaction.atomic():
                try:
                    operation.real(self.now)
                except UnableToPost:
                    return
                self.control.execute(
                    "SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid]
                )
                Account.objects.first()
        except (DatabaseProblem, psycopg.Error):
            pass
        finally:
            connection.close()

    def _locked(self, operation: Operation) -> None:
        """Somebody else sits on the rows longer than the caller waits."""
        connection.ensure_connection()
        with self.control.transaction():
            self.control.execute(
                "SELECT FROM villages_account WHERE village_id = %s FOR UPDATE", [self.village.pk]
            )
            connection.connection.execute("SET lock_timeout = '4ms'")
            try:
                # What needs none of these rows happens all the same; the delivery that follows repeats it.
                with contextlib.suppress(UnableToPost):
                    operation.real(self.now)
            finally:
                connection.connection.execute("RESET lock_timeout")

    def deliver(self, operation: Operation, now: dt.datetime) -> None:
        self.outcome.delivered += 1
        expected = answer_of(lambda: operation.model(now), lambda refusal: refusal.code, Refused)
        got = answer_of(
            lambda: operation.real(now), lambda refusal: CODES.get(type(refusal), "?"), UnableToPost
        )
        refused = isinstance(expected, str) or isinstance(got, str)
        if isinstance(expected, str):
            self.outcome.refusals[expected] = self.outcome.refusals.get(expected, 0) + 1
        if expected != got and (operation.compare or refused):
            self.outcome.differences.append(f"{operation.name} at {now}: model {expected}, ledger {got}")


def answer_of(ask: Callable[[], Any], code_of: Callable[[Any], str], refusal: type[Exception]) -> Any:
    try:
        return ask()
    except refusal as error:
        return code_of(error)


def dsn() -> str:
    connection.ensure_connection()
    told = connection.connection.info
    return psycopg.conninfo.make_conninfo(
        host=told.host, port=told.port, dbname=told.dbname, user=told.user, password=told.password
    )
