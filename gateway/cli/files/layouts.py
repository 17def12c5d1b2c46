"""Which columns of CSV are which fields of a device: those of the gateway's own files, and of others' network servers.

The Things Stack: "CSV File Reference" of its documentation, where `dev_eui` and `join_eui` (or `app_eui`) are required,
`id` takes the place of a missing `name`, and unknown columns are ignored.
https://www.thethingsindustries.com/docs/hardware/devices/adding-devices/adding-devices-in-bulk/device-csv/

ThingPark: "About import file" of ThingPark Enterprise, and "Reference information" of its Device Manager for cellular
devices. There is no header: column A is a directive, B the DevEUI (or an onboarding tag) or the IMEI, K the name, which
may be missing. Lines that begin with `#` are comments.
https://docs.thingpark.com/thingpark-enterprise/latest/docs/user-guide/devices-multicasts-connections/devices/
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase

from gateway.cli.app import CommandError
from gateway.cli.files.csv_rows import MOST_CELLS, Row
from gateway.cli.files.records import NOTES, RecordError
from gateway.cli.files.values import ADAPTER_FORMS, FIELDS, GROUPS, REQUIRED
from gateway.domain.quoting import quoted

OWN = (*FIELDS, *ADAPTER_FORMS, GROUPS)
"""The columns of the gateway's own files."""
THE_THINGS_STACK = {"dev_eui": "devEui"}
NAMES_OF_THE_THINGS_STACK = ("name", "id", "dev_eui")

_DIRECTIVES = {"CREATE_OTAA": "devEui", "CREATE_ABP": "devEui", "CREATE_CELLULAR": "imei"}
_DIRECTIVE = re.compile("(CREATE|UPDATE|DELETE)(_[A-Z]+)?")
# LoRa Alliance, TR005, "LoRaWAN Device Identification QR Codes": JoinEUI, DevEUI, and more.
_ONBOARDING_TAG = re.compile("LW:D0:[0-9A-Fa-f]{16}:([0-9A-Fa-f]{16})(:.*)?")


class Misfit(Exception):
    """A row does not have the form of its file."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.error = RecordError(column, reason)


@dataclass(frozen=True, kw_only=True)
class HeaderLayout:
    """The layout of a file whose first row names its columns."""

    columns: Sequence[str]
    fields: Sequence[str | None]
    """The field of each column; None where it is ignored."""
    names: Sequence[int] = ()
    """The columns of which the first that has a text is the name, where they are not the field's own."""
    ignored: Sequence[str] = ()
    has_header: bool = field(default=True, init=False)

    def texts(self, row: Row) -> dict[str, str]:
        """Return the texts of a row by field, but for those that it does not have. Raise Misfit."""
        cells = row.cells
        if len(cells) != len(self.columns):
            raise Misfit(*self._misfit(len(cells)))
        found = {name: text for name, text in zip(self.fields, cells, strict=True) if name and text}
        for index in row.quoted_empty:
            if name := self.fields[index]:
                found[name] = ""
        if name := next((cells[index] for index in self.names if cells[index]), None):
            found["name"] = name
        return found

    def _misfit(self, count: int) -> tuple[str, str]:
        expected = len(self.columns)
        column = self.columns[count] if count < expected else self.columns[-1]
        return column, f"The row has {count} cells; expected {expected}, one for each column."

    def has(self, name: str) -> bool:
        """Tell whether records may have a field."""
        return name in self.fields or (name == "name" and bool(self.names))

    def column_of(self, name: str) -> str:
        """Return the column that has a field."""
        return self.columns[self.fields.index(name)] if name in self.fields else name


@dataclass(frozen=True, kw_only=True)
class ThingParkLayout:
    columns: Sequence[str]
    fields: Mapping[str, str]
    """The columns that have other fields beside the usual ones, by field."""
    ignored: Sequence[str] = ()
    has_header: bool = field(default=False, init=False)

    def texts(self, row: Row) -> dict[str, str]:
        cells = dict(zip(self.columns, row.cells, strict=False))
        identifier = _DIRECTIVES.get(cells["A"].strip())
        if identifier is None:
            known = ", ".join(_DIRECTIVES)
            raise Misfit("A", f"{quoted(cells['A'])} creates no device; expected one of {known}.")
        text = bare_identifier(cells.get("B", ""))
        found = {identifier: text, "name": cells.get("K", "") or text}
        found |= {name: cells.get(column, "") for name, column in self.fields.items()}
        return {name: text for name, text in found.items() if text}

    def has(self, name: str) -> bool:
        return name == "name" or name in self.fields

    def column_of(self, name: str) -> str:
        usual = {"name": "K", **dict.fromkeys(_DIRECTIVES.values(), "B")}
        return self.fields.get(name) or usual.get(name, name)


Layout = HeaderLayout | ThingParkLayout


def layout_of(row: Row, mapping: Mapping[str, str], file: str) -> Layout:
    """Return the layout of a file by its first row, and by what the operator says of columns (`--map`).

    Raise CommandError.
    """
    if row.error is not None:
        raise CommandError(f"{file}, line {row.begins.line}: {row.error}")
    if len(row.cells) > MOST_CELLS:
        raise CommandError(f"{file} has {len(row.cells)} columns; expected at most {MOST_CELLS}.")
    return _thing_park(mapping, file) if is_directive(row) else _with_header(row, mapping, file)


def is_directive(row: Row) -> bool:
    """Tell whether a row is one of ThingPark's."""
    return bool(row.cells) and _DIRECTIVE.fullmatch(row.cells[0].strip()) is not None


def bare_identifier(text: str) -> str:
    """Return a DevEUI or an IMEI without what people write between its digits, or that of an onboarding tag."""
    text = text.strip()
    if tag := _ONBOARDING_TAG.fullmatch(text):
        return tag[1]
    return text.replace("-", "").replace(":", "")


def check_required(layout: Layout, constants: Mapping[str, str], file: str) -> None:
    """Raise CommandError where no record can have what each needs."""
    for name in REQUIRED:
        if not layout.has(name) and name not in constants:
            raise CommandError(
                f"{file} has no column {name}, which every device needs; expected one, --map COLUMN={name}, "
                f"or --set {name}=VALUE for all."
            )


def _with_header(row: Row, mapping: Mapping[str, str], file: str) -> HeaderLayout:
    columns = [cell.strip() for cell in row.cells]
    _check_mapping(mapping, columns, file)
    is_the_things_stack = "dev_eui" in columns and not {"join_eui", "app_eui"}.isdisjoint(columns)
    known = {name: name for name in OWN} | (THE_THINGS_STACK if is_the_things_stack else {})
    mapped = set(mapping.values())
    fields: list[str | None] = []
    ignored = []
    for number, column in enumerate(columns, 1):
        where = f"{file}, line {row.begins.line}, column {number}"
        if column not in NOTES and columns.index(column) != number - 1:
            raise CommandError(f"{where}: {quoted(column)} comes twice.")
        usual = known.get(column)
        name = mapping.get(column, None if usual in mapped else usual)
        if not name and column not in NOTES:
            if column not in mapping and usual is None and not is_the_things_stack:
                raise CommandError(
                    f"{where}: {quoted(column)} is no column of devices; expected one of {', '.join(OWN)}, or --map "
                    f"{column}=FIELD, where no FIELD ignores it."
                )
            ignored.append(column)
        if name and name in fields:
            raise CommandError(f"{where}: {quoted(column)} is {name}, which another column is.")
        fields.append(name or None)
    layout = HeaderLayout(columns=columns, fields=fields, ignored=ignored)
    if is_the_things_stack and "name" not in mapped:
        names = [columns.index(name) for name in NAMES_OF_THE_THINGS_STACK if name in columns]
        used = {columns[index] for index in names}
        return replace(layout, names=names, ignored=[column for column in ignored if column not in used])
    return layout


def _thing_park(mapping: Mapping[str, str], file: str) -> ThingParkLayout:
    columns = [_letters(index) for index in range(MOST_CELLS)]
    _check_mapping(mapping, columns, file)
    fields = {name: column for column, name in mapping.items() if name}
    return ThingParkLayout(columns=columns, fields=fields, ignored=["all but A, B and K"])


def _check_mapping(mapping: Mapping[str, str], columns: Sequence[str], file: str) -> None:
    for column, name in mapping.items():
        if column not in columns:
            raise CommandError(f"--map: {file} has no column {quoted(column)}.")
        if name and name not in OWN:
            raise CommandError(f"--map: {quoted(name)} is no field of devices; expected one of {', '.join(OWN)}.")


def _letters(index: int) -> str:
    """Return what spreadsheets call a column: A to Z, and then AA."""
    more, last = divmod(index, len(ascii_uppercase))
    return (_letters(more - 1) if more else "") + ascii_uppercase[last]
