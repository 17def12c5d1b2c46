"""The command `scripts/http-audit`."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from scripts.benchmark.environment import FOLDER, sqlite_url
from scripts.benchmark.servers import GATEWAY_ITSELF, Server, serving

from .caller import Caller
from .graphql_http import CONTRADICTED, PACKAGE, Result, can_run, results
from .statement import Level, Statement
from .statements import STATEMENTS

_GATEWAY = replace(GATEWAY_ITSELF, name="http_audit", variables={"GATEWAY_BODY_TIMEOUT": "0.2"})

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main() -> None:
    """Check a gateway on an empty database. The status is 1 where it differs from the specification."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        urls = {_GATEWAY.name: sqlite_url(Path(folder) / "gateway.db")}
        with serving([_GATEWAY], urls) as [server]:
            wrong = _specification(server)
            unexplained = _graphql_http(server)
    sys.exit(1 if wrong or unexplained else 0)


def _specification(server: Server) -> list[Statement]:
    """Print how the statements of the specification hold, and return those that do not."""
    wrong = []
    with Caller(server.url, server.token) as caller:
        for statement in STATEMENTS:
            holds = statement.holds(caller)
            print(f"{'ok ' if holds else 'NOT'} {statement}")
            if not holds:
                wrong.append(statement)
    counts = (f"{level} {_score(STATEMENTS, wrong, level)}" for level in Level)
    print(f"GraphQL over HTTP: {len(STATEMENTS) - len(wrong)} of {len(STATEMENTS)} ({', '.join(counts)})\n")
    return wrong


def _score(all_: Iterable[Statement], wrong: Iterable[Statement], level: Level) -> str:
    total, missed = (sum(each.level is level for each in some) for some in (all_, wrong))
    return f"{total - missed} of {total}"


def _graphql_http(server: Server) -> list[Result]:
    """Print what the audits of graphql-http say, and return those that fail without a reason."""
    if not can_run():
        print(f"{PACKAGE}: skipped, since there is no Node.")
        return []
    found = results(server.url, server.token)
    failed = [each for each in found if each.status != "ok"]
    for each in failed:
        why = CONTRADICTED.get(each.id)
        print(f"{each.status} {each.id} {each.name}: {each.reason}{f' ({why})' if why else ''}")
    print(f"{PACKAGE}: {len(found) - len(failed)} of {len(found)}")
    return [each for each in failed if each.id not in CONTRADICTED]


app()
