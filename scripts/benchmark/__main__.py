"""The command `scripts/bench`."""

import signal
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from scripts.postgres import PostgresFailed

from .data import Databases, demo_file
from .databases import DatabaseOption, databases_at
from .environment import sqlite_url
from .load import generator
from .machine import machine
from .measurement import Plan, measure
from .memory import memory_use
from .node import MERCURIUS, Unavailable, mercurius
from .report import print_table, write_json
from .servers import BEFORE, GATEWAY_ITSELF, LIMIT, ON_GRAPHQL_CORE, Contender, ServerFailed, of_checkout, serving
from .sizes import measure_lists, print_lists
from .subscribers import fan_out
from .variants import Variants, measure_variants, of_sizes, of_workers
from .workloads import Workload, workloads

SCHEMA = Path("schema.graphql").absolute()
SECONDS_OF_CHANGES = 10
SIZES_OF_LISTS = [10_000, 1_000_000]
NAMES = (GATEWAY_ITSELF.name, ON_GRAPHQL_CORE.name, MERCURIUS, LIMIT.name)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    database: DatabaseOption = "sqlite",
    devices: Annotated[int, typer.Option(min=1_000, help="How many devices the database has.")] = 100_000,
    seconds: Annotated[int, typer.Option(min=1, help="How long each load takes.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="How many loads the medians are of.")] = 25,
    starts: Annotated[int, typer.Option(min=1, help="Over how many starts of the servers these are spread.")] = 5,
    json: Annotated[Path | None, typer.Option(help="A file for the results.")] = None,
    workload: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    contender: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="Also the gateway of this checkout, such as one of an earlier commit.")
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Show the gateway's memory instead.")] = False,
    size: Annotated[
        list[int] | None,
        typer.Option(min=1_000, help="Compare the fleet page on this many devices instead; may be given again."),
    ] = None,
    sizes: Annotated[
        bool, typer.Option("--sizes", help="Compare a page of every list on these numbers of devices instead.")
    ] = False,
    subscribers: Annotated[
        int | None, typer.Option(min=100, help="Show how soon so many subscribers are told of changes instead.")
    ] = None,
    workers: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Compare the fleet page from this many processes instead; may be given again."),
    ] = None,
) -> None:
    """Measure the gateway beside other ways to answer the same queries from the same data."""
    # The servers end with a run that is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with databases_at(database) as databases:
            if sizes:
                _show_lists(size or SIZES_OF_LISTS, databases)
                return
            known = {each.name: each for each in workloads(demo_file(devices))}
            url = databases.demo(devices)
            if memory:
                _show_memory(url, known["fleet_page"])
                return
            if variants := [*of_sizes(size or [], databases), *of_workers(workers or [], url)]:
                _show_variants(variants, known["fleet_page"], seconds, rounds)
                return
            contenders = _contenders(
                _chosen(contender, NAMES if subscribers is None else (GATEWAY_ITSELF.name, MERCURIUS))
            )
            if subscribers is not None:
                _show_fan_out(contenders, databases, url, subscribers, rounds)
                return
            urls = {each.name: url for each in contenders}
            if before:
                if database != "sqlite":
                    raise typer.BadParameter("--before compares on the embedded database.")
                contenders.append(of_checkout(before))
                command = before.absolute() / ".venv" / "bin" / "gateway"
                urls[BEFORE] = sqlite_url(demo_file(devices, command, BEFORE))
            plan = Plan(
                databases=databases,
                urls=urls,
                contenders=contenders,
                workloads=[known[name] for name in _chosen(workload, known)],
                generator=generator(),
                seconds=seconds,
                rounds=rounds,
                starts=starts,
            )
            with _progress(plan.total) as starting:
                results = measure(plan, starting)
            made_on = machine(plan.contenders, databases)
    except (PostgresFailed, ServerFailed, Unavailable) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    if json:
        write_json(json, plan, devices, results, made_on)
    print_table(plan, results, made_on)


def _chosen(wanted: list[str] | None, known: Collection[str]) -> list[str]:
    """In the order in which they are `known`; all where none is wanted."""
    if unknown := set(wanted or ()).difference(known):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is unknown; expected some of {', '.join(known)}.")
    return [name for name in known if not wanted or name in wanted]


def _contenders(names: list[str]) -> list[Contender]:
    found = {each.name: each for each in (GATEWAY_ITSELF, ON_GRAPHQL_CORE, LIMIT)}
    if MERCURIUS in names:
        try:
            found[MERCURIUS] = mercurius(SCHEMA)
        except Unavailable as error:
            print(f"Without {MERCURIUS}: {error}", file=sys.stderr)
    return [found[name] for name in names if name in found]


def _show_memory(url: str, workload: Workload) -> None:
    with serving([GATEWAY_ITSELF], {GATEWAY_ITSELF.name: url}) as [server]:
        for answered, megabytes in memory_use(server, workload):
            print(f"{answered:6} requests: {megabytes:.1f} MB", flush=True)


def _show_lists(sizes: list[int], databases: Databases) -> None:
    """Show what a page of each list takes. Exit with 1 where it takes longer on more devices, and its cost hides it."""
    urls = [databases.demo(size) for size in sorted(sizes)]
    with _progress(None) as starting:
        found = measure_lists(urls, starting)
    print_lists(sorted(sizes), found)
    if any(each.is_wrong for each in found):
        raise typer.Exit(1)


def _show_fan_out(contenders: list[Contender], databases: Databases, url: str, subscribers: int, rounds: int) -> None:
    limits = {"GATEWAY_MAX_CONNECTIONS": str(2 * subscribers), "GATEWAY_MAX_SUBSCRIPTIONS": str(subscribers)}
    for number in range(1, rounds + 1):
        for each in (replace(each, variables={**each.variables, **limits}) for each in contenders):
            with databases.copies({each.name: url}) as urls, serving([each], urls) as [server]:
                print(f"round {number}: {each.name}: {fan_out(server, subscribers, SECONDS_OF_CHANGES)}", flush=True)


def _show_variants(variants: Variants, workload: Workload, seconds: int, rounds: int) -> None:
    with _progress(len(variants) * rounds) as starting:
        found = measure_variants(variants, workload, generator(), seconds=seconds, rounds=rounds, starting=starting)
    first = next(iter(found.values()))
    for name, load in found.items():
        print(f"{name:>16}: {load.rps:.0f} requests/s, {load.rps / first.rps:.2f} times as many")


@contextmanager
def _progress(total: int | None) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, and lines elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)

        def starting(name: str) -> None:
            bar.update(task, description=name, advance=1)
            if bar.disable:
                print(name, file=sys.stderr)

        yield starting


app(prog_name="scripts/bench")
