"""A document that is planned once and executed many times."""

from collections.abc import Mapping
from functools import cached_property
from inspect import isawaitable
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.engine.failures import ROOT, settle
from gateway.engine.planning import NotPlannable, Plan, Planner, condition_variables
from gateway.engine.run import Run
from gateway.engine.variables import Variables

Executed = tuple[dict[str, Any] | None, list[GraphQLError] | None]
"""The data and the errors. Bad variables, or no operation to execute, leave no data at all."""

# Each variable that a directive reads may double the number of plans.
PLANS = 16


class Operation(NamedTuple):
    """One of a document."""

    ast: OperationDefinitionNode
    serial: bool
    variables: Variables
    plans: dict[object, Plan | None]
    """By the values of the variables that directives read; None where there can be none."""


class Document:
    """A valid document."""

    def __init__(self, schema: GraphQLSchema, ast: DocumentNode, *, side_by_side: bool = True) -> None:
        """`side_by_side` tells whether resolvers that wait gain from waiting at the same time."""
        self.ast = ast
        self._schema = schema
        self._side_by_side = side_by_side
        self._operations: dict[str | None, Operation] = {}

    async def execute(
        self,
        context: Any,
        variables: Mapping[str, Any],
        operation_name: str | None = None,
    ) -> Executed:
        """In columns, or field by field where it asks for what cannot be executed in columns."""
        operation = self._operation(operation_name)
        if operation is None:
            return await self.execute_by_field(context, variables, operation_name)
        coerced = operation.variables.coerced(variables)
        if isinstance(coerced, list):
            return None, coerced
        plan = self._plan(operation, variables, coerced)
        if plan is None:
            return await self.execute_by_field(context, variables, operation_name)
        run = Run(
            context=context,
            variables=operation.variables,
            given=variables,
            coerced=coerced,
            side_by_side=self._side_by_side or plan.shares,
        )
        if operation.serial:
            data = await plan.root.show_serially(None, run)
        else:
            [data] = await plan.root.show([None], ROOT, run)
        return settle(run.failures, data) if run.failures else (data, None)

    async def execute_by_field(
        self, context: Any, variables: Mapping[str, Any], operation_name: str | None = None
    ) -> Executed:
        """With graphql-core."""
        result = execute(
            self._schema,
            self.ast,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation_name,
        )
        executed = await result if isawaitable(result) else result
        return executed.data, executed.errors

    def _operation(self, name: str | None) -> "Operation | None":
        """None where there is none of the name, or more than one without."""
        operation = self._operations.get(name)
        if operation is None:
            ast = get_operation_ast(self.ast, name)
            if ast is None:
                return None  # Not kept: there is no end of names.
            serial = ast.operation is OperationType.MUTATION
            operation = self._operations[name] = Operation(ast, serial, Variables(self._schema, ast), {})
        return operation

    def _plan(self, operation: "Operation", given: Mapping[str, Any], coerced: dict[str, Any]) -> Plan | None:
        key = tuple(map(coerced.get, self._conditions))
        if key in operation.plans:
            return operation.plans[key]
        values = operation.variables.values(given, coerced)
        planner = Planner(schema=self._schema, operation=operation.ast, fragments=self._fragments, variables=values)
        try:
            plan = planner.plan()
        except NotPlannable:
            plan = None
        if len(operation.plans) == PLANS:
            del operation.plans[next(iter(operation.plans))]  # The first that was made.
        operation.plans[key] = plan
        return plan

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return condition_variables(self.ast)

    @cached_property
    def _fragments(self) -> dict[str, FragmentDetails]:
        definitions = (node for node in self.ast.definitions if isinstance(node, FragmentDefinitionNode))
        return {node.name.value: FragmentDetails(node) for node in definitions}
