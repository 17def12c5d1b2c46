"""What a message tells of the schema to somebody who used a name that it does not have."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_nullable_type, is_enum_type, is_required_input_field

from gateway.domain.quoting import quoted

LONGEST_NAME = 100
"""Nothing is near to a name of more characters, which would take long to find out."""
NEAR = 0.7
"""How much two names have in common, of 1, for one to be meant for the other."""
FEW = 8
"""So many names are all listed, near or not."""
MANY = 25
"""More names are never listed."""
SHAPE = 6
"""How many fields of an input object are shown."""

REST_WORDS = {"limit": "first", "size": "first", "cursor": "after", "sort": "orderBy", "q": "search"}
"""What the parameters of the platform's REST API are called here."""

# As `sort` of the REST API is written.
_SORT = re.compile(r"[+-]?[A-Za-z_]+(?:, ?[+-]?[A-Za-z_]+)*")


@dataclass(frozen=True)
class Hints:
    """What there is to choose from, and what may have been meant.

    These tell names that the caller did not send. With `hidden`, no message tells any.
    """

    hidden: bool = False

    def type(self, type_: object, instead: str) -> str:
        """Return how a message calls a type; `instead` of its name where that is hidden."""
        return instead if self.hidden else str(type_)

    def choice(self, name: str, names: Collection[str]) -> str:
        """End a sentence about a name that is none of `names`: with all if they are few, or with the near ones."""
        if self.hidden or not names:
            return "."
        near = near_names(name, names) if len(names) > FEW else []
        if near or len(names) > MANY:
            return f".{did_you_mean(near)}"
        return f"; it has {listed(map(quoted, names), 'and')}."

    def near(self, name: str, names: Collection[str]) -> str:
        """Ask whether a name near to the unknown one was meant, if there is any."""
        return "" if self.hidden else did_you_mean(near_names(name, names))

    def enum_values(self, type_: GraphQLEnumType, name: str | None, *, quotes: bool) -> str:
        """End a sentence about what is no value of an enum; `quotes` tells that they are part of what is wrong."""
        if self.hidden:
            return "."
        expected = f"; expected {listed(type_.values, 'or')}" if len(type_.values) <= MANY else ""
        meant = upper_snake_case(name or "")
        if meant not in type_.values:
            return f"{expected}, without quotes." if quotes else f"{expected}."
        return f"{expected}. Did you mean {meant}{', without quotes' if quotes else ''}?"

    def shape(self, type_: GraphQLInputObjectType) -> str:
        """End a sentence about what is no input object with what one looks like: required fields, and some others."""
        if self.hidden:
            return "."
        fields = sorted(type_.fields.items(), key=lambda item: not is_required_input_field(item[1]))
        shown = [f"{name}: {field.type}" for name, field in fields[:SHAPE]]
        more = ["…"] if len(fields) > SHAPE else []
        return f"; expected {{ {', '.join([*shown, *more])} }}."

    def order(self, type_: GraphQLInputObjectType, text: str | None) -> str:
        """Ask whether an order was meant, where `type_` is one and `text` what the REST API has for it."""
        if self.hidden or text is None or len(text) > LONGEST_NAME or not _SORT.fullmatch(text):
            return ""
        enums = {
            name: inner for name, each in type_.fields.items() if is_enum_type(inner := get_nullable_type(each.type))
        }
        direction = next((name for name, enum in enums.items() if "DESC" in enum.values), None)
        field = next((name for name in enums if name != direction), None)
        if field is None or direction is None:
            return ""
        orders = []
        for part in text.split(","):
            value = upper_snake_case(part.strip(" +-"))
            if value not in enums[field].values:
                return ""
            orders.append(f"{{ {field}: {value}, {direction}: {'DESC' if part.strip().startswith('-') else 'ASC'} }}")
        return f" Did you mean [{', '.join(orders)}]?"


def near_names(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that `name` may be meant for, the nearest first."""
    if len(name) > LONGEST_NAME:
        return []
    by_key = {each.lower(): each for each in names}
    here = REST_WORDS.get(name)
    if here is not None and here in by_key.values():
        return [here]
    return [by_key[key] for key in get_close_matches(name.lower(), by_key, cutoff=NEAR)]


def did_you_mean(names: Sequence[str]) -> str:
    """Return a question that begins with a space, or nothing where there are no names."""
    return f" Did you mean {listed(map(quoted, names), 'or')}?" if names else ""


def listed(names: Iterable[str], conjunction: str) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def upper_snake_case(name: str) -> str:
    """Return `name` as an enum would have it: `createdAt` is `CREATED_AT`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:LONGEST_NAME]).upper()
