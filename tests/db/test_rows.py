"""Rows that hold only what was wanted of them."""

import pytest

from gateway.db.rows import ADAPTER_COLUMNS, DEVICE_COLUMNS, DeviceRow, NetworkAdapterRow, row_of, wanted_columns
from gateway.domain.kinds import NetworkAdapterType


def test_a_row_has_the_values_that_were_read_by_their_names() -> None:
    row = row_of(DeviceRow, ["version", "name", "parent"])((3, "Pump", "a group"))
    assert (row.name, row.version) == ("Pump", 3)
    assert isinstance(row, DeviceRow)
    assert repr(row) == "(3, 'Pump', 'a group')"


def test_a_value_that_was_not_read_is_an_error_and_not_null() -> None:
    row = row_of(DeviceRow, ["name"])(("Pump",))
    with pytest.raises(AttributeError, match="was not wanted"):
        _ = row.barcode


def test_a_whole_row_can_be_changed_as_any_named_tuple() -> None:
    row = row_of(DeviceRow)([name.upper() for name in DeviceRow._fields])
    assert row._replace(name="Pump")._asdict() == {**row._asdict(), "name": "Pump"}


def test_derived_values_are_made_of_what_was_read_for_them() -> None:
    names = wanted_columns(ADAPTER_COLUMNS, {"urn"})
    assert list(names) == ["type", "identifier"]
    row = row_of(NetworkAdapterRow, names)((NetworkAdapterType.LORA, "70B3D57ED0001A2B"))
    assert (row.urn, row.dev_eui) == ("urn:dev:deveui:70b3d57ed0001a2b", "70B3D57ED0001A2B")


def test_columns_keep_their_order_whatever_is_wanted_first() -> None:
    assert list(wanted_columns(DEVICE_COLUMNS, ["version", "nothing", "id"])) == ["id", "version"]
