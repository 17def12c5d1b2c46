"""The gateway keeps to GraphQL over HTTP, by the two lists of `scripts/http-audit`."""

from collections.abc import Iterator

import pytest

from scripts.http_audit import graphql_http
from scripts.http_audit.caller import Caller
from scripts.http_audit.statement import Statement
from scripts.http_audit.statements import STATEMENTS
from tests.server import Server, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # What never comes is to be waited for as short as may be.
    with running_server(tmp_path_factory.mktemp("gateway"), GATEWAY_BODY_TIMEOUT="0.2") as server:
        yield server


@pytest.fixture(scope="module")
def caller(server: Server) -> Iterator[Caller]:
    with Caller(f"{server.url}/graphql", server.token()) as caller:
        yield caller


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_a_statement_of_the_specification_holds(caller: Caller, statement: Statement) -> None:
    assert statement.holds(caller)


@pytest.mark.skipif(
    not (graphql_http.can_run() and graphql_http.is_installed()),
    reason="Node, or the package that scripts/http-audit installs, is missing.",
)
def test_the_audits_of_graphql_http_pass_where_they_do_not_contradict_the_specification(server: Server) -> None:
    results = graphql_http.results(f"{server.url}/graphql", server.token())
    assert {each.id for each in results if each.status != "ok"} == set(graphql_http.CONTRADICTED)
