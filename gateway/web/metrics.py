"""Metrics for Prometheus. No label has a value that a caller chooses."""

import asyncio
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.db.database import Database
from gateway.db.statements.kept import kept_statements
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.web.graphql_request import ReceivedRequest

REGISTRY = CollectorRegistry()

SECONDS_BETWEEN_LOOKS = 1.0
OK = "ok"
# Codes are the gateway's own, unless a resolver makes one of what a caller sent.
MOST_CODES = 50
OTHER = "OTHER"
# Beside them, HTTP's statuses for what is too large, too late, or one too many.
REFUSED = {"TOO_EXPENSIVE", "TIMEOUT", "RATE_LIMITED", "SERVICE_UNAVAILABLE", "TOO_MANY_SUBSCRIPTIONS"}
TOO_LARGE = 413

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COSTS = (10, 100, 1_000, 10_000, 100_000, 500_000)


def _gauge(name: str, help_: str, mode: Any, *labels: str) -> Gauge:
    return Gauge(f"gateway_{name}", help_, labels, registry=REGISTRY, multiprocess_mode=mode)


def _counter(name: str, help_: str, *labels: str) -> Counter:
    return Counter(f"gateway_{name}", help_, labels, registry=REGISTRY)


REQUESTS = _counter("requests", "Requests, by type of operation and first error code.", "type", "code")
REFUSALS = _counter("refusals", "What a limit refused, by error code, or HTTP status where there is none.", "code")
DURATION = Histogram(
    "gateway_request_seconds", "How long requests took.", ["type"], registry=REGISTRY, buckets=_SECONDS
)
COST = Histogram("gateway_request_cost", "What operations might cost.", registry=REGISTRY, buckets=_COSTS)
DATABASE = _counter("database_seconds", "How long requests waited for the database, turns included.")
TURNS = _counter("turn_seconds", "How long requests waited for a turn.")
STATEMENTS = _counter("database_statements", "Statements that requests ran.")
ROWS = _counter("database_rows", "Rows that requests read or changed.")

IN_USE = _gauge("pool_in_use", "Connections in use; embedded, those for long reads.", "livesum")
SIZE = _gauge("pool_size", "Connections that there may be.", "livesum")
WAITING = _gauge("waiting_reads", "What waits for a connection; embedded, long reads.", "livesum")
WAITING_CHANGES = _gauge("waiting_changes", "Changes of the embedded database that wait.", "livesum")
SUBSCRIPTIONS = _gauge("subscriptions", "Subscriptions that are open.", "livesum")
STATEMENT_BYTES = _gauge("kept_statement_bytes", "About what kept statements take.", "livesum")
DOCUMENT_BYTES = _gauge("kept_document_bytes", "About what kept documents take, with their plans.", "livesum")
LOG_BYTES = _gauge("wal_bytes", "The size of the embedded database's write-ahead log.", "livemax")
LAG = _gauge("replica_lag_seconds", "How far a replica is behind; NaN where it is left out.", "livemax", "replica")
ANSWERS = _gauge("replica_answers", "Whether a replica answers reads.", "livemin", "replica")


class Metrics:
    """The metrics of an application, which are those of its process."""

    def __init__(self, database: Database, executor: RequestExecutor) -> None:
        self._database = database
        self._executor = executor
        # To look up labels takes as long as to count.
        self._requests: dict[tuple[str, str], Callable[[], None]] = {}
        self._durations: dict[str, Callable[[float], None]] = {}

    def note(self, request: ReceivedRequest, status: int, seconds: float) -> None:
        """Count a request that took so long to be answered with a status."""
        context = request.context
        operation = context.operation if context else None
        type_ = operation.kind if operation else "none"
        code = request.errors[0]["extensions"]["code"] if request.errors else (OK if status == 200 else str(status))  # noqa: PLR2004  # HTTP's
        count = self._requests.get((type_, code)) or self._new_code(type_, code)
        count()
        observe = self._durations.get(type_)
        if observe is None:
            observe = self._durations[type_] = DURATION.labels(type_).observe
        observe(seconds)
        if context is not None:
            _count_work(context)
        if request.errors and (code in REFUSED or status == TOO_LARGE):
            REFUSALS.labels(code if code in REFUSED else str(status)).inc()

    async def look_again_and_again(self) -> None:
        """Look, for ever, at what changes without a request."""
        while True:
            self.look()
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    def look(self) -> None:
        load = self._database.store.load()
        IN_USE.set(load.in_use)
        SIZE.set(load.size)
        WAITING.set(load.waiting)
        WAITING_CHANGES.set(load.waiting_changes)
        SUBSCRIPTIONS.set(self._executor.streams.open)
        STATEMENT_BYTES.set(kept_statements.size)
        DOCUMENT_BYTES.set(self._executor.documents.size)
        if (log_bytes := self._database.log_bytes) is not None:
            LOG_BYTES.set(log_bytes)
        for state in self._database.replicas.states() if self._database.replicas else ():
            LAG.labels(state.name).set(state.lag_seconds)
            ANSWERS.labels(state.name).set(state.answers)

    def _new_code(self, type_: str, code: str) -> Callable[[], None]:
        known = {code for _, code in self._requests}
        if code not in known and len(known) >= MOST_CODES:
            return REQUESTS.labels(type_, OTHER).inc
        count = self._requests[type_, code] = REQUESTS.labels(type_, code).inc
        return count


def _count_work(context: Context) -> None:
    session = context.session
    if context.cost is not None:
        COST.observe(context.cost)
    if session.statements:
        DATABASE.inc(session.database_seconds)
        STATEMENTS.inc(session.statements)
        ROWS.inc(session.rows)
    if turn_seconds := context.turn_seconds + session.turn_seconds:
        TURNS.inc(turn_seconds)
