"""Which columns of files are which fields: the gateway's own, those of others, and what an operator says."""

import io

import pytest

from gateway.cli.app import CommandError
from gateway.cli.files.csv_file import CsvFile
from gateway.cli.files.records import Record
from gateway.cli.files.values import ADAPTER_FORMS, FIELDS
from gateway.domain.enums import NetworkAdapterType
from tests.cli.files.support import HEAD, OWNERS
from tests.factories import CLIENT, PROJECT, SPECIFICATION

OWNER_CONSTANTS: dict[str, str] = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
THE_THINGS_STACK = (
    "id;dev_eui;join_eui;name;frequency_plan_id;app_key\n"
    "one;1111111111111111;70B3D57ED0000000;Device 1;EU_863_870_TTN;11111111111111111111111111111111\n"
    "two;2222222222222222;70B3D57ED0000000;;EU_863_870_TTN;11111111111111111111111111111111\n"
    ";3333333333333333;70B3D57ED0000000;;EU_863_870_TTN;11111111111111111111111111111111\n"
)
THING_PARK = (
    "#directive,DevEUI,,model,JoinEUI\n"
    "CREATE_OTAA,F0-3D-29-00-0B-B1-7A-AA,,m,0,0,,,,,Name 1,,\n"
    "# to do\n"
    "CREATE_ABP,LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122,01020304,m\n"
    "CREATE_CELLULAR,490154203237518,,m,,,,,,,Name 3\n"
    "DELETE,F03D29000BB17AAA\n"
)


def opened(
    text: str | bytes, mapping: dict[str, str] | None = None, constants: dict[str, str] | None = None
) -> CsvFile:
    data = text.encode() if isinstance(text, str) else text
    return CsvFile(io.BytesIO(data), len(data), "fleet.csv", mapping or {}, constants or {})


def records(file: CsvFile) -> list[Record]:
    return list(file.records(file.first))


def told(record: Record) -> tuple[str | None, list[str]]:
    """Return the name and the identifiers of a record without errors."""
    assert record.device is not None, record.errors
    return record.device.values["name"], [adapter.identifier for adapter in record.device.network_adapters]


def refusal(text: str | bytes, **options: dict[str, str]) -> str:
    with pytest.raises(CommandError) as raised:
        opened(text, **options)
    return str(raised.value)


def test_each_type_of_adapter_and_each_field_has_a_column() -> None:
    assert {form.type for form in ADAPTER_FORMS.values()} == set(NetworkAdapterType)
    assert [*ADAPTER_FORMS] == ["imei", "devEui", "dvnUuid"]
    assert [*FIELDS] == ["name", "status", "barcode", "description", *OWNER_CONSTANTS]


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
def test_files_of_spreadsheets_are_read(begin: bytes, end: bytes, delimiter: bytes) -> None:
    text = f"{HEAD},imei\n{OWNERS},Pump,490154203237518 490154203237519\n".encode()
    file = opened(begin + text.replace(b"\n", end).replace(b",", delimiter))
    assert list(map(told, records(file))) == [("Pump", ["490154203237518", "490154203237519"])]


def test_files_of_the_things_stack_are_understood() -> None:
    file = opened(THE_THINGS_STACK, constants=OWNER_CONSTANTS)
    assert file.ignored == ["join_eui", "frequency_plan_id", "app_key"]
    assert list(map(told, records(file))) == [
        ("Device 1", ["1111111111111111"]),
        ("two", ["2222222222222222"]),
        ("3333333333333333", ["3333333333333333"]),
    ]


def test_files_of_thing_park_are_understood() -> None:
    file = opened(THING_PARK, constants=OWNER_CONSTANTS)
    *devices, deletion = records(file)
    assert list(map(told, devices)) == [
        ("Name 1", ["F03D29000BB17AAA"]),
        ("AABBCCDDEEFF0011", ["AABBCCDDEEFF0011"]),
        ("Name 3", ["490154203237518"]),
    ]
    assert deletion.begins.line == 6
    assert [tuple(error) for error in deletion.errors] == [
        ("A", '"DELETE" creates no device; expected one of CREATE_OTAA, CREATE_ABP, CREATE_CELLULAR.')
    ]


def test_what_fails_of_a_file_without_a_header_has_its_reason_in_a_comment() -> None:
    file = opened(THING_PARK, constants=OWNER_CONSTANTS)
    deletion = records(file)[-1]
    notes = file.head() + file.notes(deletion, deletion.errors[0])
    assert notes.decode() == (
        "# line 6, column A: 'DELETE' creates no device; expected one of CREATE_OTAA, CREATE_ABP, CREATE_CELLULAR.\n"
    )
    again = opened(notes + THING_PARK.encode().splitlines(keepends=True)[5], constants=OWNER_CONSTANTS)
    assert [record.errors for record in records(again)] == [deletion.errors]


def test_a_header_may_begin_with_what_begins_a_comment_elsewhere() -> None:
    file = opened(f"#,{HEAD}\n1,{OWNERS},#1\n", {"#": ""})
    assert list(map(told, records(file))) == [("#1", [])]


def test_an_operator_says_which_column_is_which_field_and_what_all_records_have() -> None:
    text = "Bezeichnung,Lager,Notiz\nPumpe,4,\n"
    mapping = {"Bezeichnung": "name", "Lager": "", "Notiz": "description"}
    file = opened(text, mapping, {**OWNER_CONSTANTS, "status": "INACTIVE", "description": "old"})
    [record] = records(file)
    assert record.device is not None
    assert {**record.device.values} == {
        "name": "Pumpe",
        "status": "INACTIVE",
        "barcode": None,
        "description": "old",
        "client_id": CLIENT,
        "project_id": PROJECT,
        "device_specification_id": SPECIFICATION,
    }
    assert file.ignored == ["Lager"]


def test_a_field_that_an_operator_names_is_no_usual_column_any_more() -> None:
    file = opened(THE_THINGS_STACK, {"id": "name"}, OWNER_CONSTANTS)
    assert file.ignored == ["join_eui", "name", "frequency_plan_id", "app_key"]
    assert told(records(file)[0]) == ("one", ["1111111111111111"])


FIELDS_OF_CSV = (
    "name, status, barcode, description, clientId, projectId, deviceSpecificationId, imei, devEui, dvnUuid, "
    "deviceGroupIds"
)
NO_CLIENT = (
    "fleet.csv has no column clientId, which every device needs; expected one, --map COLUMN=clientId, or --set "
    "clientId=VALUE for all."
)
UNKNOWN = (
    f'fleet.csv, line 1, column 5: "imie" is no column of devices; expected one of {FIELDS_OF_CSV}, or --map '
    "imie=FIELD, where no FIELD ignores it."
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "fleet.csv is empty; expected a row that names its columns."),
        ("\n\n", "fleet.csv is empty; expected a row that names its columns."),
        ("name\n".encode("utf-16"), "fleet.csv, line 1: the file is UTF-16; expected UTF-8."),
        (b"na\xffme\n", "fleet.csv, line 1: The byte 0xff is not UTF-8."),
        ("name,projectId,deviceSpecificationId\n", NO_CLIENT),
        (f"\n{HEAD},name\n", 'fleet.csv, line 2, column 5: "name" comes twice.'),
        (f"{HEAD},imie\n", UNKNOWN),
        (",".join(map(str, range(201))) + "\n", "fleet.csv has 201 columns; expected at most 200."),
    ],
)
def test_a_header_that_is_not_understood_is_refused(text: str | bytes, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"Nmae": "name"}, '--map: fleet.csv has no column "Nmae".'),
        ({"imei": "barcode", "x": "barcode"}, 'fleet.csv, line 1, column 6: "x" is barcode, which another column is.'),
        ({"x": "devEUI"}, f'--map: "devEUI" is no field of devices; expected one of {FIELDS_OF_CSV}.'),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str], message: str) -> None:
    assert refusal(f"{HEAD},imei,x\n", mapping=mapping) == message
