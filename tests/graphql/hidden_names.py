"""The names of a schema that a message tells though the caller did not send them: a reading of its own."""

import json
import re
from collections.abc import Collection
from typing import Any

from gateway.domain.enums import Scope

WORD = r"[_A-Za-z][_0-9A-Za-z]*"
# English, where it stands free; quotation marks, brackets or colons would make a name of it.
ENGLISH = re.compile(
    r"(?<!\S)(and|by|cost|field|first|if|input|limit|non-input|not|or|type|values?)(?=[.,;]?( |$))"
    r"|(?<= has invalid )value(?=: )"
)


def unsent(message: str, names: Collection[str], query: str, variables: Any) -> set[str]:
    for scope in Scope:
        message = message.replace(scope, "")
    told = set(re.findall(WORD, ENGLISH.sub("", message)))
    return told & set(names) - set(re.findall(WORD, query)) - set(re.findall(WORD, json.dumps(variables)))
