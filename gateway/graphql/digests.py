"""What a document is known by where its text is not."""

from hashlib import sha256

SHA256 = "sha256:"
"""What a digest begins with as an id, but for Apollo's (GraphQL over HTTP, the appendix on persisted documents)."""


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits of lower case."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
