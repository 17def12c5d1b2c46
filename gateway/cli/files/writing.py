"""Devices as a file has them, so that an import makes them again."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from gateway.cli.files.formats import Format
from gateway.cli.files.layouts import OWN
from gateway.cli.files.values import ADAPTER_FORMS, ADAPTERS, FIELDS, GROUPS
from gateway.db.rows import DeviceRow, NetworkAdapterRow
from gateway.domain.uuids import Uuid

_FORM_OF = {form.type: form for form in ADAPTER_FORMS.values()}
_SPECIAL = re.compile('[",\r\n]')


class ExportedDevice(NamedTuple):
    device: DeviceRow
    adapters: Sequence[NetworkAdapterRow]
    group_ids: Iterable[Uuid]


def head(format_: Format) -> bytes:
    """Return what comes before all devices."""
    return (",".join(OWN) + "\n").encode() if format_ is Format.CSV else b""


def written(format_: Format, exported: ExportedDevice) -> bytes:
    return _row(exported) if format_ is Format.CSV else _line(exported)


def _row(exported: ExportedDevice) -> bytes:
    """Return a row of CSV. What is missing is an empty cell, and text that is empty has quotation marks."""
    device, adapters, group_ids = exported
    values = [getattr(device, field.name) for field in FIELDS.values()]
    lists: list[list[str]] = [[each.identifier for each in adapters if each.type == type_] for type_ in _FORM_OF]
    lists.append(sorted(group_ids))
    values += [" ".join(items) or None for items in lists]
    return (",".join(map(_cell, values)) + "\n").encode()


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    if value and not _SPECIAL.search(value):
        return value
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


def _line(exported: ExportedDevice) -> bytes:
    """Return an object of JSON, an input of `createDevice`. What is missing is left out."""
    device, adapters, group_ids = exported
    values = {name: getattr(device, field.name) for name, field in FIELDS.items()}
    lists = {ADAPTERS: list(map(_adapter, adapters)), GROUPS: sorted(group_ids)}
    given = {name: value for name, value in values.items() if value is not None}
    return orjson.dumps({**given, **{name: items for name, items in lists.items() if items}}) + b"\n"


def _adapter(adapter: NetworkAdapterRow) -> dict[str, dict[str, str]]:
    form = _FORM_OF[adapter.type]
    return {form.outer: {form.inner: adapter.identifier}}
