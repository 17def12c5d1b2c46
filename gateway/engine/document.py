"""A document that is planned once and executed many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from inspect import isawaitable
from itertools import islice, product
from typing import Any

from graphql import (
    DocumentNode,
    Executor,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableValues,
    execute,
    get_operation_ast,
    located_error,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.engine.cost import CostFinder
from gateway.engine.execution import Execution
from gateway.engine.null_propagation import propagate_nulls
from gateway.engine.operation import Operation
from gateway.engine.pieces import Steps
from gateway.engine.plan import Admit, Admitted, Plan
from gateway.engine.planning import NotPlannable, Planner, condition_variables
from gateway.engine.reports import ArgumentUse, Reports, argument_uses
from gateway.engine.resolvers import ColumnSchema
from gateway.engine.response_path import ROOT
from gateway.engine.tokens import take_tokens_apart
from gateway.engine.variables import Variables

Executed = tuple[dict[str, Any] | None, list[GraphQLError] | None]
"""The data and the errors. Where variables are wrong, or there is no operation to execute, there is no data at all."""

BYTES_OF_A_TOKEN = 800
BYTES_OF_A_FIELD = 2_500
"""Of a field of a plan, with its cost, and the code that completes it."""

# How many plans of a document are kept: each variable that a directive reads may double their number.
PLANS = 16


@dataclass(frozen=True, kw_only=True)
class ExecutableSchema:
    """A schema, and how to execute it."""

    schema: GraphQLSchema
    columns: ColumnSchema
    executor_class: type[Executor[Any]] = Executor
    """Executes, with graphql-core, the fields of which `columns` say nothing."""
    concurrent: bool = True
    """Whether resolvers gain from being awaited at the same time."""


class Document:
    """A valid document."""

    def __init__(
        self,
        schema: ExecutableSchema,
        ast: DocumentNode,
        reports: Reports | None = None,
        grown: Callable[["Document"], None] | None = None,
        digest: str = "",
    ) -> None:
        """`grown` is called each time that the document has come to take more memory (`size`).

        `digest` is what the document is known by where its text must not be.
        """
        self.ast = ast
        self._tokens = take_tokens_apart(ast)
        self.digest = digest
        operations = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
        self.operation_names = [_name(operation) for operation in operations]
        self.has_subscriptions = any(node.operation is OperationType.SUBSCRIPTION for node in operations)
        self._grown = grown
        self._reports = reports
        self.schema = schema
        self._operations: dict[str | None, Operation] = {}
        # By operation and the values of the variables that directives read.
        self._plans: dict[object, Plan] = {}

    @property
    def size(self) -> int:
        """About how many bytes the document takes, with its plans."""
        characters = self.ast.loc.end if self.ast.loc else 0
        fields = sum(plan.fields for plan in self._plans.values())
        return 2 * characters + BYTES_OF_A_TOKEN * self._tokens + BYTES_OF_A_FIELD * fields

    def known_operation(self, name: str | None) -> Operation | None:
        """Return the operation of a name, if it was to be executed before."""
        return self._operations.get(name)

    def kind(self, name: str | None) -> OperationType | None:
        """Return the type of the operation of a name; None where there is none."""
        operation = get_operation_ast(self.ast, name)
        return operation.operation if operation else None

    async def prepare(self) -> None:
        """Plan all operations as they are executed without variables, before anybody asks."""
        for name in self.operation_names:
            await self.plans(name)

    async def plans(self, operation_name: str | None) -> list[tuple[Plan, dict[str, Any]]]:
        """Return the plan of an operation for the defaults of its variables, which come with it.

        There are several plans where `@skip` or `@include` reads a variable without a default.
        """
        operation = self._operation(operation_name)
        if operation is None:
            return []
        defaults = operation.variables.defaults()
        names = {each.variable.name.value for each in operation.ast.variable_definitions or ()}
        open_conditions = [name for name in self._conditions if name in names and name not in defaults]
        found = []
        for values in islice(product((True, False), repeat=len(open_conditions)), PLANS):
            coerced = {**defaults, **dict(zip(open_conditions, values, strict=True))}
            key = (operation, *map(coerced.get, self._conditions))
            found.append((self._plans.get(key) or await self._new_plan(key, operation, coerced, coerced), coerced))
        return found

    async def execute(
        self,
        context: Any,
        variables: Mapping[str, Any],
        operation_name: str | None = None,
        *,
        admit: Admit | None = None,
        in_columns: bool = True,
        literals: Mapping[str, Any] | None = None,
    ) -> Executed:
        """Execute an operation in columns, or by graphql-core where it selects what cannot be executed in columns.

        `literals` are the values of variables that are none of the operation's (`literals.py`), which graphql-core
        knows nothing of. Raise what `admit` raises.
        """
        admitted = await self.admitted(variables, operation_name, admit, literals)
        if isinstance(admitted, list):
            return None, admitted
        operation, plan, coerced = admitted
        execution = Execution(operation, context, variables, coerced)
        selection_set = plan.selection_set
        if selection_set is None or not in_columns:
            return await self._execute_by_field(execution, operation_name)
        if operation.is_serial:
            data = await selection_set.execute_serially(None, execution)
        else:
            [data] = await selection_set.execute([None], ROOT, execution)
        if not execution.errors and not execution.core_executor:
            return data, None
        shown, errors = propagate_nulls(data, execution.errors, execution.located_errors)
        return shown, self.reported(errors, execution.values) if errors else None

    async def admitted(
        self,
        variables: Mapping[str, Any],
        operation_name: str | None,
        admit: Admit | None,
        literals: Mapping[str, Any] | None = None,
    ) -> Admitted | list[GraphQLError]:
        """Return what may be executed, or why nothing can be. Raise what `admit` raises."""
        operation = self._operation(operation_name)
        if operation is None:
            return await self._without_operation(operation_name)
        coerced = operation.variables.coerced(variables)
        if isinstance(coerced, list):
            return coerced
        if literals is not None:
            coerced |= literals
        key = (operation, *map(coerced.get, self._conditions))
        plan = self._plans.get(key) or await self._new_plan(key, operation, variables, coerced)
        if admit is not None and (turn := admit(plan.size.value(coerced), plan.price.value(coerced))):
            await turn
        return operation, plan, coerced

    async def _execute_by_field(self, execution: Execution, operation_name: str | None) -> Executed:
        """Execute an operation by graphql-core."""
        result = execute(
            self.schema.schema,
            self.ast,
            context_value=execution.context,
            variable_values=dict(execution.given),
            operation_name=operation_name,
            executor_class=self.schema.executor_class,
        )
        data, errors = await result if isawaitable(result) else result
        return data, self.reported(errors, execution.values) if errors else None

    async def _without_operation(self, operation_name: str | None) -> list[GraphQLError]:
        if self._reports:
            return [self._reports.of_operation(self.ast, operation_name)]
        result = execute(self.schema.schema, self.ast, operation_name=operation_name)
        _, errors = await result if isawaitable(result) else result
        return errors or []

    def reported(self, errors: list[GraphQLError], variables: VariableValues) -> list[GraphQLError]:
        """Return the errors, in the words of the reports where they blame the value of an argument."""
        if self._reports is None:
            return errors
        told: dict[int, GraphQLError | None] = {}  # A field that fails for one parent may fail for thousands.
        reported = []
        for error in errors:
            value = error.nodes[0] if error.nodes else None
            if isinstance(value, ValueNode) and id(value) not in told:
                use = self._argument_uses.get(id(value))
                told[id(value)] = self._reports.of_argument(use, variables) if use else None
            words = told.get(id(value))
            reported.append(located_error(words, words.nodes, error.path) if words else error)
        return reported

    def _operation(self, name: str | None) -> Operation | None:
        """Return the operation of a name; None where there is none, or more than one without a name."""
        operation = self._operations.get(name)
        if operation is None:
            ast = get_operation_ast(self.ast, name)
            if ast is None:
                return None  # Not kept: there is no end of names.
            # A single operation is asked for with its name or without.
            own_name = _name(ast)
            operation = self._operations[name] = self._operations.get(own_name) or self._new_operation(ast, own_name)
            self._operations[own_name] = operation
        return operation

    def _new_operation(self, ast: OperationDefinitionNode, name: str | None) -> Operation:
        return Operation(
            ast=ast,
            variables=Variables(self.schema.schema, ast, self._reports),
            is_serial=ast.operation is OperationType.MUTATION,
            concurrent=self.schema.concurrent,
            build_core_executor=partial(_build_core_executor, self.schema, self.ast, name),
        )

    async def _new_plan(
        self, key: object, operation: Operation, given: Mapping[str, Any], coerced: dict[str, Any]
    ) -> Plan:
        known: Any = {
            "schema": self.schema.schema,
            "columns": self.schema.columns,
            "operation": operation.ast,
            "fragments": self._fragments,
            "variables": operation.variables.values(given, coerced),
        }
        steps = Steps()
        size, price = CostFinder(**known).find()
        await steps.next()
        planner = Planner(**known)
        try:
            selection_set = await planner.plan(steps)
        except (NotPlannable, RecursionError):  # The latter where it is nested too deeply.
            selection_set = None
        await steps.next()
        plan = self._plans[key] = Plan(selection_set, size, price, planner.fields, planner.in_columns)
        if len(self._plans) > PLANS:
            del self._plans[next(iter(self._plans))]
        if self._grown is not None:
            self._grown(self)
        return plan

    @cached_property
    def _argument_uses(self) -> Mapping[int, ArgumentUse]:
        return argument_uses(self.schema.schema, self.ast)

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return condition_variables(self.ast)

    @cached_property
    def _fragments(self) -> dict[str, FragmentDetails]:
        definitions = (node for node in self.ast.definitions if isinstance(node, FragmentDefinitionNode))
        return {node.name.value: FragmentDetails(node) for node in definitions}


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None


def _build_core_executor(
    schema: ExecutableSchema,
    ast: DocumentNode,
    operation_name: str | None,
    context: Any,
    variables: Mapping[str, Any],
) -> Executor[Any]:
    """Return what executes the fields that are left to graphql-core."""
    executor = schema.executor_class.build(schema.schema, ast, None, context, dict(variables), operation_name)
    if isinstance(executor, list):  # The operation and the variables have been found right before.
        raise executor[0]
    return executor
