"""Mutations as tests send them, their answers, and all that a database holds."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from sqlalchemy import Table, select
from sqlmodel import SQLModel

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.domain.enums import Scope
from gateway.domain.identifiers import ACCEPTED
from gateway.domain.uuids import Uuid
from gateway.graphql.schema import graphql_schema
from tests.client import Answer, GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, new_uuid
from tests.statements import Statements

JOAN = Uuid("5d2c1a60-3f0e-4f0e-9c58-6f6f3b1f2a77")
"""A caller who is not the one that the factories' rows are recorded with."""
BY_JOAN = f"principal/{JOAN}"
NO_SUCH_ID = "00000000-0000-4000-8000-000000000000"
IMEI, OTHER_IMEI = "490154203237518", "352099001761481"
DEV_EUI, DVN_UUID = "70B3D57ED0000ABC", "0b5e5c0a-7f0d-4d5e-8a43-2f6f5a1c9d3e"
DAY_SHOWN = "2025-03-01T12:00:00.000Z"

CELLULAR = {"cellular": {"imei": IMEI}}
LORA = {"lora": {"devEui": DEV_EUI}}
GENERIC = {"generic": {"dvnUuid": DVN_UUID}}

NEW_DEVICE = {"name": "Pump", "clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
NEW_GROUP = {"name": "North", "clientId": CLIENT, "projectId": PROJECT}

RECORD = "createdAt createdBy modifiedAt modifiedBy"
DEVICE = f"id name status barcode description clientId projectId deviceSpecificationId {RECORD} version"
GROUP = f"id name description clientId projectId {RECORD} version"
ADAPTER = f"""... on Node {{ __typename id }}
  ... on CellularNetworkAdapter {{ type imei urn {RECORD} }}
  ... on LoraNetworkAdapter {{ type devEui urn {RECORD} }}
  ... on GenericNetworkAdapter {{ type dvnUuid urn {RECORD} }}"""
EVENT = "type deviceId version occurredAt occurredBy changes { field before after }"

NOT_A_UUID = (
    '"nonsense" is not a UUID; expected 32 hexadecimal digits with hyphens, '
    "such as 36e75427-4c6e-438c-89b5-0cbdb0d4068c."
)
NOT_AN_IDENTIFIER = f'"imei:12" is not a device identifier; expected {ACCEPTED}.'

NOT_BLANK = "expected a character that is not white space"
UNREACHED = [NO_SUCH_ID, f"urn:dev:imei:{OTHER_IMEI}", "foreign id", f"urn:dev:imei:{IMEI}"]
"""Identifiers of no device that the caller reaches; the last two are to be those of a device of another client."""
LONG = "\N{ELECTRIC PLUG}" * 256
"""One character more than a text may have."""

OWNERS = {"client": ("CLIENT_MISMATCH", CLIENT, OTHER_CLIENT), "project": ("PROJECT_MISMATCH", PROJECT, new_uuid())}
"""What a device and its groups have in common: the code where they do not, their own id, and another."""

Json = dict[str, Any]
Dump = dict[str, list[Json]]
"""The rows of each table, by the names of their columns."""


def token_of(
    gateway: GatewayClient,
    subject: Uuid = JOAN,
    *,
    scopes: Iterable[str] = tuple(Scope),
    clients: Iterable[Uuid] | None = None,
) -> str:
    secret = embedded_secret(gateway.settings.embedded_key_file)
    return issue_token(secret, subject=subject, scopes=scopes, clients=clients, ttl=timedelta(hours=1))


def without(*scopes: Scope) -> set[Scope]:
    return set(Scope) - set(scopes)


@asynccontextmanager
async def other_process(gateway: GatewayClient) -> AsyncIterator[GatewayClient]:
    """Open another gateway on the same database, with connections of its own."""
    other = GatewayClient(gateway.settings)
    try:
        yield other
    finally:
        await other.close()


async def ask(
    gateway: GatewayClient, mutation: str, input_: Json, selection: str = "", *, token: str | None = None
) -> Answer:
    document = f"""mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}(input: $input) {{
      {selection} userErrors {{ code message field conflictingNode {{ id }} }}
    }} }}"""
    return await gateway.ask(document, {"input": input_}, token=token)


async def changed(
    gateway: GatewayClient, mutation: str, input_: Json, selection: str = "", *, token: str | None = None
) -> Any:
    """Return the payload of a mutation that is not refused, without its `userErrors`."""
    answer = await ask(gateway, mutation, input_, selection, token=token)
    assert not answer.errors
    payload = answer.data[mutation]
    assert payload.pop("userErrors") == []
    return payload


async def refused(
    gateway: GatewayClient, mutation: str, input_: Json, *, token: str | None = None, selection: str | None = None
) -> list[Json]:
    """Return the `userErrors` of a mutation whose other fields are null and which changes nothing.

    A caller who may not read the payload's other fields leaves them out by an empty `selection`.
    """
    before = await dump(gateway.database)
    selected = _every_field_of(mutation) if selection is None else selection
    answer = await ask(gateway, mutation, input_, selected, token=token)
    assert not answer.errors
    assert await dump(gateway.database) == before
    payload: Json = answer.data[mutation]
    errors: list[Json] = payload.pop("userErrors")
    assert set(payload.values()) <= {None}
    return errors


def error(code: str, message: str, *field: str, conflicting: str | None = None) -> Json:
    return {
        "code": code,
        "message": message,
        "field": list(field),
        "conflictingNode": conflicting and {"id": conflicting},
    }


def wrong_texts(*fields: str) -> list[tuple[str, str, str, str]]:
    """Return values of `name`, and of `fields` that may be empty, each with the code and the rule that it breaks."""
    wrong_everywhere = (
        (LONG, "TOO_LONG", "has 256 characters; expected at most 255."),
        ("Pu\0mp", "INVALID_FORMAT", "contains NUL, which is not accepted."),
    )
    blank = ("", " \t\v\f\x1c\x1f", "\N{NO-BREAK SPACE}\N{OGHAM SPACE MARK}\N{EM SPACE}\N{IDEOGRAPHIC SPACE}")
    names = [("name", value, "BLANK", f"is blank; {NOT_BLANK}.") for value in blank]
    return names + [(field, *wrong) for field in ("name", *fields) for wrong in wrong_everywhere]


def mismatch(owner: str, group_id: str, *field: str, conflicting: str | None) -> Json:
    """Return the error of a group of another client or project than the device is of."""
    code, own, other = OWNERS[owner]
    message = (
        f"{field[0]}: the device group {group_id} holds devices of the {owner} {other} only; the device is of {own}."
    )
    return error(code, message, *field, conflicting=conflicting)


async def assert_forbidden(gateway: GatewayClient, mutation: str, input_: Json, scope: Scope) -> None:
    """Assert that a mutation is refused without `scope`, before any statement runs."""
    with Statements(gateway.database).recorded() as recorded:
        answer = await ask(gateway, mutation, input_, token=gateway.token(scopes=without(scope)))
    assert answer.data == {mutation: None}
    assert [(each["message"], each["path"]) for each in answer.errors] == [
        (f"The token lacks the scope {scope}.", [mutation])
    ]
    assert answer.codes == ["FORBIDDEN"]
    assert [statement.text for statement in recorded] == []


async def assert_unreadable(gateway: GatewayClient, mutation: str, input_: Json, field: str, scope: Scope) -> None:
    """Assert that without `scope` a field of the payload is forbidden, but the change is made."""
    before = await dump(gateway.database)
    answer = await ask(
        gateway, mutation, input_, f"{field} {{ __typename }}", token=token_of(gateway, scopes=without(scope))
    )
    assert answer.data == {mutation: {field: None, "userErrors": []}}
    assert [(each["message"], each["path"]) for each in answer.errors] == [
        (f"The token lacks the scope {scope}.", [mutation, field])
    ]
    assert await dump(gateway.database) != before


async def history(gateway: GatewayClient, device_id: str, *, token: str | None = None) -> list[Json]:
    """Return the events of a device, which the device itself has to have too where there is one."""
    query = f"""query ($id: ID!, $device: DeviceIdentifier!) {{
      deviceHistory(deviceId: $id) {{ nodes {{ {EVENT} }} }}
      device(identifier: $device) {{ history {{ nodes {{ {EVENT} }} }} }}
    }}"""
    data = await gateway.data(query, {"id": device_id, "device": device_id}, token=token)
    events: list[Json] = data["deviceHistory"]["nodes"]
    assert data["device"] is None or data["device"]["history"]["nodes"] == events
    return events


def event(
    type_: str, device_id: str, version: int, at: str, *changes: tuple[str, str | None, str | None], by: str = BY_JOAN
) -> Json:
    return {
        "type": type_,
        "deviceId": device_id,
        "version": version,
        "occurredAt": at,
        "occurredBy": by,
        "changes": [{"field": field, "before": before, "after": after} for field, before, after in changes],
    }


async def dump(database: Database) -> Dump:
    """Return every column of every row of every table."""
    return {table.name: await _rows(database, table) for table in SQLModel.metadata.sorted_tables}


async def _rows(database: Database, table: Table) -> list[Json]:
    statement = Statement[Any](select(table).order_by(*table.primary_key.columns))
    return [dict(zip(table.columns.keys(), row, strict=True)) for row in await Session(database).fetch(statement)]


@asynccontextmanager
async def nothing_changed(gateway: GatewayClient) -> AsyncIterator[None]:
    """Assert that what runs inside the block changes no row."""
    before = await dump(gateway.database)
    yield
    assert await dump(gateway.database) == before


@asynccontextmanager
async def nothing_written(gateway: GatewayClient) -> AsyncIterator[None]:
    """Assert that no statement inside the block is one that could write."""
    async with nothing_changed(gateway):
        with Statements(gateway.database).recorded() as recorded:
            yield
        assert [each.text for each in recorded if each.text.split()[0] in {"INSERT", "UPDATE", "DELETE"}] == []


async def device(gateway: GatewayClient, identifier: str, selection: str = DEVICE, *, token: str | None = None) -> Any:
    query = f"query ($identifier: DeviceIdentifier!) {{ device(identifier: $identifier) {{ {selection} }} }}"
    return (await gateway.data(query, {"identifier": identifier}, token=token))["device"]


async def found_by(gateway: GatewayClient, text: str, *, field: str = "devices") -> list[str]:
    """Return the names of what a search finds."""
    query = f"query ($text: String!) {{ {field}(filter: {{ search: $text }}) {{ nodes {{ name }} }} }}"
    return [node["name"] for node in (await gateway.data(query, {"text": text}))[field]["nodes"]]


def _every_field_of(mutation: str) -> str:
    """Select each field of the mutation's payload but `userErrors`."""
    assert graphql_schema.mutation_type
    payload = get_named_type(graphql_schema.mutation_type.fields[mutation].type)
    assert isinstance(payload, GraphQLObjectType)
    return " ".join(
        name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"
        for name, field in payload.fields.items()
        if name != "userErrors"
    )
