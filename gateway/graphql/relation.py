"""Fields that are resolved by batch functions."""

from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import strawberry

from gateway.domain.kinds import Scope
from gateway.domain.pagination import LARGEST_SIZE, Window, window
from gateway.graphql.context import BatchFunction, Context

Info = strawberry.Info[Context, None]


def relation(batch: BatchFunction, *, description: str | None = None, scope: Scope | None = None) -> Any:
    """A field of a strawberry type.

    Its GraphQL arguments are the parameters of `batch` after the parents and the context. One of type Window
    stands for `first`, `after`, `last` and `before`. A token without `scope` is refused before `batch` runs.
    """
    parameters = list(signature(batch).parameters.values())[2:]
    paged = any(parameter.annotation is Window for parameter in parameters)

    async def resolve(root: Any, info: Info, **arguments: Any) -> Any:
        context = info.context
        if scope is not None:
            context.principal.require(scope)
        given = {name: value for name, value in arguments.items() if value is not None}
        if paged:
            given["page"] = window(*(given.pop(name, None) for name in ("first", "after", "last", "before")))
        # strawberry's own Info has no public way to the document.
        selection = info._raw_info.field_nodes[0]  # noqa: SLF001
        return await context.load(batch, root, given, selection)

    return resolved_field(resolve, _arguments(parameters), description)


def resolved_field(resolve: Any, arguments: Iterable[Parameter], description: str | None) -> Any:
    """A field whose resolver takes its GraphQL `arguments` by name, whatever they are."""
    # strawberry reads them off the resolver's signature.
    resolve.__signature__ = Signature(
        [
            Parameter("root", Parameter.POSITIONAL_OR_KEYWORD),
            Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            *arguments,
        ]
    )
    return strawberry.field(resolver=resolve, description=description)


def derived(batch: BatchFunction, make: Callable[[Any], Any], *, description: str) -> Any:
    """A field that `make` makes of the result of `batch` without arguments, in one call with fields that show it."""

    async def resolve(root: Any, info: Info) -> Any:
        return make(await info.context.load(batch, root))

    return strawberry.field(resolver=resolve, description=description)


def guarded(scope: Scope) -> Any:
    """A field that is an attribute of its parent, which a caller without `scope` may not see."""

    def resolve(root: Any, info: Info) -> Any:
        info.context.principal.require(scope)
        return getattr(root, info.python_name)

    return strawberry.field(resolver=resolve)


def _arguments(parameters: list[Parameter]) -> Iterator[Parameter]:
    for parameter in parameters:
        if parameter.annotation is Window:
            yield from _PAGE_ARGUMENTS
        else:
            # Without its default, which would be printed as `= null`.
            yield Parameter(parameter.name, Parameter.KEYWORD_ONLY, annotation=parameter.annotation)


def _page_argument(name: str, kind: Any, description: str) -> Parameter:
    annotation: Any = Annotated[kind, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation)


_PAGE_ARGUMENTS = (
    _page_argument(
        "first", int | None, f"How many, from the start: 0 to {LARGEST_SIZE}; 50 where `last` is not given."
    ),
    _page_argument("after", str | None, "Only what comes after this cursor."),
    _page_argument("last", int | None, f"How many, from the end: 0 to {LARGEST_SIZE}."),
    _page_argument("before", str | None, "Only what comes before this cursor."),
)
