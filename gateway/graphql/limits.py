"""Limits on what one request may ask for. Each is checked in time linear in the size of the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.domain.errors import RequestError

CHARACTERS_OF_A_TOKEN = 25
"""What lies before it included; most have fewer."""


class LimitExceeded(RequestError):
    """A request is larger than a limit. The message names the limit, its value, and what the request has."""

    code = "GRAPHQL_VALIDATION_FAILED"

    def __init__(self, limit: str, allowed: int, found: int) -> None:
        super().__init__(f"The limit on {limit} is {allowed}, but the request has {found}.")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits on documents and variables; the README describes each with its setting."""

    depth: int = 20
    aliases: int = 200
    tokens: int = 4_000
    directives: int = 100
    input_depth: int = 12
    list_length: int = 1_000
    nesting: int = 100
    fields: int = 2_000
    cost: int = 500_000
    seconds: float = 10.0
    answer_bytes: int = 16_777_216
    subscriptions: int = 100
    """Of one principal, at the same time in one process."""

    @property
    def characters(self) -> int:
        """How many a document may have: the lexer reads each by itself, those of comments too, which are no tokens."""
        return CHARACTERS_OF_A_TOKEN * self.tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class _Extent:
    """The extent of a selection set once its fragments are spread out."""

    depth: int
    aliases: int
    nesting: int = 0
    """How many selection sets are inside one another, those of fragments included."""
    fields: int = 0
    """How many fields there are to plan."""
    names: frozenset[str] = frozenset()
    """The response names of its fields."""


def check_text(text: str, limits: Limits) -> None:
    """Raise LimitExceeded where it takes too long to find out what is in the text of a document."""
    if len(text) > limits.characters:
        raise LimitExceeded("characters", limits.characters, len(text))


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Raise LimitExceeded. This runs before validation, whose cost it bounds, so the document may be invalid."""
    fragments: dict[str, FragmentDefinitionNode] = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments.setdefault(definition.name.value, definition)
    survey = _Survey(limits, fragments)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            survey.count_directives(definition)
            for variable in definition.variable_definitions or ():
                survey.count_directives(variable)
                if variable.default_value:
                    check_value(variable.default_value, limits)
            extent = survey.extent(definition.selection_set)
        elif isinstance(definition, FragmentDefinitionNode):
            # What no operation spreads, or has a name twice, is measured too: validation will read it.
            name = definition.name.value
            first = fragments[name] is definition
            extent = survey.spread(name) if first else survey.extent(definition.selection_set)
        else:
            continue  # Validation refuses other definitions.
        refuse_beyond("depth", limits.depth, extent.depth)
        refuse_beyond("aliases", limits.aliases, extent.aliases)
        refuse_beyond("fields", limits.fields, extent.fields)


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Raise LimitExceeded."""
    for value in variables.values():
        if isinstance(value, _NESTED):
            check_value(value, limits)


# As a tuple, since a union takes longer to make and to ask.
_LISTS = (ListValueNode, list)
_NESTED = (list, dict)


def check_value(value: Any, limits: Limits, depth: int = 0) -> None:
    """Raise LimitExceeded for an input value, written in a document or given as JSON."""
    items: Any = ()
    if isinstance(value, _LISTS):
        items = value.values if isinstance(value, ListValueNode) else value
        refuse_beyond("the length of a list", limits.list_length, len(items))
    elif isinstance(value, ObjectValueNode):
        items = [field.value for field in value.fields]
    elif isinstance(value, dict):
        items = value.values()
    if items:
        refuse_beyond("the nesting of input values", limits.input_depth, depth + 1)
    for item in items:
        check_value(item, limits, depth + 1)


@dataclass(slots=True)
class _Survey:
    """The survey of a document, which measures each fragment once, however often it is spread."""

    limits: Limits
    fragments: Mapping[str, FragmentDefinitionNode]
    directives: int = 0
    measured: dict[str, _Extent] = field(default_factory=dict)
    spreading: list[str] = field(default_factory=list)
    level: int = 0

    def extent(self, selection_set: SelectionSetNode) -> _Extent:
        # Keeps what is nested too deeply from exhausting the stack, here and wherever documents are walked.
        self.level += 1
        refuse_beyond("the nesting of selection sets", self.limits.nesting, self.level)
        extent = self._extent(selection_set)
        refuse_beyond("the nesting of selection sets", self.limits.nesting, extent.nesting)
        self.level -= 1
        return extent

    def _extent(self, selection_set: SelectionSetNode) -> _Extent:
        depth, aliases, nesting, fields = 0, 0, 0, 0
        names: set[str] = set()
        spreads: set[str] = set()
        for selection in selection_set.selections:
            self.count_directives(selection)
            if isinstance(selection, FieldNode):
                inner = self._field(selection)
                aliases += selection.alias is not None and not inner.names & names
            elif isinstance(selection, InlineFragmentNode):
                inner = self.extent(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                if selection.name.value in spreads:
                    continue  # It adds nothing to what it has added already.
                spreads.add(selection.name.value)
                inner = self.spread(selection.name.value)
            depth, nesting, fields = max(depth, inner.depth), max(nesting, inner.nesting), fields + inner.fields
            # A name that comes again asks again, like an alias, and costs validation the square of its count.
            aliases += inner.aliases + len(inner.names & names)
            names |= inner.names
        return _Extent(depth=depth, aliases=aliases, nesting=nesting + 1, fields=fields, names=frozenset(names))

    def spread(self, name: str) -> _Extent:
        if name not in self.measured:
            if name in self.spreading or name not in self.fragments:
                return _Extent(depth=0, aliases=0)  # Validation refuses cycles and unknown fragments.
            self.spreading.append(name)
            # Keeps a chain of fragments, each of which spreads the next, from exhausting the stack.
            refuse_beyond("depth", self.limits.depth, len(self.spreading))
            fragment = self.fragments[name]
            self.count_directives(fragment)
            self.measured[name] = self.extent(fragment.selection_set)
            self.spreading.pop()
        return self.measured[name]

    def count_directives(self, node: Any) -> None:
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                check_value(argument.value, self.limits)
        self.directives += len(node.directives or ())
        refuse_beyond("directives", self.limits.directives, self.directives)

    def _field(self, node: FieldNode) -> _Extent:
        for argument in node.arguments or ():
            check_value(argument.value, self.limits)
        names = frozenset({(node.alias or node.name).value})
        if node.selection_set is None:
            return _Extent(depth=1, aliases=0, fields=1, names=names)
        inner = self.extent(node.selection_set)
        return replace(inner, depth=inner.depth + 1, fields=inner.fields + 1, names=names)


def refuse_beyond(limit: str, allowed: int, found: int) -> None:
    """Raise LimitExceeded."""
    if found > allowed:
        raise LimitExceeded(limit, allowed, found)
