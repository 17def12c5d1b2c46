"""Makes random operations over whatever the schema has, all of them valid."""

import re
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLCompositeType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_introspection_type,
    is_leaf_type,
)

from tests.engine.arguments import Arguments
from tests.engine.response_names import ResponseNames
from tests.engine.schema import QUERY, SCHEMA
from tests.engine.values import Position, Values
from tests.engine.variables import Variables

INTROSPECTION = ("__schema { queryType { name } }", '__type(name: "Device") { kind name }')
ALIASES = ("a", "b", "c", "id", "name", "nodes", "type")
BOOLEAN = GraphQLNonNull(GraphQLBoolean)

COMPOSITES = [each for each in SCHEMA.type_map.values() if is_composite_type(each) and not is_introspection_type(each)]


def _objects(type_: GraphQLCompositeType) -> set[str]:
    if isinstance(type_, GraphQLObjectType):
        return {type_.name}
    return {each.name for each in SCHEMA.get_possible_types(type_)}


OVERLAPPING = {
    type_.name: [each for each in COMPOSITES if not _objects(each).isdisjoint(_objects(type_))] for type_ in COMPOSITES
}
"""The types that a fragment inside one of them may be on."""


@dataclass(frozen=True, kw_only=True)
class Fragment:
    name: str
    on: GraphQLCompositeType
    text: str
    names: ResponseNames
    depth: int
    """The number of levels of selection sets in it, at most."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    text: str
    name: str | None
    _variables: Variables
    _variable_names: tuple[str, ...]

    def variables(self, random: Random) -> dict[str, Any]:
        """Return values for one request."""
        return self._variables.given(self._variable_names, random)


def operation(random: Random, values: Values, root: GraphQLObjectType) -> Operation:
    return _Draft(random, values).operation(root)


class _Draft:
    def __init__(self, random: Random, values: Values) -> None:
        self._random = random
        self._variables = Variables(random, values)
        self._arguments = Arguments(random, values, self._variables)
        self._fragments: list[Fragment] = []
        self._fields, self._most_fields = 0, random.choice((4, 8, 16, 32))

    def operation(self, root: GraphQLObjectType) -> Operation:
        body = self._selections(root, ResponseNames(), self._random.choice((4, 6, 7, 8, 9)))
        spread = self._spread_in(body)
        texts = [f"fragment {each.name} on {each.on} {each.text}" for each in spread]
        # In the order of their first use.
        names = tuple(dict.fromkeys(re.findall(r"\$(v\d+)", " ".join([body, *texts]))))
        kind = "query" if root is QUERY else "mutation"
        name = "Main" if self._chance(0.3) else None
        definitions = f" ({self._variables.definitions(names)})" if names else ""
        texts.insert(self._random.randint(0, len(texts)), f"{kind} {name or ''}{definitions} {body}")
        if name and self._chance(0.3):
            texts.append("query Other { viewer { principal } }")
        return Operation(text="\n".join(texts), name=name, _variables=self._variables, _variable_names=names)

    def _spread_in(self, body: str) -> list[Fragment]:
        """Return the fragments that are used, which not all are that were made."""
        used: dict[str, Fragment] = {}
        texts = [body]
        while texts:
            for name in re.findall(r"\.\.\.(F\d+)", texts.pop()):
                if name not in used:
                    used[name] = self._fragments[int(name[1:])]
                    texts.append(used[name].text)
        return list(used.values())

    def _selections(self, type_: GraphQLCompositeType, names: ResponseNames, depth: int) -> str:
        count = self._random.choice((1, 1, 2, 3, 4, 5) if self._fields < self._most_fields else (1, 2))
        return f"{{ {' '.join(self._selection(type_, names, depth) for _ in range(count))} }}"

    def _selection(self, type_: GraphQLCompositeType, names: ResponseNames, depth: int) -> str:
        goes_on = depth > 0 and self._fields < self._most_fields
        if goes_on and self._chance(0.15 if isinstance(type_, GraphQLObjectType) else 0.8):
            return self._fragment(type_, names, depth)
        if isinstance(type_, GraphQLUnionType) or self._chance(0.1):
            return self._called("__typename", type_, names, depth)
        if type_ is QUERY and self._chance(0.03):
            return self._random.choice(INTROSPECTION)
        again = [known.calls[type_.name] for known in names.by_name.values() if type_.name in known.calls]
        if again and self._chance(0.15):
            return self._called(self._random.choice(again), type_, names, depth)
        wants_objects = goes_on and self._chance(0.6)
        leaves = [name for name, each in type_.fields.items() if is_leaf_type(get_named_type(each.type))]
        objects = [name for name in type_.fields if name not in leaves]
        fields = (wants_objects and objects) or leaves or (goes_on and objects)
        if not fields:
            return self._called("__typename", type_, names, depth)
        name = self._random.choice(fields)
        return self._called(name + self._arguments.of(type_, name), type_, names, depth)

    def _called(self, call: str, parent: GraphQLCompositeType, names: ResponseNames, depth: int) -> str:
        """Return a field with its arguments, under a response name that is free for it."""
        self._fields += 1
        name = call.partition("(")[0]
        field = SCHEMA.get_field(parent, name)
        assert field
        asked_of = parent.name if isinstance(parent, GraphQLObjectType) else ""
        keys = [name, *self._random.sample(ALIASES, 3), f"k{self._fields}"]
        if self._chance(0.2):
            keys.append(keys.pop(0))
        key = next(key for key in keys if names.admits(key, asked_of, call, str(field.type)))
        inside = names.add(key, asked_of, call, str(field.type))
        text = (call if key == name else f"{key}: {call}") + self._directives()
        named = get_named_type(field.type)
        return f"{text} {self._selections(named, inside, depth - 1)}" if is_composite_type(named) else text

    def _fragment(self, type_: GraphQLCompositeType, names: ResponseNames, depth: int) -> str:
        if self._chance(0.4):
            known = [
                each
                for each in self._fragments
                if each.depth <= depth and each.on in OVERLAPPING[type_.name] and names.accepts(each.names)
            ]
            fragment = self._random.choice(known) if known and self._chance(0.6) else self._new_fragment(type_, depth)
            if names.accepts(fragment.names):
                names.absorb(fragment.names)
                return f"...{fragment.name}{self._directives()}"
        bare = self._chance(0.2) and isinstance(type_, GraphQLObjectType)
        on = type_ if bare else self._random.choice(OVERLAPPING[type_.name])
        condition = "" if bare else f" on {on}"
        return f"...{condition}{self._directives()} {self._selections(on, names, depth - 1)}"

    def _new_fragment(self, type_: GraphQLCompositeType, depth: int) -> Fragment:
        on, names = self._random.choice(OVERLAPPING[type_.name]), ResponseNames()
        text = self._selections(on, names, depth - 1)
        fragment = Fragment(name=f"F{len(self._fragments)}", on=on, text=text, names=names, depth=depth)
        self._fragments.append(fragment)
        return fragment

    def _directives(self) -> str:
        names = [name for name in ("skip", "include") if self._chance(0.06)]
        self._random.shuffle(names)
        return "".join(f" @{name}(if: {self._condition()})" for name in names)

    def _condition(self) -> str:
        if self._chance(0.5):
            return f"${self._variables.refer(Position(type_=BOOLEAN, name='if')).name}"
        return self._random.choice(("true", "false"))

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
