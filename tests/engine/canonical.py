"""Makes the same of what two databases hold and show after the same changes, but for new ids, instants and secrets."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.uuids import PATTERN
from tests.engine.answers import in_order

_ID = re.compile(PATTERN)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SECRET = re.compile("whsec_[A-Za-z0-9+/]{43}=")
_CHECKSUM_BYTES = 6


class Canonical:
    """Gives new ids and instants names, the same name to the same id."""

    def __init__(self, known: str) -> None:
        """`known` is a text in which all ids and instants are that are not new."""
        self._known = {*_ID.findall(known), *_INSTANT.findall(known)}
        self._names: dict[str, str] = {}

    def answer(self, answer: Any) -> Any:
        """Return an answer with its errors in order, since names are given in the order in which ids appear."""
        return self.of({**answer, "errors": in_order(answer)} if "errors" in answer else answer)

    def database(self, rows: Mapping[str, Sequence[Any]]) -> Any:
        """Return the rows of each table, in an order that new ids have no part in, since some of these are random."""
        return self.of({table: sorted(rows_, key=self._without_new) for table, rows_ in rows.items()})

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.of(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        return self._text(_opened(value)) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        # Whether two changes were made in the same millisecond is chance.
        text = _INSTANT.sub(lambda found: found[0] if found[0] in self._known else "<instant>", text)
        text = _SECRET.sub("<secret>", text)
        return _ID.sub(lambda found: self._name(found[0]), text)

    def _without_new(self, row: Any) -> str:
        """Return the text of a row without the ids that have no names yet, without new instants and secrets."""
        text = _INSTANT.sub(lambda found: found[0] if found[0] in self._known else "", _SECRET.sub("", str(row)))
        return _ID.sub(lambda found: found[0] if found[0] in self._known else self._names.get(found[0], ""), text)

    def _name(self, id_: str) -> str:
        return id_ if id_ in self._known else self._names.setdefault(id_.lower(), f"<id {len(self._names)}>")


def _opened(text: str) -> str:
    """Return what a cursor holds; any other text as it is."""
    try:
        payload = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[_CHECKSUM_BYTES:]
        content = json.loads(payload)
    except ValueError:
        return text
    return f"cursor {content}" if isinstance(content, list) else text
