"""Where and how the gateway logs: as text or as JSON, one line each, on standard error."""

import asyncio
import logging
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from uvicorn.config import LOGGING_CONFIG

LogFormat = Literal["text", "json"]

# Lines of requests are written together: to write one takes as long as ten take to be made.
SECONDS_BETWEEN_WRITES = 0.1
MOST_HELD = 200


class LineHandler(logging.StreamHandler[Any]):
    """Writes what is logged at once, and the lines of requests, which are ready, several at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[str] = []

    def add(self, line: str, *, at_once: bool) -> None:
        """Write a line soon. It is called by tasks alone."""
        if not self._held:
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_WRITES, self.flush)
        self._held.append(line)
        if at_once or len(self._held) >= MOST_HELD:
            self.flush()

    def emit(self, record: logging.LogRecord) -> None:
        self.flush()  # What came before comes first.
        super().emit(record)

    def flush(self) -> None:
        """Write what is held. It is also called at the end of the process."""
        held, self._held = self._held, []
        if held:
            self.acquire()
            try:
                self.stream.write("\n".join([*held, ""]))
            except (OSError, ValueError):
                pass  # Whoever read it is gone, and there is nobody else to tell.
            finally:
                self.release()
        super().flush()


class JsonFormatter(logging.Formatter):
    """Makes a line of JSON of what is logged."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json_line(line)


def json_line(content: dict[str, Any]) -> str:
    return orjson.dumps(content, default=str).decode()


def log_config(level: str, log_format: LogFormat) -> dict[str, Any]:
    """Return uvicorn's configuration of logs, for the gateway's own messages too."""
    config = deepcopy(LOGGING_CONFIG)
    if log_format == "json":
        config["formatters"]["default"] = {"()": JsonFormatter}
    config["handlers"] = {"default": {"formatter": "default", "class": f"{__name__}.{LineHandler.__name__}"}}
    config["loggers"] = {name: {"handlers": ["default"], "level": level} for name in ("uvicorn", "gateway")}
    return config
