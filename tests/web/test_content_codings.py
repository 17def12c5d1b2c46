"""Which answers are compressed, and how."""

import gzip
import threading
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import orjson
import pytest
from backports import zstd

from gateway.web.content_codings import LARGEST_AT_ONCE, MOST_OF_ONE_CALLER, SMALLEST, Codings, Compressor, codings_for
from tests.web.streams import RunningGateway, bearer, running_gateway

pytestmark = pytest.mark.anyio

ZSTD, GZIP, IDENTITY = b"zstd", b"gzip", b"identity"
LARGE = "{ large(size: 20000) }"
SMALL = "{ hello }"


@pytest.mark.parametrize(
    ("accept_encoding", "large", "small"),
    [
        (b"gzip, deflate, br, zstd", ZSTD, IDENTITY),  # Chromium and Firefox
        (b"gzip, deflate, br", GZIP, IDENTITY),  # Safari
        (b"gzip, deflate", GZIP, IDENTITY),  # httpx, and fetch of Node
        (b"GZIP", GZIP, IDENTITY),
        (b"x-gzip", GZIP, IDENTITY),
        (b"*", GZIP, IDENTITY),
        (b"zstd;q=0.5, gzip;q=0.8", GZIP, IDENTITY),
        (b"gzip;q=0, *", ZSTD, IDENTITY),
        (b"gzip;q=0", IDENTITY, IDENTITY),
        (b"br", IDENTITY, IDENTITY),
        (b"", IDENTITY, IDENTITY),
        (b"identity", IDENTITY, IDENTITY),
        (b"identity, gzip;q=0.5", IDENTITY, IDENTITY),
        (b"identity;q=0.5, gzip", GZIP, IDENTITY),
        (b"gzip, identity", GZIP, IDENTITY),
        (b"gzip, *;q=0", GZIP, GZIP),
        (b"gzip, identity;q=0", GZIP, GZIP),
        (b"identity;q=0", None, None),
        (b"br, *;q=0", None, None),
    ],
)
def test_the_coding_is_the_one_that_is_liked_best(
    accept_encoding: bytes, large: bytes | None, small: bytes | None
) -> None:
    assert codings_for(accept_encoding) == Codings(large, small)


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Return the event loop that `gateway serve` runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


async def ask(
    gateway: RunningGateway, query: str, accept_encoding: str | None, accept: str = "*/*"
) -> tuple[httpx.Response, bytes]:
    """Return an answer, and its body as it was on its way."""
    headers = {"Accept": accept} if accept_encoding is None else {"Accept": accept, "Accept-Encoding": accept_encoding}
    async with httpx.AsyncClient() as http:
        http.headers.clear()
        request = http.stream("POST", gateway.url, json={"query": query}, headers={**bearer(), **headers})
        async with request as response:
            return response, b"".join([part async for part in response.aiter_raw()])


@pytest.mark.parametrize(
    ("coding", "decompress"), [("gzip", gzip.decompress), ("zstd", zstd.decompress)], ids=["gzip", "zstd"]
)
async def test_a_large_answer_is_compressed(gateway: RunningGateway, coding: str, decompress: Any) -> None:
    response, body = await ask(gateway, LARGE, coding)
    assert orjson.loads(decompress(body)) == {"data": {"large": "x" * 20_000}}
    assert len(body) < 200
    assert response.headers["content-encoding"] == coding
    assert response.headers.get_list("content-length") == [str(len(body))]
    assert response.headers["vary"] == "accept, accept-encoding, authorization"


@pytest.mark.parametrize("accept_encoding", [None, "identity", "br", "gzip;q=0"])
async def test_nobody_gets_what_it_does_not_accept(gateway: RunningGateway, accept_encoding: str | None) -> None:
    response, body = await ask(gateway, LARGE, accept_encoding)
    assert "content-encoding" not in response.headers
    assert orjson.loads(body) == {"data": {"large": "x" * 20_000}}
    assert response.headers["vary"] == "accept, accept-encoding, authorization"


async def test_a_small_answer_is_compressed_only_where_it_has_to_be(gateway: RunningGateway) -> None:
    as_it_is, body = await ask(gateway, SMALL, "gzip")
    compressed, small = await ask(gateway, SMALL, "gzip, identity;q=0")
    assert "content-encoding" not in as_it_is.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(small) == body == b'{"data":{"hello":"Hello, you"}}'


@pytest.mark.parametrize(("size", "is_compressed"), [(SMALLEST - 1, False), (SMALLEST, True)])
async def test_small_means_less_than_the_least_that_is_worth_it(
    gateway: RunningGateway, size: int, *, is_compressed: bool
) -> None:
    rest = len(orjson.dumps({"data": {"large": ""}}))
    response, _ = await ask(gateway, f"{{ large(size: {size - rest}) }}", "gzip")
    assert ("content-encoding" in response.headers) is is_compressed


async def test_events_are_not_compressed(gateway: RunningGateway) -> None:
    for query in (LARGE, "subscription { count(to: 1) }"):
        response, body = await ask(gateway, query, "gzip", accept="text/event-stream")
        assert "content-encoding" not in response.headers
        assert body.endswith(b"event: complete\ndata:\n\n")


async def test_who_accepts_no_coding_is_told_which_there_are(gateway: RunningGateway) -> None:
    response, body = await ask(gateway, SMALL, "br, *;q=0")
    [error] = orjson.loads(body)["errors"]
    assert response.status_code == 406
    assert error["message"] == 'Accept-Encoding: "br, *;q=0" has nothing that there is; expected one of zstd, gzip.'


async def test_what_is_large_is_compressed_beside_the_event_loop_and_what_is_small_at_once() -> None:
    compressor = Compressor()
    for size, is_beside in ((LARGEST_AT_ONCE, False), (LARGEST_AT_ONCE + 1, True)):
        before = set(threading.enumerate())
        compressed = await compressor.compressed(b"x" * size, GZIP, "caller")
        assert compressed is not None
        assert gzip.decompress(compressed) == b"x" * size
        assert bool(set(threading.enumerate()) - before) is is_beside


async def test_of_one_caller_and_of_all_little_waits_and_the_rest_goes_as_it_is() -> None:
    compressor = Compressor()
    results: list[tuple[str, bool]] = []

    async def compress(caller: str) -> None:
        compressed = await compressor.compressed(b"x" * (MOST_OF_ONE_CALLER + 1), GZIP, caller)
        results.append((caller, compressed is not None))

    async with anyio.create_task_group() as tasks:
        for caller in "aabbcde":
            tasks.start_soon(compress, caller)
    assert results == [(caller, False) for caller in "abe"] + [(caller, True) for caller in "abcd"]
    assert await compressor.compressed(b"x" * (LARGEST_AT_ONCE + 1), GZIP, "a")
