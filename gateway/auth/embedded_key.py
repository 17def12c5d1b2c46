"""The signing key of an installation that has no other."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def embedded_secret(path: Path) -> str:
    """Return the random signing key at `path`, which is made there where there is none."""
    if not path.exists():
        # Linked into place when it is whole, so that of two processes that start together both read the same.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:
            file.write(secrets.token_hex(32))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()
