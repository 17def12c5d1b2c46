"""When two answers to the same request are the same."""

import json
import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from graphql import DirectiveNode, NameNode, OperationDefinitionNode, execute, parse

from gateway.db.session import Session
from gateway.graphql.context import Context
from gateway.graphql.errors import INTERNAL, execution_error
from gateway.graphql.schema import graphql_schema, schema
from tests.engine.execution import nulls
from tests.engine.gateways import Case, Gateway

Json = Any
Error = dict[str, Any]

_ALL_ERRORS = DirectiveNode(name=NameNode(value="experimental_disableErrorPropagation"), arguments=())


def text(answer: Json) -> str:
    """With the keys in their order, but without what differs from run to run."""
    settled = {**answer, "errors": in_order(answer)} if "errors" in answer else answer
    return orjson.dumps(settled).decode()


def in_order(answer: Json) -> list[Error]:
    """The errors by their paths, as failures at different places come in any order; the ids of internal ones go."""
    return sorted(map(_without_id, answer.get("errors", ())), key=lambda error: orjson.dumps(error.get("path")))


def _without_id(error: Error) -> Error:
    internal = error["extensions"]["code"] == INTERNAL
    return {**error, "extensions": {"code": INTERNAL}} if internal else error


async def agree(gateway: Gateway, case: Case, one: Json, other: Json) -> bool:
    """Whether the answers to a query are the same, or as good as the same, and then name nothing but what failed."""
    if text(one) == text(other):
        return True
    if not as_good_as_same(one, other):
        return False
    possible = await _all_errors(gateway, case)
    return all(error in possible for answer in (one, other) for error in in_order(answer))


def as_good_as_same(one: Json, other: Json) -> bool:
    """Whether the answers differ at most in which of several failures beneath one null they name.

    One of those is enough, and which one comes first may depend on the database (GraphQL specification, section 6.4.4).
    """
    errors, others = _by_path(one), _by_path(other)
    return (
        orjson.dumps(one.get("data")) == orjson.dumps(other.get("data"))
        and nulls(one) == nulls(other)
        and all(errors[path] == others[path] for path in errors.keys() & others.keys())
    )


def _by_path(answer: Json) -> dict[str, list[Error]]:
    """Errors of variables have none."""
    found: dict[str, list[Error]] = {}
    for error in in_order(answer):
        found.setdefault(str(error.get("path")), []).append(error)
    return found


async def _all_errors(gateway: Gateway, case: Case) -> list[Error]:
    """Those of an execution by graphql-core in which a null spreads nowhere, so that each failure is named."""
    document = parse(case.query)
    operations = tuple(
        replace(each, directives=(_ALL_ERRORS,)) if isinstance(each, OperationDefinitionNode) else each
        for each in document.definitions
    )
    result = execute(
        graphql_schema,
        replace(document, definitions=operations),
        context_value=Context(case.caller.principal, Session(gateway.database)),
        variable_values=dict(case.variables),
        operation_name=case.operation_name,
        executor_class=schema.execution_context_class,
    )
    result = await result if isinstance(result, Awaitable) else result
    return [_without_id(execution_error(error)) for error in result.errors or ()]


def difference(case: Case, answers: Mapping[str, Json]) -> str:
    """All that it takes to ask again, and what came of it."""
    used = re.findall(r"\$(\w+)", case.query)
    variables = {name: value for name, value in case.variables.items() if name in used}
    shown = {
        "caller": repr(case.caller),
        "query": case.query,
        "variables": json.dumps(variables, ensure_ascii=False),
        "operation name": case.operation_name,
        **{name: orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() for name, answer in answers.items()},
    }
    return "\n\n".join(["The answers differ.", *(f"{name}:\n{value}" for name, value in shown.items())])
