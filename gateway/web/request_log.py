"""One line for each request to `/graphql`: who asked for what, how it went, and what it took. It has no values."""

import logging
import re
import secrets
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from gateway.web.graphql_request import HttpRequest, ReceivedRequest
from gateway.web.log_lines import LineHandler, LogFormat, json_line

logger = logging.getLogger(__name__)

WhichRequests = Literal["all", "problems", "off"]

REQUEST_ID_HEADER = b"x-request-id"
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
MOST_CODES = 5

_FIELDS = (
    *("id", "principal", "type", "operation", "document", "status", "codes"),
    *("ms", "database_ms", "statements", "rows", "cost"),
)
_CODES = _FIELDS.index("codes")
_SLOW_FIELDS = ("turn_ms", "body_ms", "waited_for")
_TEXT = " ".join(["request", *(f"{name}=%s" for name in _FIELDS)])
_SLOW_TEXT = " ".join([_TEXT, *(f"{name}=%s" for name in _SLOW_FIELDS)])


class RequestIds:
    """Gives each request an id, or takes that of the caller where it is fit for a log and a header."""

    def __init__(self) -> None:
        self._new_ids = map(f"{secrets.token_hex(8)}-%x".encode().__mod__, count(1))

    def of(self, http: HttpRequest) -> bytes:
        given = http.headers.get(REQUEST_ID_HEADER)
        if given is not None and _SANE_ID.fullmatch(given):
            return given
        return self.new()

    def new(self) -> bytes:
        return next(self._new_ids)


class RequestLog:
    def __init__(self, which: WhichRequests, slow_seconds: float, log_format: LogFormat) -> None:
        """Of `problems` are requests with an error, and slow ones."""
        self._all = which == "all"
        self._slow_seconds = slow_seconds
        self._as_json = log_format == "json"
        handlers = logging.getLogger("gateway").handlers
        self._lines = next((each for each in handlers if isinstance(each, LineHandler)), None)
        """What takes lines that are ready, which takes a third of the time; others configure logs as they like."""

    def note(self, request: ReceivedRequest, status: int, seconds: float) -> None:
        """Log a request that took so long to be answered with a status."""
        is_slow = seconds >= self._slow_seconds and not request.is_streamed
        if not (self._all or is_slow or request.errors):
            return
        level = logging.WARNING if is_slow else logging.INFO
        if not logger.isEnabledFor(level):
            return
        values = _values(request, status, seconds)
        if is_slow:
            values += _waits(request, seconds)
        if self._lines is not None:
            line = _json(level, values) if self._as_json else f"{_PREFIXES[level]}{_text(values)}"
            self._lines.add(line, at_once=is_slow)
        else:
            logger.log(level, "%s", _text(values))


_PREFIXES = {logging.INFO: "INFO:     ", logging.WARNING: "WARNING:  "}


def _values(request: ReceivedRequest, status: int, seconds: float) -> tuple[Any, ...]:
    context, principal = request.context, request.principal
    session = context.session if context else None
    operation = context.operation if context else None
    return (
        request.id.decode(),
        principal.name if principal else None,
        operation.kind if operation else None,
        operation.short_name if operation else None,
        context.document.digest if context and context.document else None,
        status,
        _codes(request.errors) if request.errors else None,
        round(seconds * 1_000, 2),
        round(session.database_seconds * 1_000, 2) if session else 0.0,
        session.statements if session else 0,
        session.rows if session else 0,
        context.cost if context else None,
    )


def _waits(request: ReceivedRequest, seconds: float) -> tuple[float, float, str]:
    """Return how long a request waited for turns and for its body, and what it waited for the longest."""
    in_turns = in_database = 0.0
    if request.context:
        session = request.context.session
        in_turns = request.context.turn_seconds + session.turn_seconds
        in_database = session.database_seconds - session.turn_seconds
    for_body = request.received - request.started if request.received else seconds
    waits = {"database": in_database, "turn": in_turns, "body": for_body}
    waits["process"] = seconds - sum(waits.values())
    longest = max(waits, key=lambda name: waits[name])
    return round(in_turns * 1_000, 2), round(for_body * 1_000, 2), longest


def _codes(errors: list[dict[str, Any]]) -> list[str]:
    """Return the first few codes of the errors, each once."""
    return list(dict.fromkeys(error["extensions"]["code"] for error in errors))[:MOST_CODES]


def _text(values: tuple[Any, ...]) -> str:
    shown = ["-" if value is None else value for value in values]
    if values[_CODES] is not None:
        shown[_CODES] = ",".join(values[_CODES])
    return (_TEXT if len(values) == len(_FIELDS) else _SLOW_TEXT) % tuple(shown)


def _json(level: int, values: tuple[Any, ...]) -> str:
    return json_line(
        {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": logging.getLevelName(level),
            "logger": logger.name,
            "message": "request",
            **dict(zip((*_FIELDS, *_SLOW_FIELDS), values, strict=False)),
        }
    )
