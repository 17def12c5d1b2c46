"""HTTP as uvicorn speaks it, with less to do for each request, and with limits to what a client may keep waiting.

uvicorn starts a timer after each answer, to stop it at the next request; here, one timer looks at all connections.
"""

from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.web.connections import ConnectionWatch, Waits
from gateway.web.graphql_request import GRAPHQL
from gateway.web.metrics import REFUSALS
from gateway.web.refusals import HEAD_TOO_LARGE, TOO_LATE, TOO_MANY, URL_TOO_LARGE, refusal
from gateway.web.whole_answers import with_whole_answers

# What comes is parsed in pieces of at most this size, and counted after each.
LARGEST_PIECE = 16_384
PIECES_OF_A_HEAD = 4
MOST_PIPELINED = 100
NOTHING = -1


class Progress(FlowControl):
    """What is under way on a connection. Python is slower with objects of more attributes than the protocol has."""

    def __init__(self, transport: Any) -> None:
        super().__init__(transport)
        self.loose = 0
        """How many bytes have come of a head, or beside a body, and are not parsed to its end."""
        self.running: RequestResponseCycle | None = None
        """The request that is or was answered last; `cycle` is that which came last."""
        self.last_write = 0
        """The size of what was written last: until the client has read all of it, it is held whole."""
        self.sent = 0
        """How many parts of answers have been written: the last one, only once little of those before was unread."""
        self.is_refused = False
        self.is_last = False
        """Whether the connection closes once all that has begun to come is answered."""


class HttpProtocol(HttpToolsProtocol):
    flow: Progress

    def __init__(self, watch: ConnectionWatch, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._watch = watch
        self._piece = min(LARGEST_PIECE, watch.limits.head_bytes // PIECES_OF_A_HEAD)
        """The most bytes that are parsed at once; `NOTHING` where all that comes is thrown away."""

    def connection_made(self, transport: Any) -> None:
        if self._watch.admit(self):
            super().connection_made(transport)
            self.flow = Progress(transport)
        else:
            # Its request may not even have come, and to wait for it would be what is refused.
            self.transport, self.flow = transport, Progress(transport)
            self._write_refusal(TOO_MANY, "The gateway has too many connections; try again later.")
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.remove(self)
        super().connection_lost(exc)
        # uvicorn knows only of the request that came last.
        self.pipeline.clear()
        self._abandon_request()

    # What comes

    def data_received(self, data: bytes) -> None:
        if len(data) > self._piece:
            self._receive_in_pieces(data)
            return
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as stopped:
            self._go_on(data, stopped)
        cycle = self.cycle
        if cycle is None or cycle.more_body or cycle.scope is not self.scope or self.pipeline:
            self._bound_what_is_unfinished(len(data))

    def _receive_in_pieces(self, data: bytes) -> None:
        start = 0
        while self._piece > NOTHING and start < len(data) and not self.transport.is_closing():
            self.data_received(data[start : start + self._piece])
            start += self._piece

    def _bound_what_is_unfinished(self, size: int) -> None:
        self.flow.loose += size
        most = self._watch.limits.head_bytes
        if self.flow.loose > most:
            is_url = len(self.url) > most // 2
            self._refuse(URL_TOO_LARGE if is_url else HEAD_TOO_LARGE, f"The head is larger than {most} bytes.")
        elif len(self.pipeline) > MOST_PIPELINED:
            self.transport.abort()

    def _go_on(self, data: bytes, stopped: Exception) -> None:
        """Go on with data at which the parser stopped.

        No other protocol is spoken here, whatever a client offers, but WebSocket where GraphQL is.
        """
        while isinstance(stopped, httptools.HttpParserUpgrade):
            if self._is_websocket():
                self._become_websocket()
                return
            if not self._should_upgrade():
                # It becomes a tunnel, which nobody digs.
                self._piece = NOTHING
                self.cycle.keep_alive = False
                return
            data = self._head_without_upgrade() + data[stopped.args[0] :]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            try:
                self.parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                stopped = error
            else:
                return
        self.logger.warning("Invalid HTTP request received.")
        self._abandon_request()
        self.send_400_response("Invalid HTTP request received.")

    def _is_websocket(self) -> bool:
        return (
            self._get_upgrade() == b"websocket"
            and self.ws_protocol_class is not None
            and self.parser.get_method() == b"GET"
            and httptools.parse_url(self.url).path == GRAPHQL.encode()
            # Whatever is to be answered before would come in between.
            and (self.cycle is None or self.cycle.response_complete)
        )

    def _become_websocket(self) -> None:
        """Leave the connection to the protocol for WebSocket. Its client sends nothing before it is answered."""
        self._watch.remove(self)
        self._piece = NOTHING
        self.handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        """Tell whether the head offers another protocol, and has to be read again without the offer."""
        return self.parser.get_method() != b"CONNECT"

    def _head_without_upgrade(self) -> bytes:
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.scope["http_version"].encode())
        headers = (b"%s: %s" % header for header in self.headers if header[0] != b"upgrade")
        return b"\r\n".join([line, *headers, b"", b""])

    def on_body(self, body: bytes) -> None:
        self.flow.loose = 0
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        self.flow.loose = 0
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        # Also where it is answered already: so it is known that nothing more of it comes.
        self.cycle.more_body = False
        self.cycle.message_event.set()

    # What goes out

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.flow.running = cycle
        if self.flow.is_last and not self.pipeline:
            cycle.keep_alive = False
        super()._start_asgi_task(cycle, partial(with_whole_answers, app, cycle))

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    # How it ends

    @property
    def waits(self) -> Waits:
        if self.flow.is_refused:
            return Waits.GOODBYE
        if self.transport.get_write_buffer_size():
            return Waits.READER
        if self.flow.read_paused:
            return Waits.GATEWAY
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:
            return Waits.HEAD
        if cycle.more_body:
            return Waits.BODY
        return Waits.REQUEST if cycle.response_complete else Waits.GATEWAY

    @property
    def turn(self) -> object:
        return self.cycle, self.flow.sent

    @property
    def unread(self) -> int:
        unread: int = self.transport.get_write_buffer_size()
        return unread and max(unread, self.flow.last_write)

    def end(self) -> None:
        match self.waits:
            case Waits.REQUEST:
                self.transport.close()
            case Waits.HEAD if self.scope is None:
                self.transport.close()
            case Waits.HEAD:
                self._refuse(TOO_LATE, f"The head did not come within {self._watch.limits.head_seconds:g} seconds.")
            case Waits.BODY:
                self._refuse(TOO_LATE, f"The body did not come within {self._watch.limits.body_seconds:g} seconds.")
            case _:
                self.abort()

    def abort(self) -> None:
        self.transport.abort()

    def shutdown(self) -> None:
        """Close the connection once what is under way is answered, as uvicorn asks for before it ends."""
        self._watch.shut_down()
        self.flow.is_last = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
        elif self.scope is None or (cycle is not None and cycle.scope is self.scope):
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Answer what has not come whole, where that can be understood, and close once the client has read it."""
        if self.transport.is_closing() or self._is_amid_an_answer():
            self.abort()
            return
        self._abandon_request()
        self.flow.is_refused = True
        self._piece = NOTHING
        self.flow.resume_reading()
        self._write_refusal(status, message)
        if self._watch.is_over:
            self.transport.close()
        else:
            # To close it would reset it where more comes, and take the answer away from the client.
            self.transport.write_eof()

    def _write_refusal(self, status: int, message: str) -> None:
        self.transport.write(refusal(status, message))
        REFUSALS.labels(str(status)).inc()

    def _is_amid_an_answer(self) -> bool:
        running = self.flow.running
        if running is None:
            return False
        return running.response_started if running.scope is self.scope else not running.response_complete

    def _abandon_request(self) -> None:
        if self.flow.running is not None:
            self.flow.running.disconnected = True
            self.flow.running.message_event.set()
