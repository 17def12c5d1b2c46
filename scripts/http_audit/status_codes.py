"""What the section "Status Codes" says, and RFC 9110, with which a server must comply.

Not here is what no client can bring about: a server that is away answers 503. Nor is 200 for data with errors, which an
example has, where the section itself has 294.
"""

from .caller import GRAPHQL_RESPONSE, JSON, LARGE, TYPENAME, Caller
from .requests_and_responses import COUNT, INVALID, MUTATION, TWO
from .statement import Check, has_type, is_data, is_error, must, should

SECTION = "Status Codes"
PARTLY = '{ viewer { principal } devices(after: "x") { totalCount } }'
MALFORMED = (
    b"[]",
    b"{}",
    b'{"query": 1}',
    b'{"query": "{a}", "variables": [7]}',
    b'{"query": "{a}", "operationName": 1}',
)
NO_JSON = (b"", b"NONSENSE", b'{"query":')
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a")


def _body_gets(status: int, *bodies: bytes) -> Check:
    return lambda c: all(is_error(c.post_body(body), status) for body in bodies)


def _query_gets(status: int, *queries: str) -> Check:
    return lambda c: all(is_error(c.post(query), status) for query in queries)


def _type_gets(status: int, *content_types: str) -> Check:
    return lambda c: all(is_error(c.post(content_type=each), status) for each in content_types)


def _head_gets(status: int, method: str, *headers: str, query: str = "") -> Check:
    return lambda c: c.status_of(method, *headers, query=query) == status


def _has_no_data_without_status(caller: Caller) -> bool:
    failing = [caller.post(query) for query in ("{", *INVALID)]
    return all("data" not in each.json() and 400 <= each.status_code < 500 for each in failing)  # noqa: PLR2004  # HTTP's


def _is_partial(caller: Caller) -> bool:
    response = caller.post(PARTLY)
    return response.status_code == 294 and response.json().keys() == {"data", "errors"}  # noqa: PLR2004  # the specification's


def _head_is_that_of_get(caller: Caller) -> bool:
    head, get = (caller.get(method=method) for method in ("HEAD", "GET"))
    names = ("content-type", "content-length", "cache-control", "vary")
    return not head.content and [head.headers[name] for name in names] == [get.headers[name] for name in names]


STATEMENTS = (
    must(
        SECTION,
        "an error that is no GraphQL response has not its media type",
        lambda c: not has_type(c.post(accept="image/png"), GRAPHQL_RESPONSE),
    ),
    must(
        SECTION,
        "data that is not null has a 2xx status",
        lambda c: all(c.post(query).is_success for query in (TYPENAME, PARTLY)),
    ),
    should(SECTION, "data without errors has the status 200", lambda c: is_data(c.post())),
    should(SECTION, "data with errors has the status 294", _is_partial),
    must(SECTION, "no data has a 4xx or 5xx status", _has_no_data_without_status),
    should(SECTION, "a mutation by GET has the status 405", lambda c: is_error(c.get(MUTATION), 405)),
    should(SECTION, "another method has the status 405", lambda c: is_error(c.send("PUT"), 405)),
    should(
        SECTION,
        "another media type or charset of a body has the status 415",
        _type_gets(415, *SIMPLE, f"{JSON}; charset=utf-16"),
    ),
    should(
        SECTION, "where nothing is acceptable, the status is 406", lambda c: is_error(c.post(accept="image/*"), 406)
    ),
    should(
        SECTION,
        "a request that does not come in time has the status 408",
        _head_gets(408, "POST", "Content-Type: application/json", "Content-Length: 9"),
    ),
    should(SECTION, "a URL that is too large has the status 414", _head_gets(414, "GET", query=LARGE)),
    should(
        SECTION,
        "headers that are too large have the status 431",
        _head_gets(431, "GET", f"X-Large: {LARGE}"),
    ),
    should(SECTION, "a body that is too large has the status 413", lambda c: is_error(c.post(LARGE * 20), 413)),
    should(SECTION, "a body that is no JSON has the status 400", _body_gets(400, *NO_JSON)),
    should(SECTION, "what is no well-formed request has the status 422", _body_gets(422, *MALFORMED)),
    should(SECTION, "a document that cannot be parsed has the status 400", _query_gets(400, "{")),
    should(SECTION, "a document that is not valid has the status 422", _query_gets(422, *INVALID)),
    should(SECTION, "an operation that cannot be determined has the status 422", _query_gets(422, TWO)),
    should(SECTION, "variables that cannot be coerced have the status 422", _query_gets(422, COUNT)),
    should(
        SECTION, "a caller without permission has the status 401", lambda c: is_error(c.post(with_token=False), 401)
    ),
    must("RFC 9110, 9.3.2", "HEAD is GET without the body", _head_is_that_of_get),
    must(
        "RFC 9110, 15.5.2",
        "401 tells how to authenticate",
        lambda c: "www-authenticate" in c.post(with_token=False).headers,
    ),
    must(
        "RFC 9110, 15.5.6",
        "405 tells which methods there are",
        lambda c: all(c.send(method).headers.get("allow") for method in ("PUT", "OPTIONS")),
    ),
    should(
        "RFC 9110, 12.5.5",
        "Vary tells what an answer depends on",
        lambda c: c.post().headers["vary"] == "accept, accept-encoding, authorization",
    ),
)
