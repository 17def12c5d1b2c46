"""The gateway's fleet page on databases of several sizes, side by side."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .comparison import check_answers
from .data import demo_database, token
from .load import Generator, Load, put_under_load
from .measurement import SECONDS_TO_WARM_UP, medians
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
    """By the number of devices; each is the median over the rounds, in which the sizes take turns."""
    measured: dict[int, list[Load]] = {size: [] for size in sizes}
    with _serving_sizes(sizes) as servers:
        lengths = {size: check_answers([server], workload)[server] for size, server in servers.items()}
        for size, server in servers.items():
            put_under_load(generator, server, workload, lengths[size], SECONDS_TO_WARM_UP)
        for number in range(1, rounds + 1):
            for size, server in servers.items():
                starting(f"round {number} of {rounds}: {size} devices")
                measured[size].append(put_under_load(generator, server, workload, lengths[size], seconds))
    return {size: medians(loads) for size, loads in measured.items()}


@contextmanager
def _serving_sizes(sizes: list[int]) -> Iterator[dict[int, Server]]:
    files = {str(size): demo_database(size) for size in sizes}
    first, *others = files.values()
    one_token = token(first)
    for other in others:
        shutil.copy(f"{first}.key", f"{other}.key")
    contenders = [replace(GATEWAY_ITSELF, name=name) for name in files]
    with serving(contenders, files, one_token) as servers:
        yield dict(zip(sizes, servers, strict=True))
