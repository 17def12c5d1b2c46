"""The rules of changes, as functions of what is asked and what there is."""

import sys
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.commands import NewAdapter
from gateway.domain.errors import BadUserInput
from gateway.domain.faults import Fault, FaultCode, Refused
from gateway.domain.kinds import DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.principal import Principal
from gateway.domain.rules import (
    adapter_faults,
    client_faults,
    identity_faults,
    key_faults,
    length_faults,
    membership_faults,
    missing_fault,
    project_move_faults,
    shown,
    taken_fault,
    text_faults,
    value_faults,
    version_faults,
)
from gateway.domain.uuids import Uuid

CELLULAR, LORA, GENERIC = NetworkAdapterType.CELLULAR, NetworkAdapterType.LORA, NetworkAdapterType.GENERIC
IMEI, DEV_EUI, DVN_UUID = "490154203237518", "70B3D57ED0000ABC", "0b5e5c0a-7f0d-4d5e-8a43-2f6f5a1c9d3e"
CLIENT, PROJECT, OTHER = (Uuid(f"{digit * 8}-0000-4000-8000-000000000000") for digit in "abc")
# Every character with Unicode's property White_Space.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class Group(NamedTuple):
    id: Uuid
    project_id: Uuid


class Thing(NamedTuple):
    version: int


def adapter(type_: NetworkAdapterType, identifier: str, place: int = 0) -> NewAdapter:
    return NewAdapter(type=type_, identifier=identifier, field=("networkAdapters", str(place), "x", "identifier"))


def codes(faults: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(fault.code, fault.field) for fault in faults]


@pytest.mark.parametrize(
    ("column", "name"),
    [("name", "name"), ("client_id", "clientId"), ("device_specification_id", "deviceSpecificationId")],
)
def test_a_column_is_shown_by_its_name_in_the_schema(column: str, name: str) -> None:
    assert shown(column) == name


@given(st.text(min_size=1, max_size=255).filter(lambda text: text.strip() and "\0" not in text))
def test_text_of_up_to_255_characters_with_one_that_is_not_white_space_is_accepted(text: str) -> None:
    assert list(text_faults(("name",), text)) == []


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_text_of_white_space_of_any_kind_is_blank(space: str) -> None:
    assert codes(text_faults(("name",), space * 3)) == [(FaultCode.BLANK, ("name",))]
    assert codes(text_faults(("name",), f"{space}x{space}")) == []


@given(st.characters(min_codepoint=0x10000, max_codepoint=sys.maxunicode))
def test_a_character_beyond_the_basic_plane_counts_as_one(character: str) -> None:
    assert codes(text_faults(("name",), character * 255)) == []
    assert codes(text_faults(("name",), character * 256)) == [(FaultCode.TOO_LONG, ("name",))]


def test_each_rule_that_a_text_breaks_is_a_fault_of_its_own() -> None:
    assert codes(text_faults(("name",), " " * 256)) == [(FaultCode.BLANK, ("name",)), (FaultCode.TOO_LONG, ("name",))]
    assert codes(text_faults(("name",), "\0" * 256)) == [
        (FaultCode.TOO_LONG, ("name",)),
        (FaultCode.INVALID_FORMAT, ("name",)),
    ]


def test_a_long_text_is_not_repeated_whole() -> None:
    [fault] = text_faults(("name",), "x" * 100_000)
    assert "has 100000 characters; expected at most 255." in fault.message
    assert len(fault.message) < 200


def test_optional_fields_may_be_null_or_blank_and_others_neither() -> None:
    assert codes(value_faults({"barcode": None, "description": " "})) == []
    assert codes(value_faults({"name": None, "client_id": None, "status": None})) == [
        (FaultCode.BLANK, ("name",)),
        (FaultCode.BLANK, ("clientId",)),
        (FaultCode.BLANK, ("status",)),
    ]


def test_values_that_are_not_given_have_no_faults() -> None:
    assert codes(value_faults({})) == []
    assert codes(value_faults({"status": DeviceStatus.INACTIVE, "client_id": CLIENT})) == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, []),
        ("k", []),
        ("", [FaultCode.BLANK]),
        ("k" * 255, []),
        ("k" * 256, [FaultCode.TOO_LONG]),
        ("k\0", [FaultCode.INVALID_FORMAT]),
    ],
)
def test_an_idempotency_key_is_text_where_there_is_one(key: str | None, expected: list[FaultCode]) -> None:
    assert codes(key_faults(key)) == [(code, ("idempotencyKey",)) for code in expected]


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
    wanted = [adapter(*first, place=0), adapter(*second, place=1)]
    expected = [(FaultCode.IDENTIFIER_TAKEN, wanted[1].field)] if twice else []
    assert codes(adapter_faults(wanted)) == expected


def test_each_malformed_identifier_is_a_fault_but_does_not_come_twice() -> None:
    wanted = [adapter(CELLULAR, "12", 0), adapter(CELLULAR, "12", 1), adapter(LORA, DEV_EUI, 2)]
    assert codes(adapter_faults(wanted)) == [(FaultCode.INVALID_FORMAT, each.field) for each in wanted[:2]]


def test_a_taken_identifier_is_named_in_its_canonical_form_with_its_holder() -> None:
    wanted, holder = adapter(LORA, DEV_EUI.lower()), object()
    assert taken_fault(wanted, holder) == Fault(
        code=FaultCode.IDENTIFIER_TAKEN,
        message=f"identifier: {DEV_EUI} belongs to an adapter already; it is one adapter's only.",
        field=wanted.field,
        conflicting=holder,
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((LORA, DEV_EUI), []),
        ((LORA, DEV_EUI.lower()), []),
        ((LORA, "70B3D57ED0000ABD"), [FaultCode.IMMUTABLE]),
        ((GENERIC, DVN_UUID), [FaultCode.IMMUTABLE]),
        ((LORA, "70B3D57ED0000AB"), [FaultCode.INVALID_FORMAT]),
        # That it is another type is what matters, and not how its identifier is written.
        ((CELLULAR, "x"), [FaultCode.IMMUTABLE]),
    ],
)
def test_an_adapter_stays_what_it_is(wanted: tuple[NetworkAdapterType, str], expected: list[FaultCode]) -> None:
    update = adapter(*wanted)
    assert codes(identity_faults(LORA, DEV_EUI, update)) == [(code, update.field) for code in expected]


def test_lists_have_at_most_a_hundred_items() -> None:
    assert codes(length_faults(network_adapters=range(100), device_group_ids=())) == []
    assert codes(length_faults(network_adapters=range(101), device_group_ids=range(102))) == [
        (FaultCode.TOO_MANY, ("networkAdapters",)),
        (FaultCode.TOO_MANY, ("deviceGroupIds",)),
    ]


@pytest.mark.parametrize(
    ("clients", "allowed"), [(None, True), ({CLIENT}, True), ({OTHER, CLIENT}, True), ({OTHER}, False), (set(), False)]
)
def test_a_client_has_to_be_within_the_callers_reach(clients: set[Uuid] | None, *, allowed: bool) -> None:
    reach = None if clients is None else frozenset(clients)
    principal = Principal(subject=OTHER, scopes=frozenset(Scope), clients=reach)
    assert codes(client_faults(CLIENT, principal)) == ([] if allowed else [(FaultCode.NOT_ALLOWED, ("clientId",))])


def test_groups_have_to_be_there_and_of_the_devices_project() -> None:
    own, elsewhere = Group(Uuid(OTHER), PROJECT), Group(Uuid(CLIENT), OTHER)
    ids = [own.id.upper(), elsewhere.id, PROJECT, "nonsense"]
    fields = [("deviceGroupIds", str(place)) for place in range(4)]
    faults = list(
        membership_faults(zip(fields, ids, strict=True), {own.id: own, elsewhere.id: elsewhere}, project_id=PROJECT)
    )
    assert [(fault.code, fault.field, fault.conflicting) for fault in faults] == [
        (FaultCode.PROJECT_MISMATCH, fields[1], elsewhere),
        (FaultCode.NOT_FOUND, fields[2], None),
        (FaultCode.INVALID_FORMAT, fields[3], None),
    ]


@pytest.mark.parametrize(
    ("groups", "in_groups", "expected"),
    [([], False, []), (["seen", "too"], True, ["seen"]), ([], True, [None])],
)
def test_groups_keep_a_device_in_its_project_seen_or_not(
    groups: list[str], expected: list[object], *, in_groups: bool
) -> None:
    faults = list(project_move_faults(groups, in_groups=in_groups))
    assert [fault.conflicting for fault in faults] == expected
    assert codes(faults) == [(FaultCode.PROJECT_MISMATCH, ("projectId",))] * len(expected)


@pytest.mark.parametrize(("expected", "refused"), [(None, False), (3, False), (2, True), (4, True), (0, True)])
def test_an_expected_version_has_to_be_the_present_one(expected: int | None, *, refused: bool) -> None:
    present = Thing(version=3)
    faults = list(version_faults(expected, present))
    assert [(fault.code, fault.conflicting) for fault in faults] == [(FaultCode.VERSION_MISMATCH, present)] * refused
    assert all("the present version is 3." in fault.message for fault in faults)


def test_what_is_missing_is_named_by_its_kind_and_what_is_no_id_is_malformed() -> None:
    assert missing_fault("network adapter", CLIENT, ("networkAdapterId",)) == Fault(
        code=FaultCode.NOT_FOUND,
        message=f"networkAdapterId: there is no network adapter {CLIENT}.",
        field=("networkAdapterId",),
    )
    assert missing_fault("network adapter", f"{CLIENT}\n", ("networkAdapterId",)).code == FaultCode.INVALID_FORMAT


def test_a_refusal_says_every_fault() -> None:
    faults = list(text_faults(("name",), "\0" * 256))
    refusal = Refused(*faults)
    assert list(refusal.faults) == faults
    assert all(fault.message in str(refusal) for fault in faults)


@given(st.sampled_from(NetworkAdapterType), st.text(max_size=40) | st.sampled_from([IMEI, DEV_EUI, DVN_UUID]))
def test_an_identifier_has_a_canonical_form_or_a_fault(type_: NetworkAdapterType, text: str) -> None:
    wanted = adapter(type_, text)
    if faults := list(adapter_faults([wanted])):
        with pytest.raises(BadUserInput) as raised:
            _ = wanted.canonical_identifier
        assert [fault.message for fault in faults] == [f"identifier: {raised.value}"]
    else:
        assert list(identity_faults(type_, wanted.canonical_identifier, wanted)) == []
