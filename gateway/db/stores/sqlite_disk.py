"""Whether the disk lets the embedded database be written, as far as can be told without a change."""

import errno
import os
import tempfile
from pathlib import Path

from gateway.db.stores.faults import DISK_FAILS, FULL, READ_ONLY, Fault
from gateway.db.stores.sqlite_errors import CANNOT_OPEN, MISSING

# A change takes up to so much.
ROOM = 256 * 1024

_REASONS = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EROFS: READ_ONLY, errno.EACCES: READ_ONLY}


def check_disk(file: Path) -> None:
    """Raise Fault where a file is not there, or there is no room for it to grow, or it may not be written."""
    folder = file.absolute().parent
    try:
        file.stat()
        space = os.statvfs(folder)
        # What is kept for root, or for others by a quota, is only found by trying.
        if space.f_bavail * space.f_frsize < ROOM:
            with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
                probe.write(bytes(ROOM))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Fault(MISSING) from error
    except OSError as error:
        raise Fault(_REASONS.get(error.errno or 0, DISK_FAILS)) from error
    if not file.is_file():
        raise Fault(CANNOT_OPEN)
    if not (os.access(file, os.W_OK) and os.access(folder, os.W_OK | os.X_OK)):
        raise Fault(READ_ONLY)
