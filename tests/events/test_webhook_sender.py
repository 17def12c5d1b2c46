"""What a webhook's receiver gets, what counts as received, and where nothing is ever sent to."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks import WebhookVerificationError
from starlette.requests import Request

from gateway.domain.webhooks import new_secret
from gateway.events.webhooks.failures import Failure
from gateway.events.webhooks.message import Message
from gateway.events.webhooks.sender import Sender
from tests.events.receiver import Receiver, answering, receiving
from tests.server import free_port

pytestmark = pytest.mark.anyio

MESSAGE = Message("0197a0c2-0000-7000-8000-000000000001", b'{"type":"device.created"}')
SECRET, FORMER_SECRET = new_secret(), new_secret()
LOOPBACK = frozenset({"127.0.0.1"})
README = Path(__file__).parents[2] / "README.md"


class Lying(AbstractResolver):
    """Says that every name is at an address."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.asked: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  # named by callers
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(hostname=host, host=self._address, port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    sender = Sender(LOOPBACK, seconds=2.0)
    yield sender
    await sender.close()


async def send(sender: Sender, url: str) -> Failure | None:
    return await sender.send(url, MESSAGE, [SECRET])


async def test_a_message_is_signed_with_each_secret(receiver: Receiver, sender: Sender) -> None:
    assert await sender.send(receiver.url, MESSAGE, [SECRET, FORMER_SECRET]) is None
    [received] = receiver.received
    assert received.verified(SECRET) == received.verified(FORMER_SECRET) == {"type": "device.created"}
    with pytest.raises(WebhookVerificationError):
        received.verified(new_secret())
    assert received.headers["webhook-id"] == MESSAGE.id
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"] == "devices-gateway"
    assert not {"cookie", "authorization"} & received.headers.keys()


async def test_the_program_in_the_readme_takes_what_is_signed(receiver: Receiver, sender: Sender) -> None:
    await send(sender, receiver.url)
    [received] = receiver.received

    async def body() -> dict[str, Any]:
        return {"type": "http.request", "body": received.body, "more_body": False}

    headers = [(name.encode(), value.encode()) for name, value in received.headers.items()]
    request = Request({"type": "http", "method": "POST", "headers": headers}, body)
    for secret, outcome in ((SECRET, nullcontext()), (FORMER_SECRET, pytest.raises(WebhookVerificationError))):
        [program] = re.findall(r"```python\n(from standardwebhooks.*?)```", README.read_text(), re.DOTALL)
        names: dict[str, Any] = {"secret": secret}
        exec(program, names)  # noqa: S102  # it is the README's
        with outcome:
            await names["receive"](request)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
async def test_every_2xx_is_a_success(receiver: Receiver, sender: Sender, status: int) -> None:
    receiver.answer = answering(status)
    assert await send(sender, receiver.url) is None


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (301, Failure("The answer was 301, and redirects are not followed.")),
        (307, Failure("The answer was 307, and redirects are not followed.")),
        (404, Failure("The answer was 404.")),
        (410, Failure("The answer was 410.", is_final=True)),
        (500, Failure("The answer was 500.")),
    ],
)
async def test_every_other_status_is_a_failure_and_nobody_is_sent_on(
    receiver: Receiver, sender: Sender, status: int, failure: Failure
) -> None:
    receiver.answer = answering(status, Location=f"{receiver.url}/elsewhere", Set_Cookie="a=b")
    assert await send(sender, receiver.url) == failure
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "7", 7.0),
        (503, "7", 7.0),
        (429, "999999999999", 3_600.0),
        (429, "soon", None),
        (429, "-1", None),
        (500, "7", None),
        (429, "Sun, 06 Nov 2094 08:49:37 GMT", 3_600.0),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
async def test_a_receiver_may_ask_to_be_left_alone_for_an_hour(
    receiver: Receiver, sender: Sender, status: int, header: str, seconds: float | None
) -> None:
    receiver.answer = answering(status, Retry_After=header)
    assert await send(sender, receiver.url) == Failure(f"The answer was {status}.", seconds)


async def test_a_receiver_that_is_slow_is_given_up(receiver: Receiver) -> None:
    async def wait(_: web.Request) -> web.Response:
        await asyncio.sleep(10)
        return web.Response()

    receiver.answer = wait
    sender = Sender(LOOPBACK, seconds=0.2)
    assert await send(sender, receiver.url) == Failure("There was no answer in time.")
    await sender.close()


async def test_no_more_is_read_of_an_answer_than_a_little(receiver: Receiver, sender: Sender) -> None:
    async def without_end(request: web.Request) -> web.Response:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    receiver.answer = without_end
    assert await send(sender, receiver.url) is None


async def test_a_receiver_that_is_down_is_a_failure(sender: Sender) -> None:
    assert await send(sender, f"http://127.0.0.1:{free_port()}/") == Failure(
        "There was no connection: connection refused."
    )


async def test_what_is_no_tls_is_a_failure(receiver: Receiver, sender: Sender) -> None:
    url = receiver.url.replace("http:", "https:")
    assert await send(sender, url) == Failure("There is no TLS at that address, or none that is accepted.")


@pytest.mark.parametrize("reply", [b"", b"SSH-2.0-OpenSSH_9.9\r\n"])
async def test_what_is_no_http_is_a_failure(sender: Sender, reply: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reason = "The answer was not HTTP." if reply else "The connection ended without an answer."
        assert await send(sender, f"http://127.0.0.1:{port}/") == Failure(reason)


async def test_a_name_that_nobody_has_is_a_failure(sender: Sender) -> None:
    assert await send(sender, "https://nobody.invalid/") == Failure("There is no such host.")


async def test_nothing_is_sent_to_a_private_address_whatever_the_name_was_before(receiver: Receiver) -> None:
    resolver = Lying("127.0.0.1")
    sender = Sender(frozenset(), resolver=resolver)
    url = f"http://hooks.example:{receiver.port}/"
    assert await send(sender, url) == Failure("The host is not at a public address.")
    assert resolver.asked == ["hooks.example"]
    assert receiver.received == []
    await sender.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])  # noqa: S104  # not bound to
async def test_nothing_is_sent_to_an_address_that_is_private_itself(receiver: Receiver, host: str) -> None:
    sender = Sender(frozenset({"elsewhere.internal"}))
    assert await send(sender, f"http://{host}:{receiver.port}/") == Failure("The host is not at a public address.")
    assert receiver.received == []
    await sender.close()


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_nothing_is_sent_to_a_private_address_in_another_notation(receiver: Receiver, host: str) -> None:
    sender = Sender(frozenset())
    assert await send(sender, f"http://{host}:{receiver.port}/") is not None
    assert receiver.received == []
    await sender.close()


async def test_a_private_host_that_is_allowed_by_its_name_is_reached(receiver: Receiver) -> None:
    sender = Sender(frozenset({"hooks.internal"}), resolver=Lying("127.0.0.1"))
    assert await send(sender, f"http://HOOKS.internal:{receiver.port}/") is None
    assert len(receiver.received) == 1
    await sender.close()
