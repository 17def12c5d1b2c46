"""The fields that callers set, listed once: inputs, validation, rows and history follow these lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

LONGEST_TEXT = 255


class FieldKind(Enum):
    """What the values of a field are, beyond what their GraphQL type says."""

    LINE = auto()
    """Text of 1 to 255 characters on one line, not all of them white space."""
    TEXT = auto()
    """Text of at most 255 characters."""
    OTHER = auto()
    """Values that are right wherever their type is, such as UUIDs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    name: str
    """The name of the column and of the attribute in Python."""
    kind: FieldKind
    nullable: bool = False

    @property
    def graphql_name(self) -> str:
        return graphql_name(self.name)


@cache
def graphql_name(name: str) -> str:
    """Return what the schema calls the attribute `name`: `client_id` is `clientId`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _by_name(fields: Sequence[Field]) -> Mapping[str, Field]:
    return {field.name: field for field in fields}


MOST_ADAPTERS = 100
"""How many network adapters a device may have."""
MOST_GROUPS = 100
"""How many groups a device may be in."""
MOST_CREATED = 500
"""How many devices one request may create."""
MOST_MATCHED = 2_500
"""How many devices one request may change or delete by a filter, while others wait."""
MOST_CHANGES_OF_MATCHED = 10_000
"""How many events there may be of such a change."""
MOST_PARTS_OF_MATCHED = 10_000
"""How many adapters and links such a deletion may take with it."""

DEVICE_FIELDS = _by_name(
    [
        Field(name="name", kind=FieldKind.LINE),
        Field(name="status", kind=FieldKind.OTHER),
        Field(name="barcode", kind=FieldKind.TEXT, nullable=True),
        Field(name="description", kind=FieldKind.TEXT, nullable=True),
        Field(name="client_id", kind=FieldKind.OTHER),
        Field(name="project_id", kind=FieldKind.OTHER),
        Field(name="device_specification_id", kind=FieldKind.OTHER),
    ]
)
"""What `createDevice` and `updateDevice` set, by name, in the order in which history shows their changes."""

DEVICE_GROUP_FIELDS = _by_name(
    [
        Field(name="name", kind=FieldKind.LINE),
        Field(name="description", kind=FieldKind.TEXT, nullable=True),
        Field(name="client_id", kind=FieldKind.OTHER),
        Field(name="project_id", kind=FieldKind.OTHER),
    ]
)
"""What `createDeviceGroup` sets, by name. A group's client and project never change."""
