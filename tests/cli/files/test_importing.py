"""`gateway import` makes of a file what `createDevice` would make of each record, and says what it could not."""

import json
from pathlib import Path

import pytest

from gateway.cli.app import CommandError
from gateway.cli.files.lines import LONGEST_RECORD
from gateway.db.database import Database
from gateway.db.import_progress import progress_under_way
from gateway.services.imports import OnConflict
from tests.cli.files.support import (
    HEAD,
    OWNERS,
    counts,
    csv_file,
    errors,
    errors_file,
    exported,
    imported,
    lines_of,
    text_file,
)
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, RowFactory
from tests.mutations.support import JOAN

pytestmark = pytest.mark.anyio

IMEI, SECOND, THIRD = "490154203237518", "490154203237519", "490154203237520"
EUI = "F03D29000BB17AAA"
OWNED = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
SPECIFICATION_ID = "deviceSpecificationId"


@pytest.fixture
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.files.importing.BATCH", 2)


async def changes(database: Database) -> list[tuple[str, str]]:
    """Return the events that there are, oldest first, each with who has made the change."""
    async with database.engine.connect() as connection:
        found = await connection.exec_driver_sql("SELECT type, occurred_by FROM device_event ORDER BY version, id")
        return [tuple(row) for row in found]


async def test_records_become_devices_with_their_events(database: Database, tmp_path: Path) -> None:
    rows = [f'"Pump, ""7""",ACTIVE,B 1,{IMEI} {SECOND},{EUI.lower()}', "Lamp,INACTIVE,,,"]
    path = csv_file(tmp_path, "status,barcode,imei,devEui", *rows)
    assert counts(await imported(database, path)) == (2, 0, 0, 0)
    assert await changes(database) == [("DEVICE_CREATED", f"principal/{JOAN}")] * 2
    adapters = [{"cellular": {"imei": IMEI}}, {"cellular": {"imei": SECOND}}, {"lora": {"devEui": EUI}}]
    assert await exported(database, tmp_path / "out.jsonl") == [
        json.dumps(each, separators=(",", ":"))
        for each in (
            {"name": 'Pump, "7"', "status": "ACTIVE", "barcode": "B 1", **OWNED, "networkAdapters": adapters},
            {"name": "Lamp", "status": "INACTIVE", **OWNED},
        )
    ]
    assert await progress_under_way(database) is None
    assert not errors_file(path).exists()


async def test_each_faulty_record_is_written_down_as_it_was_and_can_be_mended(
    database: Database, tmp_path: Path
) -> None:
    rows = [
        f"Good,{IMEI},",
        f" ,123,{EUI},too much",
        "x\u2028y,123 456,",
        f"Taken,{IMEI},",
        '"Open,,',
        f"Twice,{SECOND} {SECOND},",
        f"Last,,{EUI}",
    ]
    path = csv_file(tmp_path, "imei,devEui", *rows)
    assert counts(await imported(database, path)) == (2, 0, 0, 5)
    lines = lines_of(path)
    [head, *failed] = errors(path)
    assert head == f"line,column,reason,{lines[0]}"
    reasons = [line.removesuffix(f",{lines[int(line.partition(',')[0]) - 1]}") for line in failed]
    twice = "comes twice in this input; it is one adapter's only."
    malformed = [f'imei: ""{each}"" is not an IMEI of 15 digits or an IMEISV of 16.' for each in ("123", "456")]
    assert reasons == [
        '3,devEui,"The row has 7 cells; expected 6, one for each column."',
        rf'4,name imei,"name: ""x\u2028y"" contains U+2028; expected a single line. {" ".join(malformed)}"',
        f"5,imei,imei: {IMEI} {twice}",
        "6,name,A quotation mark is never closed.",
        f"7,imei,imei: {SECOND} {twice}",
    ]
    mended = errors_file(path).read_text().replace("x\u2028y,", "x y,").replace("123 456", THIRD)
    again = text_file(tmp_path, mended, "mended.csv")
    assert counts(await imported(database, again)) == (1, 0, 0, 4)


async def test_lines_of_json_are_inputs(database: Database, factory: RowFactory, tmp_path: Path) -> None:
    group = await factory.group()
    device = {
        "name": "Pump",
        "barcode": "",
        "description": None,
        **OWNED,
        "deviceGroupIds": [group["id"]],
        "networkAdapters": [{"lora": {"devEui": EUI}}, {"cellular": {"imei": IMEI}}],
    }
    path = text_file(tmp_path, json.dumps(device) + "\n", "fleet.jsonl")
    assert counts(await imported(database, path)) == (1, 0, 0, 0)
    [made] = await exported(database, tmp_path / "out.jsonl")
    del device["description"]
    assert json.loads(made) == {**device, "status": "ACTIVE"}


async def test_faulty_lines_of_json_are_written_down_and_can_be_mended(database: Database, tmp_path: Path) -> None:
    faulty = [
        {"name": 7, **OWNED, "networkAdapters": {}},
        {"name": "Lamp", **OWNED, "status": "active", "networkAdapters": [{"lora": {"imei": IMEI}}], "colour": "red"},
        {"name": "Lamp", "clientId": None, "projectId": PROJECT, "deviceGroupIds": [1]},
    ]
    lines = ["[1]", "{", *map(json.dumps, faulty), f'{{"name": "{"x" * LONGEST_RECORD}"}}']
    path = text_file(tmp_path, "\n".join(lines), "fleet.jsonl")
    assert counts(await imported(database, path)) == (0, 0, 0, 6)
    found = errors(path)
    assert found[1::2] == lines
    keys = "name, status, barcode, description, clientId, projectId, deviceSpecificationId, networkAdapters"
    forms = '{"cellular": {"imei": "…"}}, {"lora": {"devEui": "…"}}, {"generic": {"dvnUuid": "…"}}'
    reasons = [
        ("", ["[1] is no object of JSON."]),
        ("", ["The line is no JSON: unexpected end of data: line 2 column 1 (char 2)."]),
        ("networkAdapters name", ["networkAdapters: {} is no list.", "name: 7 is no text."]),
        (
            "colour networkAdapters.0 status",
            [
                f'"colour" is no key of devices; expected one of {keys}, deviceGroupIds.',
                f'{{"lora": {{"imei": "{IMEI}"}}}} is no network adapter; expected one of {forms}.',
                'status: "active" is not a status; expected ACTIVE or INACTIVE.',
            ],
        ),
        (
            "deviceGroupIds.0 clientId deviceSpecificationId",
            ["1 is no text.", *(f"{name} is missing, but it is required." for name in ("clientId", SPECIFICATION_ID))],
        ),
        ("", [f"The line has more than {LONGEST_RECORD} bytes."]),
    ]
    assert [tuple(json.loads(line).values()) for line in found[::2]] == [
        (line, column, " ".join(sentences)) for line, (column, sentences) in enumerate(reasons, 1)
    ]
    mended = errors_file(path).read_text().replace('"active"', '"ACTIVE"').replace('"lora"', '"cellular"')
    again = text_file(tmp_path, mended.replace(', "colour": "red"', ""), "mended.jsonl")
    assert counts(await imported(database, again)) == (1, 0, 0, 5)


async def test_an_import_reaches_the_clients_that_it_is_for(
    database: Database, factory: RowFactory, tmp_path: Path
) -> None:
    await factory.adapter(await factory.device(client_id=OTHER_CLIENT), identifier=IMEI)
    path = csv_file(tmp_path, "imei", "Pump,", f"Taken,{IMEI}")
    assert counts(await imported(database, path, clients=[OTHER_CLIENT])) == (0, 0, 0, 2)
    assert [line.split(",", 2)[1:] for line in errors(path)[1:2]] == [
        ["clientId", f"clientId: the token does not reach the client {CLIENT}.,{OWNERS},Pump,"]
    ]
    other = csv_file(tmp_path, "imei", f"Taken,{IMEI}", name="other.csv")
    update = await imported(database, other, clients=[CLIENT], on_conflict=OnConflict.UPDATE)
    assert counts(update) == (0, 0, 0, 1)


@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize(
    ("on_conflict", "expected"),
    [
        (OnConflict.FAIL, (1, 0, 0, 5)),
        (OnConflict.SKIP, (1, 0, 4, 1)),
        (OnConflict.UPDATE, (1, 2, 1, 2)),
    ],
)
async def test_a_conflict_is_solved_as_it_was_asked_for(
    database: Database, factory: RowFactory, tmp_path: Path, on_conflict: OnConflict, expected: tuple[int, ...]
) -> None:
    group = await factory.group()
    pump, lamp = await factory.device(name="Pump"), await factory.device(name="Lamp", barcode="B")
    await factory.adapter(pump, identifier=IMEI)
    await factory.adapter(lamp, identifier=SECOND)
    rows = [
        f"Pump,{IMEI},,",  # nothing new
        f"Lantern,{SECOND},{EUI},{group['id']}",
        f"Both,{IMEI} {SECOND},,",
        f"Gate,{THIRD},,",
        f"Gateway,{THIRD},,",  # another batch, or the same
        f" ,{IMEI},,",
    ]
    path = csv_file(tmp_path, "imei,devEui,deviceGroupIds", *rows)
    dry = await imported(database, path, on_conflict=on_conflict, is_dry_run=True)
    errors_of_dry_run = errors(path)
    errors_file(path).unlink(missing_ok=True)
    assert await changes(database) == []
    assert counts(dry) == counts(await imported(database, path, on_conflict=on_conflict)) == expected
    assert len(errors_of_dry_run) == len(errors(path)) == 1 + expected[-1]
    if on_conflict is OnConflict.UPDATE:
        assert set(await exported(database, tmp_path / "out.csv")) == {
            f"Pump,ACTIVE,,,{OWNERS},{IMEI},,,",
            f"Lantern,ACTIVE,B,,{OWNERS},{SECOND},{EUI},,{group['id']}",
            f"Gateway,ACTIVE,,,{OWNERS},{THIRD},,,",
        }
        assert [type_ for type_, _ in await changes(database)] == [
            *["DEVICE_CREATED", "DEVICE_UPDATED", "DEVICE_UPDATED", "NETWORK_ADAPTER_ADDED", "ADDED_TO_GROUP"]
        ]


async def test_an_update_that_is_refused_changes_nothing_of_its_device(
    database: Database, factory: RowFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await factory.adapter(await factory.device(name="Pump"), identifier=IMEI)
    monkeypatch.setattr("gateway.services.adapters.MOST_ADAPTERS", 1)
    path = csv_file(tmp_path, "imei", f"Pumps,{IMEI} {SECOND}", f"Lamps,{IMEI}")
    assert counts(await imported(database, path, on_conflict=OnConflict.UPDATE)) == (0, 1, 0, 1)
    assert errors(path)[1].startswith("2,networkAdapter,networkAdapter: the device has 1 network adapters already;")
    assert await exported(database, tmp_path / "out.csv") == [f"Lamps,ACTIVE,,,{OWNERS},{IMEI},,,"]


async def test_an_errors_file_that_is_there_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "imei", "Pump,1")
    errors_file(path).write_text("precious")
    with pytest.raises(CommandError, match="is there already; move it away, or name another one by --errors"):
        await imported(database, path)
    assert errors_file(path).read_text() == "precious"
    assert await progress_under_way(database) is None


async def test_a_header_alone_is_a_file_of_no_devices(database: Database, tmp_path: Path) -> None:
    path = text_file(tmp_path, HEAD)
    assert counts(await imported(database, path)) == (0, 0, 0, 0)
