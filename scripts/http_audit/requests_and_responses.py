"""What the sections from "URL" to "Validation" say."""

from .caller import GRAPHQL_RESPONSE, JSON, TYPENAME, UNKNOWN_FIELD, Caller
from .statement import has_type, is_data, is_error, is_well_formed, must, should

UTF_8 = f"{JSON}; charset=utf-8"
ACCENTED = '{ __type(name: "Gerät🏃") { name } }'
COUNT = "query ($first: Int!) { devices(first: $first) { totalCount } }"
TWO = "query A { a: __typename } query null { b: __typename }"
MUTATION = 'mutation { deleteDevice(input: { device: "imei:356938030000013" }) { deletedDeviceId } }'
INVALID = (UNKNOWN_FIELD, "{ devices }", "{ ...A }", "{ node { id } }", "query ($a: Int) { __typename }")


def _forbidden(caller: Caller) -> set[int]:
    """Return the statuses of requests of all kinds that have no token."""
    return {caller.post(query, with_token=False).status_code for query in (TYPENAME, UNKNOWN_FIELD, "{")}


def _takes_the_best(caller: Caller) -> bool:
    expected = {
        f"{GRAPHQL_RESPONSE}, {JSON};q=0.9": GRAPHQL_RESPONSE,
        f"{JSON};q=0.9, {GRAPHQL_RESPONSE}": GRAPHQL_RESPONSE,
        f"{GRAPHQL_RESPONSE};q=0.5, {JSON}": JSON,
        f"{GRAPHQL_RESPONSE};q=0, */*": JSON,
        f"{JSON};q=0, application/*": GRAPHQL_RESPONSE,
        f"text/event-stream;q=0.1, {JSON};q=0.2": JSON,
    }
    return all(is_data(caller.post(accept=accept), media_type) for accept, media_type in expected.items())


STATEMENTS = (
    must("URL", "GraphQL requests are enabled", lambda c: is_data(c.post())),
    should("URL", "what is forbidden has a 4xx or 5xx status", lambda c: is_error(c.post(with_token=False), 401)),
    should("URL", "what is forbidden does not depend on what is asked for", lambda c: _forbidden(c) == {401}),
    must("Serialization Format", "JSON is supported", lambda c: is_data(c.post(accept=JSON), JSON)),
    must("Media Types", "utf-8 is assumed where no encoding is named", lambda c: is_data(c.post(ACCENTED))),
    must("Request", "POST is accepted", lambda c: is_data(c.post())),
    must("GET", "the parameters are in the URL", lambda c: is_data(c.get(TYPENAME))),
    must("GET", "variables are JSON", lambda c: is_data(c.get(COUNT, variables='{"first": 1}'))),
    must("GET", "extensions are JSON", lambda c: is_data(c.get(extensions='{"a": 1}'))),
    must(
        "GET",
        "operationName is a name, null included",
        lambda c: c.get(TWO, operationName="null").json()["data"] == {"b": "Query"},
    ),
    must(
        "GET",
        "empty text stands for no parameter",
        lambda c: is_data(c.get(operationName="", variables="", extensions="")),
    ),
    must("GET", "a mutation is not executed, and has a 4xx status", lambda c: is_error(c.get(MUTATION), 405)),
    must("POST", "JSON in UTF-8 is supported", lambda c: is_data(c.post(ACCENTED, content_type=UTF_8))),
    must("POST", "utf-8 is assumed where no encoding is named", lambda c: is_data(c.post(ACCENTED))),
    should("POST", "a body of no media type has a 4xx status", lambda c: is_error(c.post_body(b"{}", None), 415)),
    must("JSON Encoding", "other properties are ignored", lambda c: is_data(c.post(more=1))),
    must(
        "JSON Encoding",
        "null stands for no parameter",
        lambda c: is_data(c.post(operationName=None, variables=None, extensions=None)),
    ),
    must(
        "Response",
        "a well-formed request has a well-formed response",
        lambda c: all(is_well_formed(c.post(query)) for query in (TYPENAME, "{", *INVALID)),
    ),
    must("Body", "the media type is told", lambda c: has_type(c.post(), GRAPHQL_RESPONSE)),
    should("Body", "the encoding is told", lambda c: c.post().headers["content-type"].endswith("; charset=utf-8")),
    must("Body", "GraphQL's own media type is supported", lambda c: is_data(c.post(), GRAPHQL_RESPONSE)),
    must("Body", "the media type that is liked best is taken", _takes_the_best),
    must(
        "Body", "nothing is executed where nothing is acceptable", lambda c: is_error(c.post(accept="image/png"), 406)
    ),
    should(
        "Body",
        "where nothing is acceptable, the status is 406",
        lambda c: is_error(c.post(accept="text/*;q=0, a/b"), 406),
    ),
    should("Body", "a legacy client gets 2xx as application/json", lambda c: is_data(c.post(accept=JSON), JSON)),
    should("Validation", "all rules are applied", lambda c: all(is_error(c.post(query), 422) for query in INVALID)),
)
