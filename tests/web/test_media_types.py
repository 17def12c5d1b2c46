"""Which media type an answer has, by the header `Accept`."""

from functools import partial
from timeit import repeat

import pytest

from gateway.web.media_types import ANYTHING, Accepted, accepted_by
from gateway.web.preferences import LONGEST, LONGEST_KEPT

GRAPHQL = b"application/graphql-response+json"
JSON = b"application/json"
EVENTS = b"text/event-stream"
BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (b"application/graphql-response+json", GRAPHQL),
        (b"application/json", JSON),
        (b"Application/JSON ; Q=1.000", JSON),
        (b"application/json, text/plain, */*", JSON),
        (b"application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        (b"application/json;q=0.9,application/graphql-response+json", GRAPHQL),
        (b"application/json, application/graphql-response+json", GRAPHQL),
        (b"application/json, application/graphql-response+json;q=0.5", JSON),
        (b"application/graphql-response+json, application/json;q=0.9, multipart/mixed, text/event-stream", GRAPHQL),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/*;q=0.1, text/event-stream;q=0", JSON),
        (b"application/json;q=0, */*", GRAPHQL),
        (b"application/json;q=0.5, application/*", GRAPHQL),
        (b"text/event-stream", EVENTS),
        (b"text/*", EVENTS),
        (b"text/event-stream, application/json;q=0.5", EVENTS),
        (b"text/event-stream, */*;q=0.5", EVENTS),
        (b"text/event-stream;q=0.5, */*", JSON),
        (b"application/json;charset=utf-8", JSON),
        (b'application/json; charset="UTF-8"; q=0.5', JSON),
        (b'image/png;note="a, application/json, b"', None),
        (b'image/png;note="a \\", application/json, b"', None),
        (b'application/json;q=0.5, image/png;note="a, text/event-stream', JSON),
        (b"application/json;charset=utf-16", None),
        (b"image/png", None),
        (b"text/html", None),
        (b"application/json;q=0", None),
        (b"*/*;q=0", None),
        (b"application/xml, text/html;q=0.9", None),
        (b"json", None),
    ],
)
def test_one_answer_has_the_media_type_that_is_liked_best(accept: bytes, media_type: bytes | None) -> None:
    assert accepted_by(accept).media_type == media_type


@pytest.mark.parametrize("accept", [b"", b" ", b",", b" , ,"])
def test_who_names_nothing_takes_anything(accept: bytes) -> None:
    assert accepted_by(accept) == ANYTHING


@pytest.mark.parametrize("weight", [b"2", b"-1", b"nan", b"1e9", b"0.1234", b"", b"x"])
def test_a_weight_that_is_none_counts_as_none_given(weight: bytes) -> None:
    assert accepted_by(b"application/json;q=" + weight) == Accepted(JSON)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"text/event-stream", True),
        (b"application/json, text/event-stream;q=0.1", True),
        (b"text/*", True),
        (b"*/*", False),
        (b"application/json", False),
        (b"text/event-stream;q=0, */*", False),
    ],
)
def test_who_takes_anything_need_not_understand_events(accept: bytes, *, expected: bool) -> None:
    assert accepted_by(accept).takes_events is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        (b"text/html", True),
        (b"text/html, application/json", True),
        (b"application/json, text/html;q=0.9", False),
        (b"text/html;q=0, */*", False),
        (b"*/*", False),
        (b"text/*", False),
    ],
)
def test_a_page_is_for_who_names_it_and_likes_nothing_better(accept: bytes, *, expected: bool) -> None:
    assert accepted_by(accept).prefers_page is expected


def test_what_is_too_long_is_read_up_to_its_last_whole_member() -> None:
    filling = b"a/b;q=0.1," * (LONGEST // 10)
    assert accepted_by(b"application/json," + filling + b"text/event-stream") == Accepted(JSON)
    assert accepted_by(filling + b"application/json").media_type is None


def test_quotation_marks_that_never_end_take_hardly_longer_than_other_text() -> None:
    length = LONGEST - 4
    quoted, plain = b'a,"' + b'\\"' * (length // 2), b"a, " + b"xx" * (length // 2)
    of_quoted, of_plain = (min(repeat(partial(accepted_by, each), number=10)) for each in (quoted, plain))
    assert of_quoted < 20 * of_plain


def test_only_short_headers_are_remembered() -> None:
    accept = b"application/json, a/" + b"b" * LONGEST_KEPT
    assert accepted_by(accept) is not accepted_by(accept)
    assert accepted_by(JSON) is accepted_by(JSON)
