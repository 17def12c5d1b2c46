"""What is no GraphQL request: a message that names what is wrong and what is expected."""

from typing import Any

import pytest

from gateway.web.graphql_request import HttpError, request_of

QUERY = "{ __typename }"


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
