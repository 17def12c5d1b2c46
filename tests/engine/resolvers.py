"""Ways to resolve the fields of the schemas of these tests."""

from asyncio import Future, ensure_future, sleep
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import GraphQLResolveInfo

from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver, attribute_of, each

Calls = list[Any]
"""What resolvers leave in the context value for a test to look at."""

ObjectResolver = Callable[..., Any]
"""Resolves a field of one object, as graphql-core calls it: with the object, the info, and the arguments."""


def key(name: str) -> ColumnResolver:
    """Return what resolves a field whose values the parents, which are dicts, have under a key."""
    return each_parent(lambda parent: parent[name])


def attribute(name: str, *, trusted: bool = True) -> ColumnResolver:
    return ColumnResolver(resolve=attribute_of(name), reads=frozenset({name}), attribute=name, trusted=trusted)


def always(result: Any, **more: Any) -> ColumnResolver:
    """Return what resolves a field with the same result for every parent."""
    return ColumnResolver(resolve=lambda parents, *_: [result] * len(parents), reads=NO_ATTRIBUTES, **more)


def each_parent(resolve: Callable[..., Any], **more: Any) -> ColumnResolver:
    """Return what resolves a field with a function that takes one parent, and the arguments."""

    def resolve_all(parents: Sequence[Any], _: object, arguments: Mapping[str, Any], __: object) -> list[Any]:
        return each(lambda parent: resolve(parent, **arguments), parents)

    return ColumnResolver(resolve=resolve_all, reads=NO_ATTRIBUTES, **more)


def later(result: Any, **more: Any) -> ColumnResolver:
    """Return what resolves a field with the same result for every parent, once it has been awaited."""

    async def resolve(parents: Sequence[Any], *_: object) -> list[Any]:
        await sleep(0)
        return [result] * len(parents)

    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES, **more)


def failing(message: str, **more: Any) -> ColumnResolver:
    """Return what fails to resolve a field, for all parents."""

    def resolve(*_: object) -> list[Any]:
        raise ValueError(message)

    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES, **more)


def recorded(name: str, resolver: ColumnResolver) -> ColumnResolver:
    """Return a resolver that leaves a name, and how many parents it was called with, in the context value."""

    def resolve(parents: Sequence[Any], calls: Calls, *rest: Any) -> Any:
        calls.append((name, len(parents)))
        return resolver.resolve(parents, calls, *rest)

    async def resolve_later(*given: Any) -> Any:
        return await resolve(*given)

    return replace(resolver, resolve=resolve_later if resolver.is_async else resolve)


def object_resolver(resolver: ColumnResolver) -> ObjectResolver:
    """Return what resolves a field of one object as a column resolver does."""

    def resolve(parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if resolver.check is not None:
            resolver.check(info.context)
        given = ([parent], info.context, resolver.convert_arguments(arguments), None)
        if resolver.is_async:
            return abandonable(resolve_later(given))
        return only(resolver.resolve(*given))

    async def resolve_later(given: tuple[Any, ...]) -> Any:
        results: Any = resolver.resolve(*given)
        return only(await results)

    def only(results: Any) -> Any:
        [value] = resolver.transformed(results)
        return value

    return resolve


def abandonable(coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
    """Return a future that nobody has to await, as graphql-core abandons what it waits for beside what failed."""
    future = ensure_future(coroutine)
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


def at_once(result: Any) -> ObjectResolver:
    """Return what resolves a field of one object with a result, or raises it."""

    def resolve(*_: object, **__: object) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    return resolve


def awaited(result: Any) -> ObjectResolver:
    """Return what resolves a field of one object with a result, or raises it, once it has been awaited."""

    async def resolve() -> Any:
        await sleep(0)
        if isinstance(result, Exception):
            raise result
        return result

    return lambda *_, **__: abandonable(resolve())
