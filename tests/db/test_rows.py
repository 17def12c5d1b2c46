"""Rows that hold only what was read of them."""

import pytest

from gateway.db.rows import (
    ADAPTER_COLUMNS,
    DEVICE_COLUMNS,
    LINK_COLUMNS,
    DeviceGroupRow,
    DeviceRow,
    LinkedDeviceRow,
    NetworkAdapterRow,
    NotRead,
    columns_read,
    row_maker,
)
from gateway.domain.enums import NetworkAdapterType


def test_a_row_has_the_values_that_were_read_by_their_names() -> None:
    row = row_maker(DeviceRow, ["version", "name", "parent"])((3, "Pump", "a group"))
    assert (row.name, row.version) == ("Pump", 3)
    assert isinstance(row, DeviceRow)
    assert repr(row) == "(3, 'Pump', 'a group')"


@pytest.mark.parametrize(
    ("row_type", "attribute"), [(DeviceRow, "barcode"), (DeviceGroupRow, "description"), (NetworkAdapterRow, "type")]
)
def test_an_attribute_that_was_not_read_is_an_error_that_says_where_to_name_it(
    row_type: type[DeviceRow | DeviceGroupRow | NetworkAdapterRow], attribute: str
) -> None:
    row = row_maker(row_type, ["id"])(("an id",))
    with pytest.raises(NotRead) as raised:
        getattr(row, attribute)
    assert str(raised.value) == (
        f"{row_type.__name__}.{attribute} was not read; "
        "name it in the reads= of the relation or property that needs it."
    )


def test_a_computed_attribute_tells_what_was_not_read_for_it() -> None:
    row = row_maker(NetworkAdapterRow, ["identifier"])(("70B3D57ED0001A2B",))
    with pytest.raises(NotRead, match=r"^NetworkAdapterRow\.type was not read; "):
        _ = row.urn


def test_an_attribute_that_no_row_has_is_no_attribute_that_was_not_read() -> None:
    row = row_maker(DeviceRow, ["name"])(("Pump",))
    with pytest.raises(AttributeError) as raised:
        _ = row.nothing  # type: ignore[attr-defined]  # that is the point
    assert not isinstance(raised.value, NotRead)


def test_a_whole_row_can_be_changed_as_any_named_tuple() -> None:
    row = row_maker(DeviceRow)([name.upper() for name in DeviceRow._fields])
    assert row._replace(name="Pump")._asdict() == {**row._asdict(), "name": "Pump"}


def test_computed_attributes_are_made_of_what_was_read_for_them() -> None:
    columns = columns_read(NetworkAdapterRow, ADAPTER_COLUMNS, {"urn"})
    assert list(columns) == ["type", "identifier"]
    row = row_maker(NetworkAdapterRow, columns)((NetworkAdapterType.LORA, "70B3D57ED0001A2B"))
    assert (row.urn, row.dev_eui) == ("urn:dev:deveui:70b3d57ed0001a2b", "70B3D57ED0001A2B")


@pytest.mark.parametrize(("barcode", "expected"), [(None, "1"), ("", "0"), ("1", "01"), ("a", "0a")])
def test_a_missing_barcode_sorts_after_every_other(barcode: str | None, expected: str) -> None:
    row = row_maker(DeviceRow, columns_read(DeviceRow, DEVICE_COLUMNS, {"barcode_order"}))((barcode,))
    assert row.barcode_order == expected


def test_an_edge_of_a_link_reads_of_the_link_what_the_node_has_too() -> None:
    columns = columns_read(LinkedDeviceRow, {**DEVICE_COLUMNS, **LINK_COLUMNS}, {"created_at"})
    assert list(columns) == ["created_at", "linked_at"]


def test_columns_keep_their_order_whatever_is_read_first() -> None:
    assert list(columns_read(DeviceRow, DEVICE_COLUMNS, ["version", "nothing", "id"])) == ["id", "version"]
