"""The custom scalars. Their Python values are in canonical form, which is also what the database holds."""

from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLString, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from gateway.domain.errors import BadUserInput
from gateway.domain.identifiers import DeviceIdentifier, parse_device_identifier
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.quoting import Bare
from gateway.domain.uuids import Uuid, parse_uuid
from gateway.graphql.notations import quoted_literal


def _scalar(
    name: str, parse: Callable[[object], object], description: str, specified_by_url: str | None = None
) -> ScalarDefinition:
    """Define a scalar. graphql-core shows a GraphQLError as it is, and wraps any other into a sentence about types."""

    def parse_value(value: object, node: ValueNode | None = None) -> object:
        try:
            return parse(value)
        except BadUserInput as error:
            raise GraphQLError(str(error), node, original_error=error) from error

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> object:  # noqa: ARG001  # none fits
        """Parse a literal. All values are text; anything else is only repeated in the message."""
        return parse_value(node.value if isinstance(node, StringValueNode) else Bare(quoted_literal(node)), node)

    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by_url,
        # Already in canonical form, they are shown as any text is.
        serialize=GraphQLString.coerce_output_value,
        parse_value=parse_value,
        parse_literal=parse_literal,
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    Instant: _scalar(
        "DateTime",
        parse_instant,
        "An instant in UTC with millisecond precision, for example `2024-12-31T23:00:00.000Z`. "
        "Input may carry any UTC offset; input without one is rejected.",
        "https://scalars.graphql.org/andimarek/date-time.html",
    ),
    Uuid: _scalar(
        "UUID",
        parse_uuid,
        "A UUID in its canonical, lower-case text form.",
        "https://www.rfc-editor.org/rfc/rfc9562",
    ),
    DeviceIdentifier: _scalar(
        "DeviceIdentifier",
        parse_device_identifier,
        """\
Anything that names one device, in any letter case:
a device UUID, `imei:<15-16 digits>`, `deveui:<16 hex>`, `dvnuuid:<uuid>`,
`urn:dev:imei:<15-16 digits>`, `urn:dev:deveui:<16 hex>`, `urn:dev:dvnuuid:<uuid>`.
The URN forms may end in one colon. A bare UUID is always the device's own id, never a DvnUUID.""",
        "https://www.rfc-editor.org/rfc/rfc9039",
    ),
}

SHOWN_AS_THEY_ARE = frozenset(scalar.name for scalar in SCALARS.values())
"""The names of scalars whose values are the text that an answer shows."""
