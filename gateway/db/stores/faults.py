"""What keeps a database from being read or changed, in the words that callers and readiness are told it in."""

from gateway.domain.errors import Unavailable

AWAY = "The database does not answer"
SLOW = "The database takes too long"
FULL = "The disk of the database is full"
DISK_FAILS = "The disk of the database cannot be read or written"
DAMAGED = "The database is damaged"
READ_ONLY = "The database is read-only"

TRY_AGAIN = "try again later"
NOTHING_CHANGED = "nothing was changed, try again later"
IN_DOUBT = "look whether the change was made before you try again"


class Fault(Unavailable):
    """The database cannot do what it is asked for, for a reason such as `The disk of the database is full`."""

    def __init__(self, reason: str, advice: str = TRY_AGAIN) -> None:
        super().__init__(f"{reason}; {advice}.")
        self.reason = reason
