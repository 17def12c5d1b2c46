"""What is no GraphQL request: a message that names what is wrong and what is expected."""

from typing import Any

import pytest

from gateway.web.graphql_request import HttpError, HttpRequest, request_of

QUERY = "{ __typename }"


async def nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def with_url(query_string: bytes) -> HttpRequest:
    return HttpRequest({"type": "http", "method": "GET", "headers": [], "query_string": query_string}, nothing)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "null is not a request; expected a JSON object with query."),
        (QUERY, '"{ __typename }" is not a request; expected a JSON object with query.'),
        (
            [{"query": QUERY}],
            "A batch was sent, but requests are sent one at a time; expected a JSON object with query.",
        ),
        ({}, "query is missing; expected GraphQL text."),
        ({"query": None}, "query: null is not a document; expected GraphQL text."),
        ({"query": ""}, 'query: "" is not a document; expected GraphQL text.'),
        ({"query": {"a": [True]}}, 'query: {"a": [true]} is not a document; expected GraphQL text.'),
        ({"query": QUERY, "variables": "{}"}, 'variables: "{}" was given; expected an object or null.'),
        ({"query": QUERY, "operationName": False}, "operationName: false was given; expected text or null."),
        ({"query": QUERY, "extensions": []}, "extensions: [] was given; expected an object or null."),
    ],
)
def test_the_message_names_what_is_wrong_and_what_is_expected(content: Any, message: str) -> None:
    with pytest.raises(HttpError) as raised:
        request_of(content)
    assert (raised.value.status, str(raised.value)) == (422, message)


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        (b"", False),
        (b"query=%7Ba%7D", True),
        (b"query=", True),
        (b"variables=%7B%7D&documentId=a", True),
        (b"query", False),
        (b"queryable=a&a=query", False),
        (b"a=documentId=b", False),
        (b"query=" + b"%41" * 20_000, True),
        (b"a&" * 30_000, False),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)
def test_a_url_names_a_document_by_a_parameter(query_string: bytes, *, expected: bool) -> None:
    assert with_url(query_string).names_document is expected


def test_a_url_has_a_bounded_number_of_parameters() -> None:
    assert with_url(b"a&" * 99 + b"query=a").parameters == {"a": "", "query": "a"}
    with pytest.raises(HttpError) as raised:
        _ = with_url(b"a&" * 100 + b"query=a").parameters
    assert (raised.value.status, str(raised.value)) == (422, "The URL has more than 100 parameters.")
