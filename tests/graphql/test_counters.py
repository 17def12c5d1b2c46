"""Where it is counted what principals have spent: in memory, and in a real server of Redis or Valkey."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.graphql.counters import SECONDS_TO_WAIT, Counters, Memory
from gateway.graphql.rate_limits import RateLimited, RateLimiter
from tests.server import free_port, running_server
from tests.waiting import until

PROGRAM = shutil.which("valkey-server") or shutil.which("redis-server")
pytestmark = pytest.mark.anyio
needs_server = pytest.mark.skipif(PROGRAM is None, reason="Neither Valkey nor Redis is installed")


class Storage:
    """A server of Redis or Valkey on loopback, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        options = ("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder))
        self.process = subprocess.Popen([str(PROGRAM), *options], stdout=subprocess.DEVNULL)  # noqa: S603  # it is ours

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(tmp_path)
    storage.start()
    yield storage
    storage.stop()


@pytest.fixture
async def shared(storage: Storage) -> AsyncIterator[Counters]:
    counters = Counters(60, storage.url)
    await until(lambda: _is_there(storage))
    yield counters
    await counters.close()


async def _is_there(storage: Storage) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(storage.url.split(":")[2].removesuffix("/0")))
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_memory_adds_takes_away_and_never_has_less_than_nothing() -> None:
    counters = Counters(60)
    assert [await counters.add("a", 10), await counters.add("b", 3), await counters.add("a", -4)] == [10, 3, 6]
    assert [await counters.add("a", -9), await counters.get("a"), await counters.get("c")] == [0, 0, 0]


async def test_memory_keeps_so_many_counters_and_forgets_the_one_used_longest_ago() -> None:
    memory = Memory(60, counters=2)
    for key in ("a", "b", "a", "c"):
        await memory.incr(key, 60)
    assert [await memory.get(key) for key in "abc"] == [2, 0, 1]


async def test_memory_forgets_what_is_over() -> None:
    memory = Memory(1)
    await memory.incr("a", 1)
    await asyncio.sleep(1.1)
    assert (await memory.get("a"), await memory.reset()) == (0, 0)


@needs_server
async def test_a_shared_storage_adds_for_all_and_never_has_less_than_nothing(
    storage: Storage, shared: Counters
) -> None:
    other = Counters(60, storage.url.replace("redis:", "valkey:"))
    assert [await shared.add("a", 10), await other.add("a", 5), await shared.add("a", -4)] == [10, 15, 11]
    assert [await other.add("a", -20), await shared.get("a"), await shared.get("b")] == [0, 0, 0]
    await other.close()


@needs_server
async def test_what_is_refused_is_not_counted_in_a_shared_storage_either(shared: Counters) -> None:
    limiter = RateLimiter(100, shared, clock=lambda: 0.0)
    await limiter.account("joan").charge(90)
    with pytest.raises(RateLimited):
        await limiter.account("joan").charge(11)
    assert (await limiter.account("joan").standing()).remaining == 10


@needs_server
async def test_while_a_shared_storage_is_away_each_process_counts_for_itself(
    storage: Storage, shared: Counters, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.graphql.counters.SECONDS_AWAY", 0.3)
    await shared.add("a", 10)
    storage.stop()
    assert [await shared.add("a", 1) for _ in range(20)] == list(range(1, 21))
    await asyncio.sleep(0.4)
    assert await shared.add("a", 1) == 21
    storage.start()
    await until(lambda: _is_there(storage))
    await asyncio.sleep(0.4)
    assert await shared.add("a", 2) == 2
    told = [record.message.partition(":")[0] for record in caplog.records]
    assert told == [
        "The storage of rate limits is away, so each process counts for itself",
        "The storage of rate limits is back.",
    ]


@needs_server
async def test_a_shared_storage_that_does_not_answer_is_waited_for_once(storage: Storage, shared: Counters) -> None:
    await shared.add("a", 1)
    storage.process.send_signal(19)  # SIGSTOP
    begin = time.monotonic()
    assert [await shared.add("a", 1) for _ in range(10)] == list(range(1, 11))
    assert SECONDS_TO_WAIT * 0.9 < time.monotonic() - begin < SECONDS_TO_WAIT * 2


@needs_server
async def test_processes_of_a_gateway_spend_together(storage: Storage, shared: Counters, tmp_path: Path) -> None:
    await shared.get("a")
    with running_server(
        tmp_path, workers=2, GATEWAY_RATE_LIMIT="1000000", GATEWAY_RATE_LIMIT_URL=storage.url
    ) as server:
        token = server.token()
        query = "{ rateLimit { remaining resetAt } }"
        told = [server.data(query, token)["rateLimit"] for _ in range(12)]
        end = told[-1]["resetAt"]
        remaining = [each["remaining"] for each in told if each["resetAt"] == end]
        assert remaining == [1_000_000 - 4 * (number + 1) for number in range(len(remaining))]
