"""The custom scalars. Their Python values are canonical text, which is also what the database holds."""

from collections.abc import Mapping

import strawberry
from strawberry.types.scalar import ScalarDefinition

from gateway.domain.identifiers import DeviceIdentifier, parse_device_identifier
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.uuids import Uuid, parse_uuid

SCALARS: Mapping[object, ScalarDefinition] = {
    Instant: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC with millisecond precision, for example `2024-12-31T23:00:00.000Z`. "
        "Input may carry any UTC offset; input without one is rejected.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        parse_value=parse_instant,
    ),
    Uuid: strawberry.scalar(
        name="UUID",
        description="A UUID in its canonical, lower-case text form.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
        parse_value=parse_uuid,
    ),
    DeviceIdentifier: strawberry.scalar(
        name="DeviceIdentifier",
        description="""\
Anything that names one device, in any letter case:
a device UUID, `imei:<15-16 digits>`, `deveui:<16 hex>`, `dvnuuid:<uuid>`,
`urn:dev:imei:<15-16 digits>`, `urn:dev:deveui:<16 hex>`, `urn:dev:dvnuuid:<uuid>`.
The URN forms may end in one colon. A bare UUID is always the device's own id, never a DvnUUID.""",
        parse_value=parse_device_identifier,
    ),
}
