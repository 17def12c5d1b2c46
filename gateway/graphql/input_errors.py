"""What does not fit in an input value: the place in it, the offending part alone, and what is accepted there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLScalarType,
    Node,
    Undefined,
    VariableNode,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    is_specified_scalar_type,
)
from graphql.language.parser import MAX_NESTING_DEPTH

from gateway.domain.quoting import quoted
from gateway.graphql.hints import Hints, listed
from gateway.graphql.notations import Notation

Path = tuple[str | int, ...]

_SCALARS = {
    "Int": ("an Int", "; expected a whole number of 32 bits, from -2147483648 to 2147483647"),
    "Float": ("a Float", "; expected a number that 64 bits hold exactly"),
    "String": ("a String", "; expected text in double quotes"),
    "Boolean": ("a Boolean", "; expected true or false"),
    "ID": ("an ID", "; expected text in double quotes, or a whole number"),
}


class InputError(NamedTuple):
    """One thing that does not fit."""

    path: Path
    """From the whole value to the place: names of fields, and indexes of items."""
    message: str
    node: Node | None = None
    """Where the document has it, if it is a document that does."""
    cause: GraphQLError | None = None
    """What a scalar said."""

    def at(self, name: str) -> str:
        """Return the place in a value called `name`, as in ` at filter.and[0].ids[2]`; nothing for the whole value."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f" at {name}{steps}" if steps else ""


class _Inside(NamedTuple):
    """A value that is still to be looked at."""

    value: Any
    type: GraphQLInputType
    path: Path


@dataclass(frozen=True)
class InputErrors:
    """Finds them, as input coercion would (GraphQL specification, section 3)."""

    notation: Notation
    hints: Hints

    def of(self, value: Any, type_: GraphQLInputType) -> Iterator[InputError]:
        """Yield the errors of a value in the order of the type's fields, then those of fields that it does not have.

        Values inside wait on a stack of its own, as they may be nested deeper than Python allows calls to be.
        """
        pending: list[Iterator[InputError | _Inside]] = [self._of(_Inside(value, type_, ()))]
        while pending:
            found = next(pending[-1], None)
            if found is None:
                pending.pop()
            elif isinstance(found, _Inside):
                pending.append(self._of(found))
            else:
                yield found

    def _of(self, inside: _Inside) -> Iterator[InputError | _Inside]:
        value, type_, path = inside
        if isinstance(value, VariableNode):
            return self._of_variable(value, type_, path)
        if self.notation.is_null(value):
            required = is_non_null_type(type_)
            message = f"null was given, but {self.hints.type(type_, 'a value')} is required."
            return iter([self._error(path, message, value)] if required else [])
        inner: Any = get_nullable_type(type_)
        if is_list_type(inner):
            return self._of_list(value, inner, path)
        if is_input_object_type(inner):
            return self._of_object(value, inner, path)
        return self._of_enum(value, inner, path) if is_enum_type(inner) else self._of_scalar(value, inner, path)

    def _of_list(self, value: Any, type_: GraphQLList[Any], path: Path) -> Iterator[_Inside]:
        items = self.notation.items(value)
        if items is None:  # A value in the place of a list is a list of it.
            yield _Inside(value, type_.of_type, path)
        for index, item in enumerate(items or ()):
            yield _Inside(item, type_.of_type, (*path, index))

    def _of_variable(self, node: VariableNode, type_: GraphQLInputType, path: Path) -> Iterator[InputError]:
        """Yield the error of a variable that is null here; that its type fits is validated, and its value looked at."""
        given = self.notation.resolved(node)
        if is_non_null_type(type_) and (given is None or given is Undefined):
            how = "is null" if given is None else "was not given"
            expected = self.hints.type(type_, "a value")
            yield self._error(path, f"{self.notation.quoted(node)} {how}, but {expected} is required.", node)

    def _of_object(self, value: Any, type_: GraphQLInputObjectType, path: Path) -> Iterator[InputError | _Inside]:
        fields = self.notation.fields(value)
        if fields is None:
            text = self.notation.text(value)
            message = f"{self.notation.quoted(value)} is not an object{self.hints.shape(type_)}"
            yield self._error(path, f"{message}{self.hints.order(type_, text)}", value)
            return
        if len(path) > MAX_NESTING_DEPTH:
            yield self._error(path[:1], f"it is nested more than {MAX_NESTING_DEPTH} levels deep.", value)
            return
        for name, field in type_.fields.items():
            if (inside := fields.get(name, Undefined)) is not Undefined:
                if self.notation.resolved(inside) is not Undefined or is_required_input_field(field):
                    yield _Inside(inside, field.type, (*path, name))
            elif is_required_input_field(field):
                yield self._of_missing(name, field, value, path)
        for name in fields:
            if name not in type_.fields:
                owner = self.hints.type(type_, "this object")
                message = f"{owner} has no field {quoted(name)}{self.hints.choice(name, type_.fields)}"
                yield InputError(path, message, self.notation.node(value, name))
        if type_.is_one_of:
            yield from self._of_one_of(value, type_, path)

    def _of_missing(self, name: str, field: GraphQLInputField, value: Any, path: Path) -> InputError:
        if self.hints.hidden:
            return self._error(path, "a field that is required was not given.", value)
        return self._error((*path, name), f"nothing was given, but {field.type} is required.", value)

    def _of_one_of(self, value: Any, type_: GraphQLInputObjectType, path: Path) -> Iterator[InputError]:
        fields = self.notation.fields(value) or {}
        given = [name for name in type_.fields if name in fields]
        if len(given) == 1 and not self._has_no_value(fields[given[0]]):
            return
        if not given and fields:
            return  # What is no field of the type has been told.
        shown = [f"{name}: null" if self._has_no_value(fields[name]) else name for name in given] or ["nothing"]
        verb = "were" if len(shown) > 1 else "was"
        expected = "one field" if self.hints.hidden else f"one of {listed(type_.fields, 'and')}"
        yield self._error(path, f"{listed(shown, 'and')} {verb} given; expected exactly {expected}, not null.", value)

    def _has_no_value(self, value: Any) -> bool:
        resolved = self.notation.resolved(value)
        return resolved is None or resolved is Undefined or self.notation.is_null(resolved)

    def _of_enum(self, value: Any, type_: GraphQLEnumType, path: Path) -> Iterator[InputError]:
        name = self.notation.enum_name(value)
        if name is None or name not in type_.values:
            text = self.notation.text(value)
            hint = self.hints.enum_values(type_, name or text, quotes=name is None and text is not None)
            owner = self.hints.type(type_, "this enum")
            yield self._error(path, f"{self.notation.quoted(value)} is not a value of {owner}{hint}", value)

    def _of_scalar(self, value: Any, type_: GraphQLScalarType, path: Path) -> Iterator[InputError]:
        try:
            if self.notation.coerced(type_, value) is not Undefined:
                return
            said = None
        except GraphQLError as error:
            said = error
        except Exception:  # noqa: BLE001  # whatever it is, the value is one that the scalar does not take
            said = None
        if said is None or is_specified_scalar_type(type_) or self.hints.hidden:
            # What other scalars say may have their name, or those of fields.
            name, expected = _SCALARS.get(type_.name, (f"a value of {type_}", ""))
            shown = self.hints.type(name, "accepted here")
            message = f"{self.notation.quoted(value)} is not {shown}{expected}."
        else:
            message = said.message
        yield InputError(path, message, self.notation.node(value), said)

    def _error(self, path: Path, message: str, value: Any) -> InputError:
        return InputError(path, message, self.notation.node(value))
