"""The formats of files."""

from enum import StrEnum
from pathlib import Path

from gateway.cli.app import CommandError


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


def format_of(file: Path, given: Format | None) -> Format:
    """Return the format that is given, or else that which the name of a file ends with. Raise CommandError."""
    if given is not None:
        return given
    try:
        return Format(file.suffix.removeprefix(".").lower())
    except ValueError as error:
        raise CommandError(
            f"The name of {file} tells no format; expected one that ends with .csv or .jsonl, or --format."
        ) from error
