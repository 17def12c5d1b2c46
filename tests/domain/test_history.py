"""What a change to a device is recorded as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.history import FieldChange, field_changes

DEVICE = {
    "name": "Pump",
    "status": "ACTIVE",
    "barcode": None,
    "description": "In the cellar",
    "client_id": "7098dc22-fed5-4d9e-8e68-6c6f853eac0c",
    "project_id": "b6a883a8-41f9-428e-a8a1-4597de54fec6",
    "device_specification_id": "9c359e94-ace1-448c-8ac9-443a7d3d963f",
}
SHOWN = ("name", "status", "barcode", "description", "clientId", "projectId", "deviceSpecificationId")
DEVICES = st.fixed_dictionaries({name: st.none() | st.sampled_from(["", "a", "b"]) for name in DEVICE})


@pytest.mark.parametrize(("name", "shown"), list(zip(DEVICE, SHOWN, strict=True)))
def test_a_change_of_one_field_is_recorded_under_its_name_in_the_schema(name: str, shown: str) -> None:
    assert field_changes(DEVICE, {**DEVICE, name: "other"}) == [FieldChange(shown, DEVICE[name], "other")]


def test_a_new_device_is_recorded_with_every_value_that_it_has() -> None:
    assert field_changes({}, DEVICE) == [
        FieldChange("name", None, "Pump"),
        FieldChange("status", None, "ACTIVE"),
        FieldChange("description", None, "In the cellar"),
        FieldChange("clientId", None, "7098dc22-fed5-4d9e-8e68-6c6f853eac0c"),
        FieldChange("projectId", None, "b6a883a8-41f9-428e-a8a1-4597de54fec6"),
        FieldChange("deviceSpecificationId", None, "9c359e94-ace1-448c-8ac9-443a7d3d963f"),
    ]


def test_a_deleted_device_is_recorded_with_every_value_that_it_had() -> None:
    assert field_changes(DEVICE, {}) == [
        FieldChange(shown, after, before) for shown, before, after in field_changes({}, DEVICE)
    ]


def test_empty_text_is_not_the_same_as_no_text() -> None:
    assert field_changes(DEVICE, {**DEVICE, "barcode": ""}) == [FieldChange("barcode", None, "")]


def test_what_describes_the_record_itself_is_not_part_of_a_change() -> None:
    assert field_changes({**DEVICE, "modified_at": "a", "version": "1"}, {**DEVICE, "modified_at": "b"}) == []


@given(DEVICES, DEVICES)
def test_exactly_the_fields_that_differ_are_recorded(
    before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    names = dict(zip(SHOWN, DEVICE, strict=True))
    changes = field_changes(before, after)
    assert {names[change.field] for change in changes} == {name for name in DEVICE if before[name] != after[name]}
    assert all((before[names[field]], after[names[field]]) == (old, new) for field, old, new in changes)
