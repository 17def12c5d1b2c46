"""Answers to documents by their ids, by GET, may be kept by the caller, who asks each time whether they still hold."""

from typing import Any

import pytest
from starlette.types import Message

from gateway.web.answers import Answer, answer
from gateway.web.graphql_request import HttpRequest
from gateway.web.kept_answers import LARGEST_AT_ONCE, kept_answer

pytestmark = pytest.mark.anyio

CONTENT = {"data": {"devices": {"totalCount": 7}}}


async def nothing() -> Message:
    return {"type": "http.disconnect"}


def of(caller: str = "one", **headers: str) -> HttpRequest:
    sent = {"authorization": f"Bearer {caller}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    encoded = [(name.encode(), value.encode()) for name, value in sent.items()]
    return HttpRequest({"type": "http", "method": "GET", "headers": encoded}, nothing)


async def kept(http: HttpRequest, content: dict[str, Any] = CONTENT) -> Answer:
    return await kept_answer(http, answer(http, 200, content, None))


async def tag_of(http: HttpRequest, content: dict[str, Any] = CONTENT) -> str:
    return dict((await kept(http, content))[1])[b"etag"].decode()


async def test_an_answer_has_a_tag_and_belongs_to_its_caller_alone() -> None:
    status, headers, body = await kept(of())
    assert (status, body) == (200, b'{"data":{"devices":{"totalCount":7}}}')
    assert dict(headers) == {
        b"etag": (await tag_of(of())).encode(),
        b"cache-control": b"private, no-cache",
        b"content-type": b"application/json",
        b"content-length": b"37",
        b"vary": b"accept, accept-encoding, authorization",
    }


async def test_the_tag_depends_on_the_answer_its_media_type_and_the_token() -> None:
    tags = [
        await tag_of(of()),
        await tag_of(of(), {"data": {"devices": {"totalCount": 8}}}),
        await tag_of(of(accept="application/graphql-response+json")),
        await tag_of(of("another")),
        await tag_of(of(), {"data": {"large": "x" * LARGEST_AT_ONCE}}),
    ]
    assert len(set(tags)) == len(tags)
    assert await tag_of(of()) == tags[0]


@pytest.mark.parametrize("known", ["{tag}", '"a", W/"b",{tag}', "{strong}", "*", " * ", "{others}, {tag}"])
async def test_who_has_the_answer_gets_its_tag_alone(known: str) -> None:
    tag = await tag_of(of())
    others = ",".join(f'"{number}"' for number in range(5_000))
    status, headers, body = await kept(of(if_none_match=known.format(tag=tag, strong=tag[2:], others=others)))
    assert (status, body) == (304, b"")
    assert dict(headers) == {
        b"etag": tag.encode(),
        b"cache-control": b"private, no-cache",
        b"vary": b"accept, accept-encoding, authorization",
    }


@pytest.mark.parametrize("known", ["", '"a"', "{digest}", '"{digest}', "{of_another}"])
async def test_who_has_another_answer_gets_it(known: str) -> None:
    digest, of_another = (await tag_of(of()))[3:-1], await tag_of(of("another"))
    status, _, _ = await kept(of(if_none_match=known.format(digest=digest, of_another=of_another)))
    assert status == 200
