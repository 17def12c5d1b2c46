"""Use cases as tests call them: each in a transaction of its own, with no GraphQL around it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import pytest

from gateway.db.database import Database
from gateway.db.session import Session, UseCase
from gateway.domain.commands import AddNetworkAdapter, CreateDevice, CreateDeviceGroup, NewAdapter
from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.user_errors import InputPath, Refused
from gateway.domain.uuids import Uuid
from gateway.services.use_case import InSteps
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.mutations.support import IMEI, JOAN, dump

Command = TypeVar("Command")
Result = TypeVar("Result")

IMEI_FIELD = ("networkAdapter", "cellular", "imei")
DEVICE_VALUES: dict[str, Any] = {
    "name": "Pump",
    "status": DeviceStatus.ACTIVE,
    "barcode": None,
    "description": None,
    "client_id": CLIENT,
    "project_id": PROJECT,
    "device_specification_id": SPECIFICATION,
}
GROUP_VALUES: dict[str, Any] = {"name": "North", "description": None, "client_id": CLIENT, "project_id": PROJECT}


class Error(NamedTuple):
    """A user error, without its words."""

    code: str
    field: InputPath | None
    conflicting_id: Uuid | None = None


def caller(*clients: Uuid) -> Principal:
    """Return a caller who reaches these clients, or every client. Scopes are no affair of a use case."""
    return Principal(subject=JOAN, scopes=frozenset(), clients=frozenset(clients) or None)


async def execute(
    database: Database,
    use_case: UseCase[Command, Result] | InSteps[Command, Result],
    command: Command,
    principal: Principal | None = None,
) -> Result:
    """Return what a use case returns, for a caller who reaches every client where no other is named."""
    if isinstance(use_case, InSteps):
        return await use_case.run(Session(database), principal or caller(), command)
    return await Session(database).change(principal or caller(), use_case, command)


async def refusal(
    database: Database,
    use_case: UseCase[Command, Any] | InSteps[Command, Any],
    command: Command,
    principal: Principal | None = None,
) -> Sequence[Error]:
    """Return the user errors of a command that is refused; assert that it changes nothing."""
    before = await dump(database)
    with pytest.raises(Refused) as raised:
        await execute(database, use_case, command, principal)
    assert await dump(database) == before
    return [
        Error(error.code, error.field, getattr(error.conflicting_node, "id", None))
        for error in raised.value.user_errors
    ]


def imei(identifier: str = IMEI, *field: str) -> NewAdapter:
    return NewAdapter(type=NetworkAdapterType.CELLULAR, identifier=identifier, field=field or IMEI_FIELD)


def by_id(id_: str) -> DeviceIdentifier:
    return DeviceIdentifier(id_)


def by_imei(identifier: str = IMEI) -> DeviceIdentifier:
    return DeviceIdentifier(identifier, NetworkAdapterType.CELLULAR)


def new_device(
    *, adapters: Sequence[NewAdapter] = (), groups: Sequence[str] = (), key: str | None = None, **values: Any
) -> CreateDevice:
    return CreateDevice(
        values={**DEVICE_VALUES, **values},
        network_adapters=tuple(adapters),
        device_group_ids=tuple(groups),
        idempotency_key=key,
    )


def new_adapter(device_id: str, adapter: NewAdapter, *, key: str | None = None) -> AddNetworkAdapter:
    return AddNetworkAdapter(device=by_id(device_id), network_adapter=adapter, idempotency_key=key)


def new_group(*, key: str | None = None, **values: Any) -> CreateDeviceGroup:
    return CreateDeviceGroup(values={**GROUP_VALUES, **values}, idempotency_key=key)
