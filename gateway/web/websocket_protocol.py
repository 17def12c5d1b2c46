"""WebSocket on one connection, as uvicorn speaks it, with the limits that connections of HTTP have."""

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from gateway.web.connections import ConnectionWatch, Waits
from gateway.web.metrics import REFUSALS
from gateway.web.refusals import HEAD_TOO_LARGE, TOO_MANY, refusal

# uvicorn logs each address, which may hold what is not for logs. A level would not outlive the configuration of logs.
logger = logging.getLogger(__name__)
logger.addFilter(lambda record: record.levelno >= logging.WARNING)

LARGEST_PIECE = 2_048
"""How many bytes are parsed in one turn of the event loop: they may hold hundreds of frames."""
MOST_FRAGMENTS = 1_000
"""How many frames a message may have: even an empty one takes memory until the message is whole."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    def __init__(self, watch: ConnectionWatch, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.logger = self.conn.logger = logger
        self._watch = watch
        self._is_admitted = False
        self._held = b""
        """What has come and is not parsed yet, while nothing more is read."""
        self._sent = 0
        """How many messages have been written: the last one, only after all but little of those before was read."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._is_admitted = self._watch.admit(self)
        if not self._is_admitted:
            self._refuse(TOO_MANY, "The gateway has too many connections; try again later.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_admitted:
            return
        if self.handshake_initiated and not self.handshake_complete:
            # A client has to wait until it is answered, and uvicorn does not expect anything else.
            self.abort()
        elif self._held:
            # uvicorn reads on once it has sent that it closes.
            self._held += data
            self.transport.pause_reading()
            if not self.read_paused:
                self.loop.call_soon(self._go_on)
        else:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        """Parse a piece of what has come, and leave the rest to later turns of the event loop."""
        super().data_received(data[:LARGEST_PIECE])
        had_held, self._held = bool(self._held), data[LARGEST_PIECE:]
        if self._held:
            self.transport.pause_reading()
            if not self.read_paused:
                self.loop.call_soon(self._go_on)
        elif had_held and not self.read_paused:
            self.transport.resume_reading()
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn would not answer.
            self._refuse(HEAD_TOO_LARGE, "The head has a line that is too long, or too many of them.")

    def _go_on(self) -> None:
        if self._held and not self.transport.is_closing():
            self._parse(self._held)

    async def receive(self) -> Any:
        was_paused = self.read_paused
        message = await super().receive()
        if self._held and was_paused and not self.read_paused:
            # uvicorn reads on, once all that was parsed is taken.
            self.transport.pause_reading()
            self.loop.call_soon(self._go_on)
        return message

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            # uvicorn would log it as an error, whoever sends it.
            self._fail(CloseCode.INVALID_DATA)
        else:
            super().send_receive_event_to_app()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self._fail(CloseCode.MESSAGE_TOO_BIG)

    def _fail(self, code: CloseCode) -> None:
        self.conn.fail(code)
        self.handle_parser_exception()

    def _refuse(self, status: int, message: str) -> None:
        self.transport.write(refusal(status, message))
        REFUSALS.labels(str(status)).inc()
        self.transport.close()

    async def send(self, message: Any) -> None:
        await super().send(message)
        self._sent += 1

    # As the watch sees it

    @property
    def waits(self) -> Waits:
        return Waits.READER if self.transport.get_write_buffer_size() else Waits.GATEWAY

    @property
    def turn(self) -> object:
        return self._sent

    @property
    def unread(self) -> int:
        unread: int = self.transport.get_write_buffer_size()
        return unread

    def end(self) -> None:
        self.abort()

    def abort(self) -> None:
        self.transport.abort()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
