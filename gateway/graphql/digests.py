"""What a document is known by where its text is not."""

from hashlib import sha256


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits of lower case."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
