"""The gateway beside itself: on databases of several sizes, or in several numbers of processes."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from .comparison import check_answers
from .data import Databases
from .load import Generator, Load
from .measurement import medians, take_turns
from .servers import GATEWAY_ITSELF, Contender, serving
from .workloads import Workload

Variants = list[tuple[Contender, str]]
"""Each with the URL of its database."""


def of_sizes(sizes: list[int], databases: Databases) -> Variants:
    return [(replace(GATEWAY_ITSELF, name=f"devices={size}"), databases.demo(size)) for size in sizes]


def of_workers(numbers: list[int], url: str) -> Variants:
    return [(_with_workers(number), url) for number in numbers]


def measure_variants(
    variants: Variants,
    workload: Workload,
    generator: Generator,
    *,
    seconds: int,
    rounds: int,
    starting: Callable[[str], None],
) -> Mapping[str, Load]:
    """By the names of the variants."""
    urls = {contender.name: url for contender, url in variants}
    with serving([contender for contender, _ in variants], urls) as servers:
        loads = [(workload, server, check_answers([server], workload)[server]) for server in servers]
        found = take_turns(loads, generator, seconds, range(1, rounds + 1), starting)
    return {name: medians(found[workload.name, name]) for name in urls}


def _with_workers(number: int) -> Contender:
    command = (*GATEWAY_ITSELF.command, "--workers", str(number))
    return replace(GATEWAY_ITSELF, name=f"workers={number}", command=command)
