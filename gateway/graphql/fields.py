"""How fields of Strawberry types are declared so that they run in columns: attributes and relations.

Any other field of Strawberry works beside them, as its documentation shows it, and is executed by graphql-core.
"""

from asyncio import Future, get_running_loop
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import strawberry

from gateway.domain.enums import Scope
from gateway.domain.pages import DEFAULT_SIZE, LARGEST_SIZE, PageArguments, page_arguments
from gateway.engine.field_cost import FieldCost
from gateway.engine.resolvers import Attributes, ColumnResolver, attribute_of
from gateway.graphql.context import BatchFunction, Context
from gateway.graphql.costs import PAGE, ROWS

Info = strawberry.Info[Context, None]

MAKE_RESOLVER = "make_column_resolver"
"""Where the metadata of a field has its `MakeResolver`. A field without one is executed by graphql-core."""

COST = "cost"
"""Where the metadata of a field has its `FieldCost`."""

PAGED = "paged"
"""Where the metadata of a field tells whether it is a list whose parent is a page."""

MakeResolver = Callable[[str], ColumnResolver]
"""Takes the name that the field has in Python."""

ALL_ATTRIBUTES: Collection[str] | None = None
"""Said of a relation that may read any attribute of its parents, which are then read whole."""


Selected = Annotated[Attributes, "selected"]
"""The type of a batch function's parameter that gets the attributes which are read from the results."""


def attribute(description: str, *, scope: Scope | None = None, at_most: int | None = None, paged: bool = False) -> Any:
    """Declare a field that is an attribute of its parent, under the name of the field in Python.

    Its value is shown as it is, so it is text, a number, a truth or a member of an enum, or holds such. With `scope`,
    a token without it is refused. A list has `at_most` so many items, or is `paged`: then its parent is a page.
    """

    check = _check(scope)

    def make_resolver(name: str) -> ColumnResolver:
        return ColumnResolver(
            resolve=attribute_of(name), reads=frozenset({name}), attribute=name, check=check, trusted=True
        )

    metadata = {MAKE_RESOLVER: make_resolver, COST: FieldCost(items=at_most), PAGED: paged}
    if check is None:
        return strawberry.field(description=description, metadata=metadata)

    def resolve(root: Any, info: Info) -> Any:
        check(info.context)
        return getattr(root, info.python_name)

    return strawberry.field(resolver=resolve, description=description, metadata=metadata)


def relation(
    batch: BatchFunction,
    *,
    scope: Scope | None,
    reads: Collection[str] | None,
    description: str,
    cost: FieldCost | None = None,
    trusted: bool = True,
    transform: Callable[[Any], Any] | None = None,
    transform_reads: Collection[str] = (),
    name: str | None = None,
) -> Any:
    """Declare a field that a batch function resolves, for all the parents of a level at once.

    Its GraphQL arguments are the parameters of `batch` after the parents and the context. One of type PageArguments
    stands for `first`, `after`, `last` and `before`, and one of type Selected for none.

    A token without `scope` is refused; None lets everybody ask. `reads` names the attributes of the parents that
    `batch` reads: others may not have been loaded. `transform` makes the value of each result, of which it reads
    `transform_reads`. Results are rows, or what holds rows; say `trusted=False` where exceptions may be among them.
    Say its `name` where that cannot be made of the one in Python.

    Unless its `cost` is given, it is that of a statement which finds rows, or a page of them, by an index.
    """
    parameters = list(signature(batch).parameters.values())[2:]
    page_name = next((each.name for each in parameters if each.annotation is PageArguments), None)
    selected_name = next((each.name for each in parameters if each.annotation == Selected), None)

    async def resolve(
        parents: Sequence[Any], context: Context, arguments: Mapping[str, Any], selected: Attributes
    ) -> Sequence[Any]:
        given = {name: value for name, value in arguments.items() if value is not None} if arguments else {}
        if page_name:
            first, after, last, before = (given.pop(name, None) for name in ("first", "after", "last", "before"))
            given[page_name] = page_arguments(first, after, last, before, selected)
        if selected_name:
            given[selected_name] = selected
        return await batch(parents, context, **given)

    def resolve_one(root: Any, info: Info, **arguments: Any) -> Any:
        if check is not None:
            check(info.context)
        # A place in the document has the same arguments for every parent. Strawberry's Info has no public way to it.
        place = id(info._raw_info.field_nodes[0]) if arguments else None  # noqa: SLF001
        loader = info.context.loader((batch, place), lambda parents: resolve(parents, info.context, arguments, None))
        return _transformed(loader.load(root), transform)

    check = _check(scope)
    resolver = ColumnResolver(
        resolve=resolve,
        reads=None if reads is None else frozenset(reads),
        check=check,
        trusted=trusted,
        batch=(batch, scope),
        transform=transform,
        transform_reads=frozenset(transform_reads),
    )
    cost = cost or (PAGE if page_name else ROWS)
    return resolved_field(resolve_one, lambda _: resolver, _arguments(parameters), description, cost, name=name)


def resolved_field(
    resolve: Callable[..., Any],
    make_resolver: MakeResolver,
    arguments: Iterator[Parameter],
    description: str,
    cost: FieldCost,
    *,
    name: str | None = None,
) -> Any:
    """Declare a field that `resolve` resolves object by object, and a column resolver for all of a level."""
    # Strawberry reads the arguments off the resolver's signature.
    resolve.__signature__ = Signature(  # type: ignore[attr-defined]  # PEP 362 lets any function have one
        [
            Parameter("root", Parameter.POSITIONAL_OR_KEYWORD),
            Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            *arguments,
        ]
    )
    return strawberry.field(
        resolver=resolve, name=name, description=description, metadata={MAKE_RESOLVER: make_resolver, COST: cost}
    )


def _check(scope: Scope | None) -> Callable[[Context], None] | None:
    return None if scope is None else lambda context: context.principal.require(scope)


def _transformed(loaded: Any, transform: Callable[[Any], Any] | None) -> Future[Any]:
    """Return a future of the value of what is `loaded`.

    graphql-core abandons resolvers beside one that failed. A future may be abandoned; a coroutine would warn, and an
    error that nobody has looked at would be logged.
    """
    result = get_running_loop().create_future()

    def finish(done: Future[Any]) -> None:
        if result.cancelled():
            return
        try:
            value = done.result()
            result.set_result(value if transform is None else transform(value))
        except Exception as error:  # noqa: BLE001  # it is raised where the result is awaited
            result.set_exception(error)
            result.exception()  # Looked at.

    loaded.add_done_callback(finish)
    return result


def _arguments(parameters: Sequence[Parameter]) -> Iterator[Parameter]:
    for parameter in parameters:
        if parameter.annotation is PageArguments:
            yield from _PAGE_ARGUMENTS
        elif parameter.annotation != Selected:
            # Null is left out, which would be printed as `= null`.
            default = Parameter.empty if parameter.default is None else parameter.default
            yield parameter.replace(kind=Parameter.KEYWORD_ONLY, default=default)


def _page_argument(name: str, kind: Any, description: str, default: object = Parameter.empty) -> Parameter:
    annotation: Any = Annotated[kind, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


_PAGE_ARGUMENTS = (
    _page_argument(
        "first",
        int | None,
        f"How many items to return from the start of the list, 0 to {LARGEST_SIZE}. The default does not count where "
        "`last` is given.",
        DEFAULT_SIZE,
    ),
    _page_argument("after", str | None, "Return only items after this cursor."),
    _page_argument(
        "last",
        int | None,
        f"How many items to return from the end of the list, 0 to {LARGEST_SIZE}, instead of `first`.",
    ),
    _page_argument("before", str | None, "Return only items before this cursor."),
)
