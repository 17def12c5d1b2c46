"""What a change to a device is recorded as, and how much of it a caller sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.history import FieldChange, creation, field_changes, reverse, visible_changes
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid

CLIENT, OTHER_CLIENT = Uuid("7098dc22-fed5-4d9e-8e68-6c6f853eac0c"), Uuid("1f0d8a5e-0b1f-4c58-9a52-3d4f0c2b7e11")
URN, GROUP_ID = "urn:dev:imei:490154203237518", "5a6f3c1e-0c56-4a0e-8f0b-6a8f3a1f2b7d"

DEVICE = {
    "name": "Pump",
    "status": "ACTIVE",
    "barcode": None,
    "description": "In the cellar",
    "client_id": CLIENT,
    "project_id": "b6a883a8-41f9-428e-a8a1-4597de54fec6",
    "device_specification_id": "9c359e94-ace1-448c-8ac9-443a7d3d963f",
}
GRAPHQL_NAMES = ("name", "status", "barcode", "description", "clientId", "projectId", "deviceSpecificationId")
DEVICES = st.fixed_dictionaries({name: st.none() | st.sampled_from(["", "a", "b"]) for name in DEVICE})


@pytest.mark.parametrize(("name", "graphql_name"), list(zip(DEVICE, GRAPHQL_NAMES, strict=True)))
def test_a_change_of_one_field_is_recorded_under_its_name_in_the_schema(name: str, graphql_name: str) -> None:
    assert field_changes(DEVICE, {**DEVICE, name: "other"}) == [FieldChange(graphql_name, DEVICE[name], "other")]


def test_a_new_device_is_recorded_with_every_value_that_it_has() -> None:
    assert field_changes({}, DEVICE) == [
        FieldChange("name", None, "Pump"),
        FieldChange("status", None, "ACTIVE"),
        FieldChange("description", None, "In the cellar"),
        FieldChange("clientId", None, CLIENT),
        FieldChange("projectId", None, "b6a883a8-41f9-428e-a8a1-4597de54fec6"),
        FieldChange("deviceSpecificationId", None, "9c359e94-ace1-448c-8ac9-443a7d3d963f"),
    ]


def test_a_deleted_device_is_recorded_with_every_value_that_it_had() -> None:
    assert field_changes(DEVICE, {}) == [
        FieldChange(field, after, before) for field, before, after in field_changes({}, DEVICE)
    ]


def test_empty_text_is_not_the_same_as_no_text() -> None:
    assert field_changes(DEVICE, {**DEVICE, "barcode": ""}) == [FieldChange("barcode", None, "")]


def test_what_describes_the_record_itself_is_not_part_of_a_change() -> None:
    assert field_changes({**DEVICE, "modified_at": "a", "version": "1"}, {**DEVICE, "modified_at": "b"}) == []


@given(DEVICES, DEVICES)
def test_exactly_the_fields_that_differ_are_recorded(
    before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    names = dict(zip(GRAPHQL_NAMES, DEVICE, strict=True))
    changes = field_changes(before, after)
    assert {names[change.field] for change in changes} == {name for name in DEVICE if before[name] != after[name]}
    assert all((before[names[field]], after[names[field]]) == (old, new) for field, old, new in changes)


def test_a_creation_is_recorded_with_the_adapters_and_groups_that_the_device_came_with() -> None:
    assert creation(DEVICE, [URN], [GROUP_ID]) == [
        *field_changes({}, DEVICE),
        FieldChange("networkAdapters", None, URN),
        FieldChange("deviceGroups", None, GROUP_ID),
    ]


def test_the_changes_that_undo_others_lead_back_in_the_same_order() -> None:
    changes = [FieldChange("name", "Pump", "Valve"), FieldChange("barcode", None, "12")]
    assert reverse(changes) == [FieldChange("name", "Valve", "Pump"), FieldChange("barcode", "12", None)]


MOVE = [
    FieldChange("name", "Pump of the former client", "Pump"),
    FieldChange("barcode", "12", None),
    FieldChange("clientId", OTHER_CLIENT, CLIENT),
    FieldChange("projectId", "a project of the former client", "b6a883a8-41f9-428e-a8a1-4597de54fec6"),
]


def caller(*clients: Uuid) -> Principal:
    return Principal(subject=CLIENT, scopes=frozenset(), clients=frozenset(clients))


def test_a_device_that_came_from_a_client_out_of_reach_shows_only_what_it_became() -> None:
    assert visible_changes(MOVE, caller(CLIENT)) == [
        FieldChange("name", None, "Pump"),
        FieldChange("clientId", None, CLIENT),
        FieldChange("projectId", None, "b6a883a8-41f9-428e-a8a1-4597de54fec6"),
    ]


EVERY_CLIENT = Principal(subject=CLIENT, scopes=frozenset(), clients=None)


@pytest.mark.parametrize(
    "principal", [caller(CLIENT, OTHER_CLIENT), EVERY_CLIENT], ids=["both clients", "every client"]
)
def test_a_caller_who_reaches_both_clients_sees_what_the_device_was_at_either(principal: Principal) -> None:
    assert visible_changes(MOVE, principal) == MOVE


@pytest.mark.parametrize(
    "changes",
    [
        creation(DEVICE, [URN], [GROUP_ID]),
        reverse(creation(DEVICE, [URN], [GROUP_ID])),
        [FieldChange("name", "Pump", "Valve")],
        [FieldChange("networkAdapters", URN, None)],
        [],
    ],
    ids=["its creation", "its deletion", "another name", "one adapter fewer", "nothing"],
)
def test_an_event_of_a_device_that_stayed_with_its_client_shows_all(changes: list[FieldChange]) -> None:
    assert visible_changes(changes, caller(CLIENT)) == changes
