"""A document that is planned once and executed many times."""

from collections.abc import Mapping
from functools import cached_property
from inspect import isawaitable
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableValues,
    execute,
    get_operation_ast,
    get_variable_values,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.engine.failures import Root, settle
from gateway.engine.plan import Selection
from gateway.engine.planning import NotPlannable, Planner, condition_variables
from gateway.engine.run import Run

# Each variable that a directive reads may double the number of plans.
PLANS = 16
# As graphql-core has it.
MOST_VARIABLE_ERRORS = 50


class Document:
    """A valid document."""

    def __init__(self, schema: GraphQLSchema, ast: DocumentNode) -> None:
        self.ast = ast
        self._schema = schema
        self._plans: LRUCache[object, Selection | None] = LRUCache(PLANS)

    async def execute(
        self, context: Any, variables: Mapping[str, Any], operation_name: str | None = None
    ) -> ExecutionResult:
        """In columns, or field by field where it asks for what cannot be executed in columns."""
        operation = get_operation_ast(self.ast, operation_name)
        if operation is None:
            return await self.execute_by_field(context, variables, operation_name)
        values = self._coerced(operation, variables)
        if isinstance(values, list):
            return ExecutionResult(None, values)
        plan = self._plan(operation, operation_name, values)
        if plan is None:
            return await self.execute_by_field(context, variables, operation_name)
        run = Run(context=context, variables=values)
        data: dict[str, Any] | None
        if operation.operation is OperationType.MUTATION:
            data = await plan.show_serially(None, run)
        else:
            [data] = await plan.show([None], Root(), run)
        if not run.failures:
            return ExecutionResult(data, None)
        return ExecutionResult(*settle(run.failures, data))

    async def execute_by_field(
        self, context: Any, variables: Mapping[str, Any], operation_name: str | None = None
    ) -> ExecutionResult:
        """With graphql-core."""
        result = execute(
            self._schema,
            self.ast,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation_name,
        )
        return await result if isawaitable(result) else result

    def _coerced(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Any:
        """The values of the variables, or a list of errors."""
        if not operation.variable_definitions:
            return VariableValues({}, {})
        return get_variable_values(
            self._schema, operation.variable_definitions, dict(variables), max_errors=MOST_VARIABLE_ERRORS
        )

    def _plan(
        self, operation: OperationDefinitionNode, operation_name: str | None, values: VariableValues
    ) -> Selection | None:
        key = (operation_name, *(values.coerced.get(name) for name in self._conditions))
        if key not in self._plans:
            planner = Planner(schema=self._schema, operation=operation, fragments=self._fragments, variables=values)
            try:
                self._plans[key] = planner.plan()
            except NotPlannable:
                self._plans[key] = None
        return self._plans[key]

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return condition_variables(self.ast)

    @cached_property
    def _fragments(self) -> dict[str, FragmentDetails]:
        definitions = (node for node in self.ast.definitions if isinstance(node, FragmentDefinitionNode))
        return {node.name.value: FragmentDetails(node) for node in definitions}
