"""The rules of adapters, owners, groups and versions, as functions of what is asked and what there is."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import NewAdapter
from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.errors import BadUserInput
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.user_errors import InputPath, Refused, UserError, UserErrorCode
from gateway.domain.uuids import Uuid
from gateway.domain.validation import (
    adapter_errors,
    client_errors,
    immutability_errors,
    length_errors,
    membership_errors,
    missing_device_error,
    missing_error,
    move_errors,
    taken_error,
    version_errors,
)

CELLULAR, LORA, GENERIC = NetworkAdapterType.CELLULAR, NetworkAdapterType.LORA, NetworkAdapterType.GENERIC
IMEI, DEV_EUI, DVN_UUID = "490154203237518", "70B3D57ED0000ABC", "0b5e5c0a-7f0d-4d5e-8a43-2f6f5a1c9d3e"
CLIENT, PROJECT, OTHER = (Uuid(f"{digit * 8}-0000-4000-8000-000000000000") for digit in "abc")


class Group(NamedTuple):
    id: Uuid
    client_id: Uuid
    project_id: Uuid


class Versioned(NamedTuple):
    version: int


def adapter(type_: NetworkAdapterType, identifier: str, index: int = 0) -> NewAdapter:
    return NewAdapter(type=type_, identifier=identifier, field=("networkAdapters", str(index), "x", "identifier"))


def codes(user_errors: Iterable[UserError]) -> list[tuple[UserErrorCode, InputPath | None]]:
    return [(user_error.code, user_error.field) for user_error in user_errors]


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        ((LORA, DEV_EUI), (LORA, DEV_EUI.lower()), True),
        ((GENERIC, DVN_UUID), (GENERIC, DVN_UUID.upper()), True),
        ((CELLULAR, IMEI), (CELLULAR, IMEI), True),
        ((CELLULAR, IMEI), (CELLULAR, f"{IMEI}0"), False),
        ((CELLULAR, f"{IMEI}0"), (LORA, f"{IMEI}0"), False),
    ],
)
def test_an_identifier_comes_twice_where_its_type_and_canonical_form_do(
    first: tuple[NetworkAdapterType, str], second: tuple[NetworkAdapterType, str], *, twice: bool
) -> None:
    adapters = [adapter(*first, index=0), adapter(*second, index=1)]
    expected = [(UserErrorCode.IDENTIFIER_TAKEN, adapters[1].field)] if twice else []
    assert codes(adapter_errors(adapters)) == expected


def test_each_malformed_identifier_is_an_error_but_does_not_come_twice() -> None:
    adapters = [adapter(CELLULAR, "12", 0), adapter(CELLULAR, "12", 1), adapter(LORA, DEV_EUI, 2)]
    assert codes(adapter_errors(adapters)) == [(UserErrorCode.INVALID_FORMAT, each.field) for each in adapters[:2]]


def test_a_taken_identifier_is_named_in_its_canonical_form_with_its_holder() -> None:
    new_adapter, holder = adapter(LORA, DEV_EUI.lower()), object()
    assert taken_error(new_adapter, holder) == UserError(
        code=UserErrorCode.IDENTIFIER_TAKEN,
        message=f"identifier: {DEV_EUI} belongs to an adapter already; it is one adapter's only.",
        field=new_adapter.field,
        conflicting_node=holder,
    )


@pytest.mark.parametrize(
    ("type_", "identifier", "expected"),
    [
        (LORA, DEV_EUI, []),
        (LORA, DEV_EUI.lower(), []),
        (LORA, "70B3D57ED0000ABD", [UserErrorCode.IMMUTABLE]),
        (GENERIC, DVN_UUID, [UserErrorCode.IMMUTABLE]),
        (LORA, "70B3D57ED0000AB", [UserErrorCode.INVALID_FORMAT]),
        # Input is judged whole: what is of another type may be malformed as well.
        (CELLULAR, "x", [UserErrorCode.INVALID_FORMAT, UserErrorCode.IMMUTABLE]),
    ],
)
def test_the_type_and_the_identifier_of_an_adapter_never_change(
    type_: NetworkAdapterType, identifier: str, expected: list[UserErrorCode]
) -> None:
    update = adapter(type_, identifier)
    assert codes(immutability_errors(LORA, DEV_EUI, update)) == [(code, update.field) for code in expected]


def test_lists_have_at_most_a_hundred_items() -> None:
    assert codes(length_errors(network_adapters=range(100), device_group_ids=())) == []
    assert codes(length_errors(network_adapters=range(101), device_group_ids=range(102))) == [
        (UserErrorCode.TOO_MANY, ("networkAdapters",)),
        (UserErrorCode.TOO_MANY, ("deviceGroupIds",)),
    ]


@pytest.mark.parametrize(
    ("clients", "allowed"), [(None, True), ({CLIENT}, True), ({OTHER, CLIENT}, True), ({OTHER}, False), (set(), False)]
)
def test_a_client_has_to_be_within_the_callers_reach(clients: set[Uuid] | None, *, allowed: bool) -> None:
    reached = None if clients is None else frozenset(clients)
    principal = Principal(subject=OTHER, scopes=frozenset(Scope), clients=reached)
    assert codes(client_errors(CLIENT, principal)) == ([] if allowed else [(UserErrorCode.NOT_ALLOWED, ("clientId",))])


def test_a_group_of_the_devices_client_and_project_is_found_in_any_letter_case() -> None:
    group = Group(OTHER, CLIENT, PROJECT)
    ids = [(("deviceGroupIds", "0"), group.id.upper())]
    assert list(membership_errors(ids, {group.id: group}, client_id=CLIENT, project_id=PROJECT)) == []


def test_groups_have_to_be_there_and_of_the_devices_client_and_project() -> None:
    groups = {
        group.id: group
        for group in (
            Group(Uuid("d" * 8), CLIENT, OTHER),
            Group(Uuid("e" * 8), OTHER, PROJECT),
            Group(Uuid("f" * 8), OTHER, OTHER),
        )
    }
    of_project, of_client, of_neither = groups.values()
    ids = [*groups, PROJECT, "nonsense"]
    paths = [("deviceGroupIds", str(index)) for index in range(len(ids))]
    user_errors = list(membership_errors(zip(paths, ids, strict=True), groups, client_id=CLIENT, project_id=PROJECT))
    assert [(user_error.code, user_error.field, user_error.conflicting_node) for user_error in user_errors] == [
        (UserErrorCode.PROJECT_MISMATCH, paths[0], of_project),
        (UserErrorCode.CLIENT_MISMATCH, paths[1], of_client),
        (UserErrorCode.CLIENT_MISMATCH, paths[2], of_neither),
        (UserErrorCode.PROJECT_MISMATCH, paths[2], of_neither),
        (UserErrorCode.NOT_FOUND, paths[3], None),
        (UserErrorCode.INVALID_FORMAT, paths[4], None),
    ]


CLIENT_MOVE = (UserErrorCode.CLIENT_MISMATCH, ("clientId",))
PROJECT_MOVE = (UserErrorCode.PROJECT_MISMATCH, ("projectId",))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": "Pump"}, []),
        ({"client_id": OTHER}, [CLIENT_MOVE]),
        ({"project_id": OTHER}, [PROJECT_MOVE]),
        ({"project_id": OTHER, "client_id": OTHER}, [CLIENT_MOVE, PROJECT_MOVE]),
        # That null is no client is another rule's affair.
        ({"client_id": None}, []),
    ],
)
def test_groups_keep_a_device_with_its_client_and_project(
    changes: dict[str, Uuid | None], expected: list[tuple[UserErrorCode, InputPath]]
) -> None:
    groups = [Group(OTHER, CLIENT, PROJECT), Group(PROJECT, CLIENT, PROJECT)]
    user_errors = list(move_errors(changes, groups))
    assert codes(user_errors) == expected
    assert [user_error.conflicting_node for user_error in user_errors] == groups[:1] * len(expected)


def test_a_device_in_no_group_may_move() -> None:
    assert list(move_errors({"client_id": OTHER, "project_id": OTHER}, [])) == []


@pytest.mark.parametrize(("expected", "refused"), [(None, False), (3, False), (2, True), (4, True), (0, True)])
def test_an_expected_version_has_to_be_the_present_one(expected: int | None, *, refused: bool) -> None:
    present = Versioned(version=3)
    user_errors = list(version_errors(expected, present))
    assert [(user_error.code, user_error.conflicting_node) for user_error in user_errors] == [
        (UserErrorCode.VERSION_MISMATCH, present)
    ] * refused
    assert all("the present version is 3." in user_error.message for user_error in user_errors)


def test_what_is_missing_is_named_by_its_kind_and_what_is_no_id_is_malformed() -> None:
    assert missing_error("network adapter", CLIENT, ("networkAdapterId",)) == UserError(
        code=UserErrorCode.NOT_FOUND,
        message=f"networkAdapterId: there is no network adapter {CLIENT}.",
        field=("networkAdapterId",),
    )
    assert missing_error("network adapter", f"{CLIENT}\n", ("networkAdapterId",)).code == UserErrorCode.INVALID_FORMAT


def test_a_device_that_is_missing_is_named_in_canonical_form() -> None:
    assert missing_device_error(DeviceIdentifier(DEV_EUI, LORA)) == UserError(
        code=UserErrorCode.NOT_FOUND,
        message=f"device: there is no device urn:dev:deveui:{DEV_EUI.lower()}.",
        field=("device",),
    )


def test_a_refusal_says_every_error() -> None:
    user_errors = [missing_error("device group", id_, ("id",)) for id_ in (CLIENT, "nonsense")]
    refusal = Refused(*user_errors)
    assert list(refusal.user_errors) == user_errors
    assert str(refusal) == "; ".join(user_error.message for user_error in user_errors)


@given(st.sampled_from(NetworkAdapterType), st.text(max_size=40) | st.sampled_from([IMEI, DEV_EUI, DVN_UUID]))
def test_an_identifier_has_a_canonical_form_or_an_error(type_: NetworkAdapterType, text: str) -> None:
    new_adapter = adapter(type_, text)
    if user_errors := list(adapter_errors([new_adapter])):
        with pytest.raises(BadUserInput) as raised:
            _ = new_adapter.canonical_identifier
        assert [user_error.message for user_error in user_errors] == [f"identifier: {raised.value}"]
    else:
        assert list(immutability_errors(type_, new_adapter.canonical_identifier, new_adapter)) == []
