"""A statement of the specification, with a check, and what checks look at."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import httpx

from .caller import Caller

Check = Callable[[Caller], bool]


class Level(StrEnum):
    MUST = "MUST"
    SHOULD = "SHOULD"


@dataclass(frozen=True)
class Statement:
    level: Level
    section: str
    text: str
    holds: Check

    def __str__(self) -> str:
        return f"{self.level:6} {self.section}: {self.text}"


must, should = partial(Statement, Level.MUST), partial(Statement, Level.SHOULD)


def is_data(response: httpx.Response, media_type: str | None = None) -> bool:
    """Tell whether there is data, and no errors."""
    fits = media_type is None or has_type(response, media_type)
    return response.status_code == httpx.codes.OK and response.json().keys() == {"data"} and fits


def is_error(response: httpx.Response, status: int) -> bool:
    """Tell whether there are errors, and no data, not even null."""
    return response.status_code == status and response.json().keys() == {"errors"}


def has_type(response: httpx.Response, media_type: str) -> bool:
    return response.headers["content-type"].partition(";")[0] == media_type


def is_well_formed(response: httpx.Response) -> bool:
    """Tell whether a body is a response as GraphQL has them."""
    content = response.json()
    errors = content.get("errors", [{"message": ""}])
    known = content.keys() <= {"data", "errors", "extensions"} and content.keys() & {"data", "errors"}
    return bool(known and errors) and all(isinstance(error["message"], str) for error in errors)
