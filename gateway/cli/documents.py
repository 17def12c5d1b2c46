"""`gateway documents check`: whether the documents of manifests can be executed, and what they cost."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import md5, sha1, sha256
from typing import Annotated

import orjson
import typer

from gateway.cli.app import app, fail, read_settings
from gateway.domain.quoting import quoted
from gateway.engine.document import Document
from gateway.graphql.digests import SHA256
from gateway.graphql.documents import Documents, InvalidDocument
from gateway.graphql.errors import FormattedError
from gateway.graphql.federation import served_schema
from gateway.graphql.hints import Hints
from gateway.graphql.known_documents import KnownDocuments
from gateway.graphql.manifests import BadManifest, PersistedDocument, read_manifests
from gateway.graphql.schema import gateway_schema
from gateway.settings import Settings

documents = typer.Typer(help="The documents of manifests.", no_args_is_help=True)
app.add_typer(documents, name="documents")

# What tools make ids with, by the number of hexadecimal digits.
_HASHES = {32: ("MD5", md5), 40: ("SHA-1", sha1), 64: ("SHA-256", sha256)}
_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, kw_only=True)
class Operation:
    name: str | None
    kind: str
    cost: int
    """At most, where variables have their defaults."""
    varies: bool
    """Whether the cost depends on variables."""

    def __str__(self) -> str:
        depends = ", with the defaults of its variables" if self.varies else ""
        return f"{self.kind}, cost {self.cost}{depends}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What there is to say of a document."""

    manifest: str
    id: str
    document: str
    """The digest, by which logs know it."""
    operations: Sequence[Operation]
    errors: Sequence[str]
    """Why it is not executed."""
    notes: Sequence[str]
    """What may be a mistake."""

    def lines(self) -> Iterator[str]:
        names = " and ".join(operation.name for operation in self.operations if operation.name)
        where = f"{self.manifest}: {names or quoted(self.id)}"
        if not self.errors:
            yield f"{where}: {'; '.join(map(str, self.operations))}: ok"
        for error in self.errors:
            yield f"{where}: error: {error}"
        for note in self.notes:
            yield f"{where}: note: {note}"


@documents.command()
def check(
    manifests: Annotated[list[str], typer.Argument(help="The files of manifests.", metavar="MANIFEST...")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check each document against the schema and the limits of the settings; exit with 1 where one is wrong.

    Its cost is what it may cost at most, with the defaults of its variables.
    """
    settings = read_settings()
    try:
        persisted = read_manifests(manifests)
    except BadManifest as error:
        fail(str(error))
    findings = asyncio.run(_findings(settings, persisted))
    if as_json:
        print(orjson.dumps(list(map(asdict, findings)), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in (line for finding in findings for line in finding.lines()):
            print(line)
    if any(finding.errors for finding in findings):
        raise typer.Exit(1)


async def _findings(settings: Settings, persisted: Sequence[PersistedDocument]) -> list[Finding]:
    # What the server says where the schema is hidden, since it refuses more then.
    hints = Hints(hidden=not settings.introspection)
    served = gateway_schema(served_schema(federation=settings.federation))
    reader = Documents(served, settings.limits, hints, KnownDocuments())
    most = min(settings.max_cost, settings.rate_limit or settings.max_cost)
    first_of_name: dict[str, PersistedDocument] = {}
    found = []
    for each in persisted:
        document = await reader.read(each.text)
        if isinstance(document, InvalidDocument):
            operations, errors = [], [_with_place(error) for error in document.errors]
        else:
            operations = await _operations(document)
            errors = [f"{operation}; expected at most {most}." for operation in operations if operation.cost > most]
        notes = [*_notes_on_id(each), *_notes_on_names(each, operations, first_of_name)]
        found.append(
            Finding(
                manifest=each.file,
                id=each.id,
                document=document.digest,
                operations=operations,
                errors=errors,
                notes=notes,
            )
        )
    return found


async def _operations(document: Document) -> list[Operation]:
    found = []
    for name in document.operation_names:
        kind, plans = document.kind(name), await document.plans(name)
        cost = max(plan.size.value(values) + plan.price.value(values) for plan, values in plans)
        varies = len(plans) > 1 or any(plan.size.parts or plan.price.parts for plan, _ in plans)
        found.append(Operation(name=name, kind=kind.value if kind else "", cost=cost, varies=varies))
    return found


def _with_place(error: FormattedError) -> str:
    places = [f"{place['line']}:{place['column']}" for place in error.get("locations", ())]
    return ": ".join([*places[:1], error["message"]])


def _notes_on_id(persisted: PersistedDocument) -> Iterator[str]:
    digits = persisted.id.removeprefix(SHA256)
    if len(digits) not in _HASHES or not _DIGITS.issuperset(digits):
        return
    name, make = _HASHES[len(digits)]
    actual = make(persisted.text.encode("utf-8", "surrogatepass")).hexdigest()
    if digits != actual:
        yield f"the id looks like {name}, but that of the text is {actual}."


def _notes_on_names(
    persisted: PersistedDocument, operations: Sequence[Operation], first_of_name: dict[str, PersistedDocument]
) -> Iterator[str]:
    for operation in operations:
        if operation.name is None:
            continue
        first = first_of_name.setdefault(operation.name, persisted)
        if first.text != persisted.text:
            yield f"another document has the name {operation.name} too: {quoted(first.id)} of {first.file}."
