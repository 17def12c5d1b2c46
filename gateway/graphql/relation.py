"""Fields that are resolved in columns: for all the parents of a level at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import strawberry

from gateway.domain.kinds import Scope
from gateway.domain.pagination import LARGEST_SIZE, Window, window
from gateway.engine.column import Column, Wanted, attribute
from gateway.graphql.context import BatchFunction, Context

Info = strawberry.Info[Context, None]

MAKE_COLUMN = "make_column"
"""Where the metadata of a field has its `MakeColumn`. A field without one is an attribute of its parent."""

MakeColumn = Callable[[str], Column]
"""Takes the name of the attribute that the field has in Python."""


def relation(
    batch: BatchFunction,
    *,
    description: str | None = None,
    scope: Scope | None = None,
    plain: bool = True,
    holds_parents: bool = False,
) -> Any:
    """A field that `batch` resolves.

    Its GraphQL arguments are the parameters of `batch` after the parents and the context. One of type Window
    stands for `first`, `after`, `last` and `before`, and one of type Wanted for none: it gets what is wanted of the
    results. A token without `scope` is refused before `batch` runs. `plain` and `holds_parents` as in Column.
    """
    parameters = list(signature(batch).parameters.values())[2:]
    paged = any(parameter.annotation is Window for parameter in parameters)
    wanted_names = [parameter.name for parameter in parameters if parameter.annotation is Wanted]

    async def resolve(
        parents: Sequence[Any], context: Context, arguments: Mapping[str, Any], wanted: Wanted
    ) -> Sequence[Any]:
        if scope is not None:
            context.principal.require(scope)
        given = {name: value for name, value in arguments.items() if value is not None} if arguments else {}
        if paged:
            first, after, last, before = (given.pop(name, None) for name in ("first", "after", "last", "before"))
            given["page"] = window(first, after, last, before, wanted)
        for name in wanted_names:
            given[name] = wanted
        return await batch(parents, context, **given)

    column = Column(resolve=resolve, source=(batch, scope), plain=plain, holds_parents=holds_parents)
    return resolved_field(lambda _: column, _arguments(parameters), description=description)


def derived(batch: BatchFunction, make: Callable[[Any], Any], *, description: str) -> Any:
    """A field that `make` makes of the result of `batch` without arguments, in one call with fields that show it."""

    async def resolve(parents: Sequence[Any], context: Context, *_: object) -> Sequence[Any]:
        return await batch(parents, context)

    column = Column(resolve=resolve, source=(batch, None), make=make, plain=True)
    return resolved_field(lambda _: column, description=description)


def guarded(scope: Scope) -> Any:
    """A field that is an attribute of its parent, which a caller without `scope` may not see."""

    def make_column(name: str) -> Column:
        get = attribute(name)

        def resolve(parents: Sequence[Any], context: Context, *place: Any) -> Any:
            context.principal.require(scope)
            return get(parents, context, *place)

        return Column(resolve=resolve, plain=True, holds_parents=True)

    return resolved_field(make_column)


def resolved_field(
    make_column: MakeColumn, arguments: Iterable[Parameter] = (), *, description: str | None = None
) -> Any:
    """A field of a strawberry type. Field by field, too, it is resolved in columns: of all who ask at the same time."""

    def resolve_one(root: Any, info: Info, **given: Any) -> Any:
        column = make_column(info.python_name)
        resolve: Any = column.resolve
        if column.waits:
            return resolve_together(column, root, info, given)
        [value] = column.values(resolve([root], info.context, given, None))
        return value

    async def resolve_together(column: Column, root: Any, info: Info, given: Mapping[str, Any]) -> Any:
        resolve: Any = column.resolve
        # A place in the document has the same arguments for every parent. strawberry's Info has no public way to it.
        place = (resolve, id(info._raw_info.field_nodes[0]))  # noqa: SLF001
        key = place if given or column.source is None else column.source
        results = await info.context.calls.together(
            key, [root], lambda of_all: resolve(of_all, info.context, given, None)
        )
        [value] = column.values(results)
        return value

    # strawberry reads the arguments off the resolver's signature.
    resolve_one.__signature__ = Signature(  # type: ignore[attr-defined]  # PEP 362 lets any function have one
        [
            Parameter("root", Parameter.POSITIONAL_OR_KEYWORD),
            Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            *arguments,
        ]
    )
    return strawberry.field(resolver=resolve_one, description=description, metadata={MAKE_COLUMN: make_column})


def _arguments(parameters: list[Parameter]) -> Iterator[Parameter]:
    for parameter in parameters:
        if parameter.annotation is Window:
            yield from _PAGE_ARGUMENTS
        elif parameter.annotation is not Wanted:
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
