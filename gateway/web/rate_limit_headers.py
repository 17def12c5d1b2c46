"""The headers of a rate limit (draft-ietf-httpapi-ratelimit-headers)."""

from gateway.graphql.rate_limits import Standing

NAMES = ("RateLimit-Policy", "RateLimit", "Retry-After")
"""What a script of another site may read."""


def rate_limit_headers(standing: Standing) -> list[tuple[bytes, bytes]]:
    policy = f'"default";q={standing.limit};w={standing.seconds}'
    left = f'"default";r={standing.remaining};t={standing.seconds_left}'
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]
