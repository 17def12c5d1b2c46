"""Files of JSON, an object a line, as an import reads them: each is an input of `createDevice`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson

from gateway.cli.app import CommandError
from gateway.cli.files.lines import LONGEST_RECORD, Lines, Place, TooLong, first_line
from gateway.cli.files.records import NOTES, Record, RecordError
from gateway.cli.files.values import (
    ADAPTER_FORMS,
    ADAPTERS,
    FIELDS,
    GROUPS,
    count_errors,
    device_of,
    invalid,
    new_adapter,
    text,
)
from gateway.domain.commands import NewAdapter
from gateway.domain.errors import BadUserInput
from gateway.domain.fields import MOST_ADAPTERS, MOST_GROUPS
from gateway.domain.quoting import quoted
from gateway.domain.user_errors import UserError

KEYS = (*FIELDS, ADAPTERS, GROUPS)
_FORMS = {form.outer: form for form in ADAPTER_FORMS.values()}


class JsonFile:
    def __init__(
        self, file: BinaryIO, size: int, name: str, mapping: Mapping[str, str], constants: Mapping[str, str]
    ) -> None:
        """`mapping` has the fields of keys, and `constants` the texts of fields that an object has none of.

        Raise CommandError.
        """
        for field in mapping.values():
            if field and field not in KEYS:
                raise CommandError(f"--map: {quoted(field)} is no key of devices; expected one of {', '.join(KEYS)}.")
        self._file = file
        self._size = size
        self._mapping = mapping
        self._constants: dict[str, Any] = dict(constants)
        if GROUPS in constants:
            self._constants[GROUPS] = constants[GROUPS].split()
        self.ignored: Sequence[str] = ()
        self.first = first_line(file, name)

    def records(self, place: Place) -> Iterator[Record]:
        lines = Lines(self._file, place, self._size)
        while True:
            begins = lines.place
            lines.begin_record()
            try:
                next(lines)
            except StopIteration:
                return
            except TooLong:
                lines.skip_line(begins)
                error = RecordError("", f"The line has more than {LONGEST_RECORD} bytes.")
                yield Record(begins=begins, ends=lines.place, errors=[error])
                continue
            if lines.raw.strip() and (record := self._record(lines.raw, begins, lines.place)):
                yield record

    def record_error(self, error: UserError) -> RecordError:
        path = error.field or ()
        names = {field: key for key, field in self._mapping.items()}
        return RecordError(".".join([*(names.get(name, name) for name in path[:1]), *path[1:]]), error.message)

    def notes(self, record: Record, error: RecordError) -> bytes:
        return orjson.dumps(dict(zip(NOTES, (record.begins.line, *error), strict=True))) + b"\n"

    def head(self) -> bytes:
        return b""

    def _record(self, raw: bytes, begins: Place, ends: Place) -> Record | None:
        """Return the record of a line; None where there are only notes on it."""
        errors: list[UserError] = []
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            errors.append(invalid(f"The line is no JSON: {error}."))
            found = {}
        if not isinstance(found, dict):
            errors.append(invalid(f"{quoted(found)} is no object of JSON."))
            found = {}
        if found and not found.keys() - set(NOTES):
            return None
        if not errors:
            values = self._values(found, errors)
            adapters = _adapters(values.get(ADAPTERS), errors)
            groups = _groups(values.get(GROUPS), errors)
            device, user_errors = device_of(values, adapters, groups)
            errors += user_errors
        if errors:
            return Record(begins=begins, ends=ends, errors=list(map(self.record_error, errors)))
        given = frozenset(field.name for name, field in FIELDS.items() if name in values)
        return Record(begins=begins, ends=ends, device=device, given=given)

    def _values(self, found: Mapping[str, Any], errors: list[UserError]) -> dict[str, Any]:
        values = dict(self._constants)
        for key, value in found.items():
            name = self._mapping.get(key, key)
            if name in KEYS:
                values[name] = value
            elif name and name not in NOTES:
                errors.append(invalid(f"{quoted(key)} is no key of devices; expected one of {', '.join(KEYS)}.", key))
        return values


def _adapters(value: Any, errors: list[UserError]) -> list[NewAdapter]:
    items = _items(ADAPTERS, value, errors)
    if len(items) > MOST_ADAPTERS:
        errors += count_errors(len(items), 0)
        return []
    adapters = []
    for index, item in enumerate(items):
        try:
            adapters.append(_adapter(item, index))
        except BadUserInput as error:
            errors.append(invalid(str(error), ADAPTERS, str(index)))
    return adapters


def _adapter(item: Any, index: int) -> NewAdapter:
    """Return the adapter of `{"lora": {"devEui": "…"}}`. Raise BadUserInput."""
    outer, inner = _only(item) or ("", None)
    form = _FORMS.get(outer)
    name, identifier = _only(inner) or ("", None)
    if form is None or name != form.inner:
        shapes = ", ".join(f'{{"{form.outer}": {{"{form.inner}": "…"}}}}' for form in _FORMS.values())
        raise BadUserInput(f"{quoted(item)} is no network adapter; expected one of {shapes}.")
    return new_adapter(form, text(identifier), index)


def _only(value: Any) -> tuple[str, Any] | None:
    """Return the key and the value of an object that has one alone."""
    return next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else None


def _groups(value: Any, errors: list[UserError]) -> list[str]:
    items = _items(GROUPS, value, errors)
    if len(items) > MOST_GROUPS:
        errors += count_errors(0, len(items))
        return []
    groups = []
    for index, item in enumerate(items):
        try:
            groups.append(text(item))
        except BadUserInput as error:
            errors.append(invalid(str(error), GROUPS, str(index)))
    return groups


def _items(name: str, value: Any, errors: list[UserError]) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    errors.append(invalid(f"{name}: {quoted(value)} is no list.", name))
    return []
