"""Makes the dicts of an answer, by functions whose source is made for each selection set.

A value of a built-in type is shown as it is, and most values are. So a row function reads them off the objects straight
into dict displays, which takes a third of the time that a column for each takes. Where a value turns out not to be
plain, the function gives up, and columns show what there is to show.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import GraphQLBoolean, GraphQLEnumType, GraphQLID, GraphQLInt, GraphQLLeafType, GraphQLString

MakeRows = Callable[[Sequence[Any], Sequence[Sequence[Any]]], list[dict[str, Any]] | None]
"""Takes the objects, and the columns of the fields that are not plain; None where a value is not plain after all."""


class Names(dict[Any, str]):
    """What the values of an enum are called."""

    def __init__(self, type_: GraphQLEnumType) -> None:
        super().__init__()
        self._type = type_

    def __missing__(self, value: Any) -> str:
        name = self[value] = self._type.coerce_output_value(value)
        return name


class Entry(NamedTuple):
    """A key of a row."""

    key: str
    attribute: str | None = None
    """Where the objects have the value."""
    constant: str | None = None
    """Without an attribute or a constant, a column has the value."""
    test: str = ""
    """Source text, true of `value` where it is plain."""
    names: Names | None = None

    @property
    def is_plain(self) -> bool:
        return self.attribute is not None or self.constant is not None


# The functions by which built-in scalars coerce their values let these pass; other scalars may use the same functions.
_TESTS: Mapping[object, str] = {
    GraphQLString.coerce_output_value: "type(value) is str",
    GraphQLID.coerce_output_value: "type(value) is str",
    GraphQLBoolean.coerce_output_value: "type(value) is bool",
    GraphQLInt.coerce_output_value: "type(value) is int and -0x80000000 <= value <= 0x7fffffff",
}


def plain_entry(key: str, attribute: str, type_: GraphQLLeafType, *, nullable: bool) -> Entry | None:
    """None where values of the type are never plain."""
    if isinstance(type_, GraphQLEnumType):
        return None if nullable else Entry(key, attribute, names=Names(type_))
    test = _TESTS.get(type_.coerce_output_value)
    if test is None:
        return None
    return Entry(key, attribute, test=f"(value is None or {test})" if nullable else f"({test})")


def row_maker(entries: Sequence[Entry]) -> MakeRows:
    reads, tests, shown, columns = [], [], [], []
    known: dict[str, Any] = {}
    for index, entry in enumerate(entries):
        value = f"value_{index}" if entry.constant is None else repr(entry.constant)
        shown.append(f"{entry.key!r}: {value}")
        if entry.names is not None:
            known[f"names_{index}"] = entry.names
            reads.append(f"        {value} = names_{index}[each.{entry.attribute}]")
        elif entry.attribute is not None:
            reads.append(f"        {value} = each.{entry.attribute}")
            tests.append(entry.test.replace("value", value))
        elif entry.constant is None:
            columns.append(value)
    lines = [
        f"def make_rows(objects, columns, {', '.join(known)}):",
        "    rows = []",
        f"    for {', '.join(['each', *columns])}, in zip(objects, *columns):",
        *reads,
        f"        if not ({' and '.join(tests) or True}):",
        "            return None",
        f"        rows.append({{{', '.join(shown)}}})",
        "    return rows",
    ]
    make_rows = _compiled("\n".join(lines))
    known_values = tuple(known.values())

    def make(objects: Sequence[Any], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]] | None:
        try:
            rows: list[dict[str, Any]] | None = make_rows(objects, columns, *known_values)
        except Exception:  # noqa: BLE001  # whose it is comes to light column by column
            return None
        return rows

    return make


@lru_cache(maxsize=1_000)
def _compiled(source: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102  # of names of a schema and keys of GraphQL: ASCII letters, digits, underscores
    function: Callable[..., Any] = namespace["make_rows"]
    return function
