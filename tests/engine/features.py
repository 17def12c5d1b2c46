"""Finds what operations are made of: the fields, arguments, fragments, directives and variables."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NonNullTypeNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    visit,
)

from tests.engine.schema import SCHEMA

Feature = tuple[str, ...]


def features(documents: Iterable[DocumentNode]) -> set[Feature]:
    types = TypeInfo(SCHEMA)
    collector = _FeatureCollector(types)
    for document in documents:
        collector.spreads.clear()
        visit(document, TypeInfoVisitor(types, collector))
        if max(collector.spreads.values(), default=0) > 1:
            collector.found.add(("a fragment more than once",))
    return collector.found


class _FeatureCollector(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.found: set[Feature] = set()
        self.spreads: Counter[str] = Counter()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        coordinates = (str(self.types.get_parent_type()), node.name.value)
        self.found.add(coordinates)
        self.found |= {(*coordinates, argument.name.value) for argument in node.arguments or ()}
        self._directives("a field", node.directives or ())

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        inside = str(self.types.get_parent_type())
        self.found.add(("a fragment", inside, "on", node.type_condition.name.value if node.type_condition else ""))
        self._directives("an inline fragment", node.directives or ())

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.spreads[node.name.value] += 1
        self._directives("a fragment spread", node.directives or ())

    def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
        keys = Counter(
            (each.alias or each.name).value
            for each in node.selections
            if isinstance(each, FieldNode) and each.selection_set
        )
        if max(keys.values(), default=0) > 1:
            self.found.add(("an object more than once",))

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        type_ = "non-null" if isinstance(node.type, NonNullTypeNode) else "nullable"
        default = "a default" if node.default_value else "no default"
        self.found |= {("a variable", str(get_named_type(self.types.get_input_type()))), (type_, default)}

    def _directives(self, where: str, nodes: Iterable[DirectiveNode]) -> None:
        names = {node.name.value for node in nodes}
        kinds = {
            "a literal" if isinstance(argument.value, BooleanValueNode) else "a variable"
            for node in nodes
            for argument in node.arguments or ()
        }
        self.found |= {(where, *sorted(names)), *((where, kind) for kind in kinds)}
