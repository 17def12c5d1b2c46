"""Which media type an answer has, by what its client accepts (RFC 9110, section 12.5.1)."""

from dataclasses import dataclass

from gateway.web.preferences import Parameters, in_order, preferences, remembered

GRAPHQL_RESPONSE = b"application/graphql-response+json"
JSON = b"application/json"
EVENT_STREAM = b"text/event-stream"
HTML = b"text/html"

UTF_8 = (b"utf-8", b"utf8")

# Of equals, the first is taken. Who names a media type knows it; who takes anything may know JSON alone, as clients did
# before GraphQL had a media type of its own.
MEDIA_TYPES = (GRAPHQL_RESPONSE, JSON, EVENT_STREAM)
_BY_WILDCARD = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client accepts of what there is."""

    media_type: bytes | None
    """That of one answer; None where nothing that there is would be accepted."""
    takes_events: bool = False
    """Whether the client understands an event stream: to take anything is not enough."""
    prefers_page: bool = False
    """Whether the client would rather have a page, as a browser that navigates."""


ANYTHING = Accepted(JSON)
"""What a client accepts that says nothing."""
_WITH_EVENTS_NAMED = {EVENT_STREAM, b"text/*"}
_KNOWN = {*MEDIA_TYPES, HTML, b"application/*", b"text/*", b"*/*"}


@remembered
def accepted_by(accept: bytes) -> Accepted:
    """Return what a client accepts whose header `Accept` this is."""
    weights = {name: weight for name, weight, parameters in preferences(accept, _KNOWN) if _is_in_utf_8(parameters)}
    if not accept.strip(b" \t,"):
        return ANYTHING
    liked = [(_weight(name, weights), name) for name in in_order(MEDIA_TYPES, _BY_WILDCARD, weights)]
    best, media_type = max(liked, key=lambda each: each[0])
    return Accepted(
        media_type if best else None,
        takes_events=_weight(EVENT_STREAM, weights) > 0 and not _WITH_EVENTS_NAMED.isdisjoint(weights),
        prefers_page=weights.get(HTML, 0.0) > 0 and weights[HTML] >= best,
    )


def _weight(name: bytes, weights: dict[bytes, float]) -> float:
    """Return the weight of the most specific range that has a media type."""
    type_ = name.partition(b"/")[0]
    return next((weights[each] for each in (name, type_ + b"/*", b"*/*") if each in weights), 0.0)


def _is_in_utf_8(parameters: Parameters) -> bool:
    return parameters.get(b"charset", b"utf-8") in UTF_8
