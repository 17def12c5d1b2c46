"""scripts/schema tells what a change of the schema does to clients of the one that was released."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gateway.graphql.schema import schema_text
from scripts.released_schema import CHANGELOG, RELEASED, SCHEMA, faults, main

ROOT = Path(__file__).parents[1]
DEVICE = "type Query { device(id: ID!): Device } type Device { name: String barcode: String }"
WITHOUT_BARCODE = DEVICE.replace("barcode: String", "")
REMOVED = "Field Device.barcode was removed."


def found(schema: str, changelog: str = "") -> list[str]:
    return [*faults(schema, DEVICE, changelog)]


def breaking(change: str) -> str:
    return f"Breaking, and CHANGELOG.md does not say so under a heading with a date: {change}"


def test_nothing_that_was_released_is_broken_without_a_word() -> None:
    assert [*faults(schema_text(), (ROOT / RELEASED).read_text(), (ROOT / CHANGELOG).read_text())] == []


def test_a_removed_field_is_breaking() -> None:
    assert found(WITHOUT_BARCODE) == [breaking(REMOVED)]


def test_a_new_required_argument_is_breaking() -> None:
    schema = DEVICE.replace("id: ID!", "id: ID!, client: ID!")
    assert found(schema) == [breaking("A required argument Query.device(client:) was added.")]


def test_an_input_that_becomes_a_one_of_is_breaking() -> None:
    released = f"{DEVICE} input Adapter {{ imei: String }}"
    one_of = released.replace("Adapter", "Adapter @oneOf")
    assert [*faults(one_of, released, "")] == [breaking("Adapter takes exactly one of its fields.")]
    assert [*faults(released, one_of, "")] == []


def test_an_added_field_breaks_nothing() -> None:
    assert found(DEVICE.replace("barcode", "serialNumber: String barcode")) == []


@pytest.mark.parametrize(
    "changelog",
    [
        f"# Changelog\n\n## 0.2.0, 2027-06-01\n\n- {REMOVED}\n",
        "## 2027-06-01\n\n- What clients have to change: Field\n  `Device.barcode` was removed.\n\n## 2026-01-01\n",
    ],
)
def test_a_breaking_change_that_a_dated_section_names_is_none(changelog: str) -> None:
    assert found(WITHOUT_BARCODE, changelog) == []


@pytest.mark.parametrize(
    "changelog",
    [
        f"## Unreleased\n\n- {REMOVED}\n\n## 0.1.0, 2026-12-01\n\n- The first version.\n",
        f"## 0.2.0, 2027-02-30\n\n- {REMOVED}\n",
        "## 0.2.0, 2027-06-01\n\n- Field Device.name was removed.\n",
    ],
)
def test_a_breaking_change_needs_its_own_words_under_a_date(changelog: str) -> None:
    assert found(WITHOUT_BARCODE, changelog) == [breaking(REMOVED)]


def deprecated(reason: str) -> str:
    return DEVICE.replace("barcode: String", f"barcode: String @deprecated{reason}")


def test_a_deprecation_says_why_and_until_when() -> None:
    assert found(deprecated('(reason: "Use `name` (removed from 2027-06-01)")')) == []


@pytest.mark.parametrize(
    "reason",
    [
        "",
        '(reason: "Use `name`.")',
        '(reason: "(removed from 2027-06-01)")',
        '(reason: "Old (removed from 2027-02-30)")',
    ],
)
def test_a_deprecation_without_a_reason_or_a_date_is_a_fault(reason: str) -> None:
    assert found(deprecated(reason)) == [
        "Device.barcode is deprecated without an end, such as: Use `name` (removed from 2027-06-01)"
    ]


def test_arguments_input_fields_and_values_are_deprecated_in_the_same_way() -> None:
    schema = f"""{DEVICE}
        type Other {{ urns(types: [Type!] @deprecated): String }}
        input Filter {{ name: String @deprecated }}
        enum Type {{ A, B @deprecated }}
    """
    assert [fault.partition(" ")[0] for fault in found(schema)] == ["Other.urns(types:)", "Filter.name", "Type.B"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder, and work in it, in which the schema has been released as it is."""
    monkeypatch.chdir(tmp_path)
    for file in (SCHEMA, RELEASED):
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{schema_text()}\n")
    CHANGELOG.write_text("# Changelog\n")


def run(*options: str) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, options)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("folder")
def test_the_command_checks_and_writes_nothing() -> None:
    SCHEMA.write_text("")
    RELEASED.write_text(schema_text().replace("  barcode: String\n", "  barcode: String\n  serialNumber: String\n", 1))
    shown = [
        breaking("Field Device.serialNumber was removed."),
        "schema.graphql is not what the code prints: scripts/schema writes it.",
    ]
    assert run("--check") == (1, "", "".join(f"{line}\n" for line in shown))
    assert SCHEMA.read_text() == ""


@pytest.mark.usefixtures("folder")
def test_dangerous_changes_are_shown_and_pass() -> None:
    RELEASED.write_text(schema_text().replace("first: Int = 50", "first: Int = 10", 1))
    shown = "Dangerous: Query.devices(first:) has changed defaultValue from 10 to 50.\n"
    assert run("--check") == (0, shown, "")


@pytest.mark.usefixtures("folder")
def test_a_release_makes_the_schema_the_released_one() -> None:
    RELEASED.write_text("type Query { rateLimit: RateLimit } type RateLimit { limit: Int! }")
    assert run("--release") == (0, "", "")
    assert RELEASED.read_text() == SCHEMA.read_text() == f"{schema_text()}\n"


@pytest.mark.usefixtures("folder")
def test_nothing_is_released_that_breaks_without_a_word() -> None:
    RELEASED.write_text("type Query { other: Int }")
    assert run("--release") == (1, "", f"{breaking('Field Query.other was removed.')}\n")
    assert RELEASED.read_text() == "type Query { other: Int }"
