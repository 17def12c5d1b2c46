"""Makes a document that shows a difference about as small as it will go."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.engine.schema import SCHEMA

REMOVABLE = (FieldNode, InlineFragmentNode, FragmentSpreadNode, DirectiveNode, ArgumentNode, ObjectFieldNode)


async def shrunk(text: str, differs: Callable[[str], Awaitable[bool]]) -> str:
    """The document without whatever it can lose, one by one, and still differ."""
    document, place = parse(text), 0
    while place < len(removable := _nodes(document, REMOVABLE)):
        smaller = _tidied(_without(document, removable[place : place + 1]))
        if _is_valid(smaller) and await differs(print_ast(smaller)):
            document = smaller
        else:
            place += 1
    return print_ast(document)


def _is_valid(document: DocumentNode) -> bool:
    # graphql-core lets empty selection sets pass, which the specification does not know.
    return all(each.selections for each in _nodes(document, (SelectionSetNode,))) and not validate(SCHEMA, document)


def _tidied(document: DocumentNode) -> DocumentNode:
    """Without the fragments and the variables that nothing uses any more."""
    spread = {each.name.value for each in _nodes(document, (FragmentSpreadNode,))}
    used = Counter(each.name.value for each in _nodes(document, (VariableNode,)))
    unused = [
        *(each for each in _nodes(document, (FragmentDefinitionNode,)) if each.name.value not in spread),
        # Each is named once by its definition.
        *(each for each in _nodes(document, (VariableDefinitionNode,)) if used[each.variable.name.value] == 1),
    ]
    return _tidied(_without(document, unused)) if unused else document


class _Collector(Visitor):
    def __init__(self, types: tuple[type[Node], ...]) -> None:
        super().__init__()
        self.types = types
        self.nodes: list[Any] = []

    def enter(self, node: Node, *_: Any) -> None:
        if isinstance(node, self.types):
            self.nodes.append(node)


class _Remover(Visitor):
    def __init__(self, nodes: Collection[Node]) -> None:
        super().__init__()
        # Nodes that look alike are equal.
        self.ids = set(map(id, nodes))

    def enter(self, node: Node, *_: Any) -> Any:
        return REMOVE if id(node) in self.ids else None


def _nodes(document: DocumentNode, types: tuple[type[Node], ...]) -> list[Any]:
    collector = _Collector(types)
    visit(document, collector)
    return collector.nodes


def _without(document: DocumentNode, nodes: Collection[Node]) -> DocumentNode:
    smaller: DocumentNode = visit(document, _Remover(nodes))
    return smaller
