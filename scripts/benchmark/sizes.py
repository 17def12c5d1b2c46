"""The gateway's fleet page on databases of several sizes, side by side."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .comparison import check_answers
from .data import demo_database, token
from .load import Generator, Load
from .measurement import take_turns
from .servers import GATEWAY_ITSELF, Server, serving
from .workloads import Workload


def measure_sizes(
    sizes: list[int],
    workload: Workload,
    generator: Generator,
    *,
    seconds: int,
    rounds: int,
    starting: Callable[[str], None],
) -> dict[int, Load]:
    """By the number of devices."""
    with _serving_sizes(sizes) as servers:
        loads = [(workload, server, check_answers([server], workload)[server]) for server in servers]
        found = take_turns(loads, generator, seconds=seconds, rounds=rounds, starting=starting)
    return {size: found[workload.name, str(size)] for size in sizes}


@contextmanager
def _serving_sizes(sizes: list[int]) -> Iterator[list[Server]]:
    """Each called by its number of devices."""
    files = {str(size): demo_database(size) for size in sizes}
    first, *others = files.values()
    one_token = token(first)
    for other in others:
        shutil.copy(f"{first}.key", f"{other}.key")
    contenders = [replace(GATEWAY_ITSELF, name=name) for name in files]
    with serving(contenders, files, one_token) as servers:
        yield servers
