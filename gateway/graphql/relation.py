"""Fields that are resolved in columns: for all the parents of a level at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature, iscoroutinefunction, signature
from typing import Annotated, Any

import strawberry

from gateway.domain.kinds import Scope
from gateway.domain.pagination import LARGEST_SIZE, Window, window
from gateway.engine.column import Resolve, Wanted, attribute
from gateway.graphql.context import BatchFunction, Context

Info = strawberry.Info[Context, None]

RESOLVE = "resolve"
"""Where the metadata of a field has its `MakeResolve`. A field without one is an attribute of its parent."""

MakeResolve = Callable[[str], Resolve]
"""Takes the name of the attribute that the field has in Python."""


def relation(batch: BatchFunction, *, description: str | None = None, scope: Scope | None = None) -> Any:
    """A field that `batch` resolves.

    Its GraphQL arguments are the parameters of `batch` after the parents and the context. One of type Window
    stands for `first`, `after`, `last` and `before`. A token without `scope` is refused before `batch` runs.
    """
    parameters = list(signature(batch).parameters.values())[2:]
    paged = any(parameter.annotation is Window for parameter in parameters)

    async def resolve(
        parents: Sequence[Any], context: Context, arguments: Mapping[str, Any], wanted: Wanted
    ) -> Sequence[Any]:
        if scope is not None:
            context.principal.require(scope)
        given = {name: value for name, value in arguments.items() if value is not None}
        if paged:
            first, after, last, before = (given.pop(name, None) for name in ("first", "after", "last", "before"))
            given["page"] = window(first, after, last, before, wanted)
        if given:
            return await batch(parents, context, **given)
        # Several places of a document may want the same of the parents.
        return await _without_arguments(batch, parents, context)

    return resolved_field(lambda _: resolve, _arguments(parameters), description=description)


def derived(batch: BatchFunction, make: Callable[[Any], Any], *, description: str) -> Any:
    """A field that `make` makes of the result of `batch` without arguments, in one call with fields that show it."""

    async def resolve(parents: Sequence[Any], context: Context, *_: object) -> Sequence[Any]:
        return [make(result) for result in await _without_arguments(batch, parents, context)]

    return resolved_field(lambda _: resolve, description=description)


async def _without_arguments(batch: BatchFunction, parents: Sequence[Any], context: Context) -> Sequence[Any]:
    return await context.together(batch, parents, lambda of_all: batch(of_all, context))


def guarded(scope: Scope) -> Any:
    """A field that is an attribute of its parent, which a caller without `scope` may not see."""

    def make_resolve(name: str) -> Resolve:
        get = attribute(name)

        def resolve(parents: Sequence[Any], context: Context, *place: Any) -> Any:
            context.principal.require(scope)
            return get(parents, context, *place)

        return resolve

    return resolved_field(make_resolve)


def resolved_field(
    make_resolve: MakeResolve, arguments: Iterable[Parameter] = (), *, description: str | None = None
) -> Any:
    """A field of a strawberry type. Field by field, too, it is resolved in columns: of all who ask at the same time."""

    def resolve_one(root: Any, info: Info, **given: Any) -> Any:
        resolve: Any = make_resolve(info.python_name)
        if not iscoroutinefunction(resolve):
            return resolve([root], info.context, given, None)[0]
        return resolve_together(resolve, root, info, given)

    async def resolve_together(resolve: Any, root: Any, info: Info, given: Mapping[str, Any]) -> Any:
        # A place in the document has the same arguments for every parent. strawberry's Info has no public way to it.
        node = info._raw_info.field_nodes[0]  # noqa: SLF001
        key = (resolve, id(node))
        [result] = await info.context.together(key, [root], lambda all_: resolve(all_, info.context, given, None))
        return result

    # strawberry reads the arguments off the resolver's signature.
    resolve_one.__signature__ = Signature(  # type: ignore[attr-defined]  # PEP 362 lets any function have one
        [
            Parameter("root", Parameter.POSITIONAL_OR_KEYWORD),
            Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            *arguments,
        ]
    )
    return strawberry.field(resolver=resolve_one, description=description, metadata={RESOLVE: make_resolve})


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
