"""`gateway import`, as an operator types it."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.files.support import csv_file, text_file
from tests.cli.support import Invoke, ids, one_line
from tests.factories import CLIENT, PROJECT, SPECIFICATION

IMEI = "490154203237518"
ME = "2b1f0d8a-5e0b-4f4c-889a-523d4f0c2b7e"


@pytest.fixture
def migrated(invoke: Invoke) -> Invoke:
    assert invoke("migrate").exit_code == 0
    return invoke


def test_it_tells_how_far_it_is_and_what_has_come_of_it(migrated: Invoke, tmp_path: Path) -> None:
    csv_file(tmp_path, "imei", f"Pump,{IMEI}")
    done = migrated("import", "fleet.csv")
    size = (tmp_path / "fleet.csv").stat().st_size
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{size} of {size} bytes", "Created 1, updated 0, skipped 0, failed 0."]
    assert len(ids(tmp_path)) == 1


def test_records_that_fail_make_it_fail_and_are_in_a_file_beside_it(migrated: Invoke, tmp_path: Path) -> None:
    csv_file(tmp_path, "imei", f"Pump,{IMEI}", "Lamp,1")
    done = migrated("import", "fleet.csv")
    file = tmp_path / "fleet.errors.csv"
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "Created 1, updated 0, skipped 0, failed 1."
    assert one_line(done.stderr) == f"{file} has the records that failed, each with the reason."
    assert file.read_text().splitlines()[1].startswith("3,imei,")


def test_a_dry_run_changes_nothing(migrated: Invoke, tmp_path: Path) -> None:
    csv_file(tmp_path, "imei", f"Pump,{IMEI}", f"Lamp,{IMEI}")
    done = migrated("import", "fleet.csv", "--dry-run", "--errors", "why.csv")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "Dry run: created 1, updated 0, skipped 0, failed 1."
    assert ids(tmp_path) == []
    assert (tmp_path / "why.csv").exists()


def test_it_takes_what_a_file_lacks_and_says_who_it_is(migrated: Invoke, tmp_path: Path) -> None:
    text_file(tmp_path, "dev_eui;join_eui;name\n1111111111111111;2222222222222222;a=b\n", "tts.txt")
    constants = (f"clientId={CLIENT}", f"projectId={PROJECT}", f"deviceSpecificationId={SPECIFICATION}")
    options = [each for constant in constants for each in ("--set", constant)]
    done = migrated("import", "tts.txt", "--format", "csv", "--subject", ME, "--map", "join_eui=barcode", *options)
    assert (done.exit_code, done.stderr) == (0, "")
    out = migrated("export", "-", "--format", "jsonl", "--client", CLIENT)
    assert json.loads(out.stdout) == {
        "name": "a=b",
        "status": "ACTIVE",
        "barcode": "2222222222222222",
        "clientId": CLIENT,
        "projectId": PROJECT,
        "deviceSpecificationId": SPECIFICATION,
        "networkAdapters": [{"lora": {"devEui": "1111111111111111"}}],
    }


NO_FORMAT = "The name of {} tells no format; expected one that ends with .csv or .jsonl, or --format."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "missing.csv: No such file or directory."),
        (["."], NO_FORMAT.format(".")),
        (["fleet.txt"], NO_FORMAT.format("fleet.txt")),
        (["empty.csv"], "empty.csv is empty; expected a row that names its columns."),
    ],
)
def test_what_cannot_be_read_is_refused(migrated: Invoke, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "empty.csv").touch()
    done = migrated("import", *arguments)
    assert (done.exit_code, one_line(done.stderr)) == (1, message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "imei=1"], "--set imei=1: expected FIELD=VALUE, where FIELD is one of name,"),
        (["--set", "status=OFF"], '--set status: "OFF" is not a status; expected ACTIVE or INACTIVE.'),
        (["--set", "clientId=1"], '--set clientId: "1" is not a UUID;'),
        (["--map", "x"], "--map x: expected COLUMN=FIELD."),
        (["--client", "x"], '"x" is not a UUID;'),
    ],
)
def test_options_that_say_nothing_are_refused(invoke: Invoke, options: list[str], message: str) -> None:
    done = invoke("import", "fleet.csv", *options)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_database_that_is_not_migrated_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    csv_file(tmp_path, "imei", "Pump,")
    (tmp_path / "gateway.db").touch()
    done = invoke("import", "fleet.csv")
    assert done.exit_code == 1
    assert one_line(done.stderr).endswith("is not of this version of the gateway; run gateway migrate first.")


def test_a_pipe_is_refused_and_not_waited_for(migrated: Invoke, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fleet.csv")
    done = migrated("import", "fleet.csv")
    message = "fleet.csv is a pipe or a device; expected a file, in which reading can go on anywhere."
    assert (done.exit_code, one_line(done.stderr)) == (1, message)


def test_an_errors_file_that_cannot_be_made_is_refused_before_anything_is_imported(
    migrated: Invoke, tmp_path: Path
) -> None:
    csv_file(tmp_path, "imei", f"Pump,{IMEI}", "Lamp,1")
    done = migrated("import", "fleet.csv", "--errors", "missing/why.csv")
    file = tmp_path / "missing" / "why.csv"
    message = f"{file} cannot be written: No such file or directory; name another one by --errors."
    assert (done.exit_code, one_line(done.stderr)) == (1, message)
    done = migrated("import", "fleet.csv", "--errors", "why.csv")
    assert done.stdout.splitlines()[-1] == "Created 1, updated 0, skipped 0, failed 1."


def test_a_fault_of_the_database_is_one_line(migrated: Invoke, tmp_path: Path) -> None:
    csv_file(tmp_path, "imei", f"Pump,{IMEI}")
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as connection:
        connection.execute("CREATE TABLE import_progress (something)")
    done = migrated("import", "fleet.csv")
    assert (done.exit_code, one_line(done.stderr)) == (1, "gateway.db: no such column: import_progress.file.")


def test_the_file_of_another_program_is_not_touched(invoke: Invoke, tmp_path: Path) -> None:
    csv_file(tmp_path, "imei", f"Pump,{IMEI}")
    file = tmp_path / "gateway.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE theirs (something)")
    before = file.read_bytes()
    message = "gateway.db is the database of another program: it has tables, but no version of theirs."
    for command in (["import", "fleet.csv"], ["export", "out.csv"], ["check"]):
        done = invoke(*command)
        assert (done.exit_code, one_line(done.stderr)) == (1, message)
    assert file.read_bytes() == before
